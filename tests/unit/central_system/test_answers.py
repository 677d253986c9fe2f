"""What a charge point is answered, action by action, and what of it is kept."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from jsonschema import Draft4Validator
from ocpp.exceptions import OCPPError
from ocpp.messages import MessageType, get_validator

from central_system.answers import NOTIFICATIONS, Answers
from central_system.clock import WorldClock
from central_system.registry.facts import Booted, ChargePointRegistered, Fact, MetersRead, Notified, StatusNotified
from central_system.registry.registry import Registry
from tests.charge_point_requests import METER, REQUESTS, SAMPLE, START, STOP

NOW_S = 1_795_343_248.0


@dataclass
class Bench:
    kept: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = Registry(now=lambda: NOW_S, keep=self.kept.append)
        self.answers = Answers("zephyr", self.registry, WorldClock(NOW_S, host=lambda: 0.0))

    def ask(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        return self.answers.answer(action, request)

    def kept_of(self, kind: type[Fact]) -> list[Any]:
        return [fact for fact in self.kept if isinstance(fact, kind)]


def schema_errors(message_type: int, action: str, payload: dict[str, Any]) -> list[str]:
    validator: Draft4Validator = get_validator(message_type, action, "1.6")
    return [error.message for error in validator.iter_errors(payload)]


@pytest.mark.parametrize("action", sorted(REQUESTS))
def test_each_request_of_a_charge_point_has_an_answer_that_its_schema_allows(action: str) -> None:
    bench = Bench()
    assert not schema_errors(MessageType.Call, action, REQUESTS[action]), "the request of this test is itself valid"
    assert not schema_errors(MessageType.CallResult, action, bench.ask(action, REQUESTS[action]))


@pytest.mark.parametrize(("action", "code"), [("RemoteStartTransaction", "NotSupported"), ("Rest", "NotImplemented")])
def test_what_a_charge_point_cannot_ask_for_is_refused(action: str, code: str) -> None:
    with pytest.raises(OCPPError) as refused:
        Bench().answers.answer(action, {"idTag": "ZepId00"})
    assert type(refused.value).__name__ == f"{code}Error"


def test_boot_and_heartbeat_tell_the_central_system_s_time() -> None:
    bench = Bench()
    bench.registry.record(ChargePointRegistered("zephyr", NOW_S, "Pending", 42))
    boot = bench.ask("BootNotification", REQUESTS["BootNotification"])
    assert boot == {"currentTime": "2026-11-22T10:27:28Z", "interval": 42, "status": "Pending"}
    assert bench.ask("Heartbeat", {}) == {"currentTime": "2026-11-22T10:27:28Z"}
    assert bench.kept_of(Booted) == [Booted("zephyr", NOW_S, "Pending", REQUESTS["BootNotification"])]


def test_a_transaction_runs_from_its_start_to_its_stop_and_its_meter_values_are_kept() -> None:
    bench = Bench()
    assert bench.ask("StartTransaction", START) == {"transactionId": 101, "idTagInfo": {"status": "Accepted"}}
    assert list(bench.registry.transactions) == [101]
    bench.ask("MeterValues", METER)
    bench.ask("StopTransaction", STOP | {"transactionData": [SAMPLE], "reason": "Local", "idTag": "ZepId00"})
    assert not bench.registry.transactions
    sampled, closing = bench.kept_of(MetersRead)
    assert sampled == MetersRead("zephyr", 2, 101, NOW_S, [SAMPLE], "MeterValues")
    assert closing == MetersRead("zephyr", 2, 101, NOW_S, [SAMPLE], "StopTransaction")


@pytest.mark.parametrize("transaction", [-1, 0, 999])
def test_a_stop_of_no_transaction_is_answered_and_kept_for_who_looks_for_it(transaction: int) -> None:
    bench = Bench()
    bench.ask("StartTransaction", START)
    request = STOP | {"transactionId": transaction}
    assert bench.ask("StopTransaction", request) == {}, "nothing is told of an idTag that was not named"
    assert bench.kept_of(Notified) == [Notified("zephyr", "StopTransaction", NOW_S, request)]
    assert list(bench.registry.transactions) == [101], "and ends nothing"


def test_a_repeated_stop_is_kept_whole_and_counts_nothing_twice() -> None:
    bench = Bench()
    bench.ask("StartTransaction", START)
    request = STOP | {"transactionData": [SAMPLE]}
    assert bench.ask("StopTransaction", request) == {"idTagInfo": {"status": "Accepted"}}
    assert bench.ask("StopTransaction", request) == {}
    assert len(bench.kept_of(MetersRead)) == 1
    assert bench.kept_of(Notified) == [Notified("zephyr", "StopTransaction", NOW_S, request)]


def test_nobody_stops_another_charge_point_s_transaction() -> None:
    bench = Bench()
    bench.ask("StartTransaction", START)
    other = Answers("other", bench.registry, WorldClock(NOW_S))
    assert other.answer("StopTransaction", STOP) == {}, "and learns nothing of its idTag"
    assert list(bench.registry.transactions) == [101]


@pytest.mark.parametrize("action", sorted(NOTIFICATIONS))
def test_a_notification_is_kept_as_it_came(action: str) -> None:
    bench = Bench()
    assert bench.ask(action, REQUESTS[action]) == {}
    assert bench.kept == [Notified("zephyr", action, NOW_S, REQUESTS[action])]


def test_a_status_is_known_of_its_connector() -> None:
    bench = Bench()
    bench.ask("StatusNotification", REQUESTS["StatusNotification"])
    assert bench.kept_of(StatusNotified)[0].status == "Available"
    assert bench.registry.connectors["zephyr", 1].error_code == "NoError"


@pytest.mark.parametrize(
    ("action", "request_", "code"),
    [
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
        ("StartTransaction", {"idTag": "ZepId00"}, "OccurenceConstraintViolation"),
        ("StartTransaction", START | {"connectorId": True}, "TypeConstraintViolation"),
        ("StopTransaction", {"transactionId": "101"}, "TypeConstraintViolation"),
        ("StatusNotification", {"connectorId": 1}, "OccurenceConstraintViolation"),
        ("StatusNotification", {"connectorId": 1001, "status": "Available"}, "PropertyConstraintViolation"),
        ("StatusNotification", {"connectorId": 1, "status": "x" * 256}, "PropertyConstraintViolation"),
        ("StartTransaction", START | {"connectorId": -1}, "PropertyConstraintViolation"),
        ("StartTransaction", START | {"idTag": "x" * 256}, "PropertyConstraintViolation"),
    ],
)
def test_what_an_answer_depends_on_has_to_be_there(action: str, request_: dict[str, Any], code: str) -> None:
    bench = Bench()
    with pytest.raises(OCPPError) as refused:
        bench.answers.answer(action, request_)
    assert type(refused.value).__name__ == f"{code}Error"
    assert not bench.kept


@pytest.mark.parametrize("values", [None, 5, "x", {"a": 1}, [None, [1]], []])
def test_meter_values_are_kept_in_whatever_shape_they_come(values: object) -> None:
    bench = Bench()
    assert bench.ask("MeterValues", {"connectorId": 1, "meterValue": values}) == {}
    (kept,) = bench.kept_of(MetersRead)
    assert kept.meter_values == (values if isinstance(values, list) else [values])


def test_what_breaks_the_schema_elsewhere_is_answered_all_the_same() -> None:
    bench = Bench()
    odd = START | {"meterStart": "seven", "timestamp": 5, "extra": [None]}
    assert bench.ask("StartTransaction", odd)["transactionId"] == 101
    assert bench.registry.transactions[101].meter_start is None
