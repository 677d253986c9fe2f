"""Whatever a hostile charge point sends stops no writer, is not lost, and can be told. `url`: an empty database."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from central_system.registry.facts import (
    Booted,
    ChargePointRegistered,
    Fact,
    MetersRead,
    Notified,
    Operated,
    StatusNotified,
    TagRegistered,
    TagRemoved,
    TransactionStarted,
    TransactionStopped,
)
from central_system.storage import Storage
from tests.unit.central_system.test_storage_scenarios import EVERY_KIND, METER, NOW, SENT, keep_all


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rig.db"


CONTROL = {"timestamp": "\0", "sampledValue": [{"value": "1"}]}
MISSHAPEN: list[object] = [
    "no structure",
    None,
    [],
    {},
    {"timestamp": SENT},
    {"timestamp": SENT, "sampledValue": []},
    {"timestamp": 5, "sampledValue": [{"value": "1"}]},
    {"sampledValue": [{"value": "1"}]},
    {"timestamp": SENT, "sampledValue": ["1", {"measurand": "Voltage"}]},
    {"timestamp": SENT, "sampledValue": [{"value": 5}]},
    {"timestamp": SENT, "sampledValue": [{"value": "5", "measurand": None}]},
    {"timestamp": SENT, "sampledValue": [{"value": "5", "vendor": "extra"}]},
    {"timestamp": SENT, "sampledValue": [{"value": "5\0"}], "vendor": "extra"},
    {"timestamp": SENT, "sampledValue": [{"value": "\ud800", "unit": {"a": [1]}}]},
    CONTROL,
]


def leaves(value: object) -> Iterator[object]:
    """All plain values in it, and the names that OCPP does not give."""
    if isinstance(value, dict):
        yield from value.keys() - {"timestamp", "sampledValue", "value"}
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif value is not None:
        yield value


def test_nothing_of_a_misshapen_meter_value_is_lost(url: str) -> None:
    facts: list[Fact] = [MetersRead(f"CP{n}", 1, 101, NOW, [each, *METER]) for n, each in enumerate(MISSHAPEN)]
    with Storage.open(url) as storage:
        keep_all(storage, facts)
        for number, sent in enumerate(MISSHAPEN):
            after, *rows = storage.reading.meter_values(charge_point=f"CP{number}").rows
            assert (after.value, after.raw) == ("12.5", None), "the one after it is as ever"
            assert rows
            kept = json.dumps([asdict(row) for row in rows]).replace("\\\\u", "\\u")
            for leaf in leaves(sent):
                assert json.dumps(leaf) in kept
        _, raw, _ = storage.reading.meter_values(charge_point=f"CP{MISSHAPEN.index(CONTROL)}").rows
        assert raw.raw == {"timestamp": "\0"}, "told apart from the visible escape that is in the column"


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else "core"


HOSTILE: list[Fact] = [
    Notified("CP", "Data\0Transfer", NOW, {"data": "\0 \ud800 \udfff \\ud800", "\ud800": 1}),
    Notified("CP", "DataTransfer", math.inf, {"data": [math.nan, math.inf, 10**4000]}),
    Notified("CP", "DataTransfer", math.nan, {"data": nested(400)}),
    Booted("CP", NOW, "Accepted", {"chargePointModel": nested(100), "chargePointVendor": "\ud800"}),
    StatusNotified("CP", 10**30, NOW, "\ud800", {"errorCode": "\0"}),
    StatusNotified("CP", -(10**30), NOW, "Available", {"errorCode": {"nested": [1]}}),
    TransactionStarted(201, "CP", 1, "TAG\0\ud800", 2**63, NOW, "\udfff", "Accepted"),
    TransactionStarted(201, "CP", 1, "AGAIN", 0, NOW, SENT, "Accepted"),
    TransactionStarted(202, "CP", "one", "TAG", 0, NOW, SENT, "Accepted"),  # type: ignore[arg-type]  # what if
    TransactionStopped(201, "CP", -(2**70), NOW, SENT, "\0" * 300),
    TransactionStopped(299, "CP", 0, NOW, SENT),
    MetersRead("CP", 2**64, 2**64, NOW, [{"timestamp": SENT, "sampledValue": [{"value": math.nan, "x": nested(90)}]}]),
    MetersRead(
        "CP", 1, 201, NOW, [{"timestamp": SENT, "sampledValue": [{"value": "9" * 100_000}, {"value": "1e400"}]}]
    ),
    MetersRead("CP", 1, 201, NOW, 5),  # type: ignore[arg-type]  # what if
    ChargePointRegistered("CP\0", NOW, password="secret"),  # noqa: S106  (an example)
    TagRegistered("\0", NOW, expiry_s=1e300, parent="\ud800"),
    TagRemoved("\ud800", NOW),
    Operated("CP", "Reset", -1e300, {"type": "\0"}, "Answered", {"status": math.inf, "\0": "\udc00"}),
]


def test_hostile_facts_stop_nothing_and_are_kept_whole(url: str) -> None:
    with Storage.open(url) as storage:
        for fact in HOSTILE:
            keep_all(storage, [fact])  # each a batch of its own
        keep_all(storage, [*HOSTILE[:6], *EVERY_KIND])
        assert storage.problem is None
        whole = [each for each in storage.reading.notifications(limit=1000).rows if each.problem]
        assert [each.action for each in whole if "integer" in str(each.problem)] == ["transaction-started"]
        assert "CP\0" in [each.request["charge_point"] for each in whole if each.action == "charge-point-registered"]
        assert not any("secret" in str(each) for each in whole), "but a page shows no password"
        assert "201" in json.dumps([each.request for each in whole if each.action == "transaction-started"])
        started = storage.reading.transaction(201)
        assert started
        assert (started.id_tag, started.meter_start, started.meter_stop) == ("TAG\\u0000\\ud800", 2**63 - 1, -(2**63))
        assert len(storage.reading.series(201)) == 0
        orphan = storage.reading.transaction(299)
        assert orphan, "a stop whose start is not there is kept"
        assert orphan.stopped == SENT
        before = storage.load()
    with Storage.open(url) as storage:
        assert repr(storage.load()) == repr(before)


def test_all_that_was_hostile_can_be_told_as_json(url: str) -> None:
    """What a page's framework does with it: UTF-8, and no NaN."""
    with Storage.open(url) as storage:
        keep_all(storage, HOSTILE)
        ask = storage.reading
        pages = (
            ask.notifications(),
            ask.boots(),
            ask.statuses(),
            ask.transactions(),
            ask.meter_values(),
            ask.operations(),
        )
        for page in pages:
            assert page.rows
            json.dumps(asdict(page), allow_nan=False, ensure_ascii=False).encode("utf-8")
        (first,) = [each for each in pages[0].rows if each.action == "Data\\u0000Transfer" and not each.problem]
        assert first.request == {"data": "\0 \\ud800 \\udfff \\ud800", "\\ud800": 1}
