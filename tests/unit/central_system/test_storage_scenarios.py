"""What holds for every database: here with SQLite, in `tests/postgres` once more with PostgreSQL.

`url` is that of an empty database.
"""

import random
from pathlib import Path

import pytest

from central_system.registry.facts import (
    Booted,
    ChargePointRegistered,
    ChargePointRemoved,
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
from central_system.registry.records import ChargePointRecord, Connector, State, Tag, Transaction
from central_system.registry.registry import Registry
from central_system.storage import Storage

NOW = 1_795_000_000.25
SENT = "2026-11-22T10:27:38Z"
STOPPED = "2026-11-22T11:00:00.5+01:00"
BOOT = {"chargePointModel": "Modell Ü", "chargePointVendor": "Zephyr"}
STATUS = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted"}
METER = [{"timestamp": SENT, "sampledValue": [{"value": "12.5", "measurand": "Voltage", "unit": "V", "phase": "L1-N"}]}]

EVERY_KIND: list[Fact] = [
    ChargePointRegistered("CP", NOW, "Pending", 30, "hash"),
    ChargePointRegistered("GONE", NOW),
    ChargePointRemoved("GONE", NOW),
    TagRegistered("TAG", NOW, "Blocked", NOW + 60, "PARENT", concurrent=True),
    TagRegistered("OLD", NOW),
    TagRemoved("OLD", NOW),
    Booted("CP", NOW, "Pending", BOOT),
    Booted("STRANGER", NOW, "Accepted", {"chargePointModel": "x"}),
    StatusNotified("CP", 1, NOW, "Available", STATUS | {"status": "Available"}),
    StatusNotified("CP", 1, NOW + 1, "Faulted", STATUS),
    TransactionStarted(101, "CP", 1, "TAG", 5, NOW, SENT, "Accepted", reservation=9),
    TransactionStarted(102, "CP", 2, "TAG", None, NOW, "yesterday", "ConcurrentTx"),
    MetersRead("CP", 1, 101, NOW, METER),
    TransactionStopped(101, "CP", 500, NOW + 3600, STOPPED, "Local", "PARENT"),
    Notified("CP", "DataTransfer", NOW, {"vendorId": "x", "data": "ü"}),
    Operated("CP", "Reset", NOW, {"type": "Soft"}, "Answered", {"status": "Accepted"}),
]

STATE = State(
    charge_points=(
        ChargePointRecord("CP", True, "Pending", 30, "hash", BOOT, NOW),
        ChargePointRecord("STRANGER", False, boot={"chargePointModel": "x"}, booted_at=NOW),
    ),
    tags=(Tag("TAG", "Blocked", NOW + 60, "PARENT", True),),
    connectors=(Connector("CP", 1, "Faulted", "GroundFailure", NOW + 1),),
    transactions=(Transaction(102, "CP", 2, "TAG", None, NOW, "yesterday", "ConcurrentTx"),),
    last_transaction=102,
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rig.db"


def keep_all(storage: Storage, facts: list[Fact]) -> None:
    for fact in facts:
        storage.keep(fact)
    storage.flush(10)


def test_an_empty_storage_knows_nothing(url: str) -> None:
    with Storage.open(url) as storage:
        assert storage.load() == State()


def test_a_storage_is_new_until_something_is_kept(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        with Storage.open(url) as storage:
            assert storage.is_new
    with Storage.open(url) as storage:
        storage.keep(EVERY_KIND[0])
    for folder in (None, tmp_path / "another"):
        with Storage.open(url, folder) as storage:
            assert not storage.is_new


def test_every_kind_of_fact_is_there_after_a_restart(url: str) -> None:
    with Storage.open(url) as storage:
        keep_all(storage, EVERY_KIND)
        assert storage.load() == STATE
    with Storage.open(url) as storage:
        assert storage.load() == STATE
        assert storage.problem is None


def test_every_kind_of_fact_can_be_asked_for(url: str) -> None:
    with Storage.open(url) as storage:
        keep_all(storage, EVERY_KIND)
        ask = storage.reading
        running, over = ask.transactions().rows
        assert (running.transaction, running.started, running.stopped_at) == (102, "yesterday", None)
        assert (over.transaction, over.meter_start, over.meter_stop, over.reservation) == (101, 5, 500, 9)
        assert (over.stopped, over.stopped_at, over.reason, over.stop_id_tag) == (
            STOPPED,
            NOW + 3600,
            "Local",
            "PARENT",
        )
        assert [each.request for each in ask.boots().rows] == [{"chargePointModel": "x"}, BOOT]
        assert [each.status for each in ask.statuses().rows] == ["Faulted", "Available"]
        (told,) = ask.notifications().rows
        assert (told.action, told.request, told.problem) == ("DataTransfer", {"vendorId": "x", "data": "ü"}, None)
        (operated,) = ask.operations().rows
        assert (operated.action, operated.outcome, operated.answer) == ("Reset", "Answered", {"status": "Accepted"})
        counts = ask.counts()
        assert (counts.charge_points, counts.transactions, counts.running, counts.meter_values) == (2, 2, 1, 1)


def test_the_state_is_the_one_that_a_registry_has_of_the_same_facts(url: str) -> None:
    dice = random.Random(4)
    with Storage.open(url) as storage:
        live = Registry(now=lambda: NOW, keep=storage.keep)
        for step in range(600):
            who, tag, at = f"CP{dice.randrange(5)}", f"TAG{dice.randrange(4)}", NOW + step
            match dice.randrange(8):
                case 0:
                    live.record(ChargePointRegistered(who, at, dice.choice(["Accepted", "Pending"]), step))
                case 1:
                    live.record(ChargePointRemoved(who, at))
                case 2:
                    live.record(TagRegistered(tag, at, parent=dice.choice([None, "TAG0"])))
                case 3:
                    live.record(TagRemoved(tag, at))
                case 4:
                    live.record(Booted(who, at, "Accepted", {"step": step}))
                case 5:
                    live.record(StatusNotified(who, dice.randrange(3), at, "Available", {"errorCode": str(step)}))
                case 6:
                    live.start(who, dice.randrange(3), tag, meter_start=step, timestamp=f"{step}")
                case _ if live.transactions:
                    number = dice.choice(list(live.transactions))
                    live.record(TransactionStopped(number, who, step, at, SENT))
        storage.flush(10)
        again = Registry(now=lambda: NOW, state=storage.load())
        assert again.charge_points == live.charge_points
        assert again.tags == live.tags
        assert again.connectors == live.connectors
        assert again.transactions == live.transactions
        next_ones = [each.start("CP", 1, "TAG1", meter_start=0, timestamp=SENT) for each in (again, live)]
        assert next_ones[0] == next_ones[1]


def test_a_meter_value_says_explicitly_what_it_left_to_the_defaults(url: str) -> None:
    samples = [
        {"value": "7"},
        {"value": "8.5", "measurand": "Power.Active.Import"},
        {"value": "AF0C", "format": "SignedData"},
    ]
    with Storage.open(url) as storage:
        keep_all(
            storage,
            [MetersRead("CP", None, None, NOW, [{"timestamp": SENT, "sampledValue": samples}], "StopTransaction")],
        )
        signed, power, energy = storage.reading.meter_values().rows
    assert (energy.measurand, energy.unit, energy.context, energy.format, energy.location, energy.phase) == (
        "Energy.Active.Import.Register",
        "Wh",
        "Sample.Periodic",
        "Raw",
        "Outlet",
        None,
    )
    assert (energy.value, energy.number, energy.timestamp, energy.received_at) == ("7", 7.0, SENT, NOW)
    assert (energy.source, energy.connector, energy.transaction, energy.raw) == ("StopTransaction", None, None, None)
    assert (power.unit, power.number) == (None, 8.5), "Wh is the default of energy only (OCPP 1.6 §7.43)"
    assert (signed.value, signed.number) == ("AF0C", None)


def test_pages_follow_each_other_and_answer_for_one_charge_point(url: str) -> None:
    facts: list[Fact] = [TransactionStarted(n, f"CP{n % 2}", 1, "TAG", 0, NOW, SENT, "Accepted") for n in range(1, 11)]
    facts += [TransactionStopped(n, f"CP{n % 2}", 9, NOW, SENT) for n in (2, 3, 4)]
    with Storage.open(url) as storage:
        keep_all(storage, facts)
        ask = storage.reading.transactions
        seen, before = [], None
        while True:
            page = ask(before=before, limit=4)
            seen.append([each.transaction for each in page.rows])
            if (before := page.before) is None:
                break
        assert seen == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]
        assert [each.transaction for each in ask(charge_point="CP1").rows] == [9, 7, 5, 3, 1]
        assert [each.transaction for each in ask(running=False).rows] == [4, 3, 2]
        assert [each.transaction for each in ask(running=True, charge_point="CP0").rows] == [10, 8, 6]
        assert ask(limit=10).before is None
        assert [each.transaction for each in ask(limit=-5).rows] == [10]
        assert storage.reading.transaction(11) is None


def test_a_plot_has_a_series_for_each_measurand_and_phase_by_the_charge_points_clock(url: str) -> None:
    def read(timestamp: str, **values: str) -> Fact:
        samples = [
            {"value": value, "measurand": "Current.Import", "unit": "A", "phase": of} for of, value in values.items()
        ]
        return MetersRead("CP", 1, 7, NOW, [{"timestamp": timestamp, "sampledValue": [{"value": "5"}, *samples]}])

    with Storage.open(url) as storage:
        started = TransactionStarted(7, "CP", 1, "ZepId00", 0, NOW, "2026-11-22T10:00:00Z", "Accepted")
        another = MetersRead("another", 1, 7, NOW, [{"sampledValue": [{"value": "999999"}]}])
        keep_all(
            storage,
            [
                started,
                another,
                read("2026-11-22T10:00:00Z", L1="1"),
                read("2026-11-22T11:00:10+01:00", L1="2", L2="x"),
                read("never"),
            ],
        )
        energy, current = storage.reading.series(7)
    assert (energy.measurand, energy.unit, energy.phase) == ("Energy.Active.Import.Register", "Wh", None)
    ten = 1_795_341_600.0
    assert energy.points == ((ten, 5.0), (ten + 10, 5.0), (NOW, 5.0))
    assert (current.phase, current.points) == ("L1", ((ten, 1.0), (ten + 10, 2.0)))
