"""All operations of a central system: what goes over the wire, and what is made of what comes back."""

import asyncio
import inspect
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from jsonschema.validators import validator_for
from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    Action,
    ResetStatus,
    ResetType,
    UnlockStatus,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from central_system import operations as op
from central_system.clock import WorldClock
from central_system.operations.catalogue import CATALOGUE, BadRequestError, NoSuchOperationError, ask
from central_system.operations.schemas import LONGEST, Schema
from central_system.outcome import Answered, Malformed, Outcome, Refused, Unanswered
from central_system.server import CentralSystem
from central_system.session import Session
from tests.every_operation import (
    ACCEPTED,
    ANSWERS,
    ASKING,
    PROFILE,
    PROFILE_SENT,
    REQUESTS,
    Asking,
    Payload,
    W,
)


@dataclass
class Fake:
    """A charge point with one outcome for everything; remembers what it was asked."""

    outcome: Outcome[Payload] = field(default_factory=lambda: Answered(ACCEPTED, ACCEPTED))
    asked: list[tuple[str, Payload]] = field(default_factory=list)

    async def request(self, action: Action, payload: Mapping[str, Any], *, within_s: float) -> Outcome[Payload]:
        assert within_s == W
        self.asked.append((action.value, json.loads(json.dumps(payload))))
        return self.outcome


def came(payload: Payload) -> Fake:
    return Fake(Answered(payload, payload))


def paths(schema: Schema, *, required: bool, root: Schema | None = None, at: str = "") -> Iterator[str]:
    """The properties that a schema has, or requires, however deep."""
    root = root or schema
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/")[-1]]
    if schema["type"] == "array":
        yield from paths(schema["items"], required=required, root=root, at=at)
    for name, each in schema.get("properties", {}).items():
        if not required or name in schema.get("required", []):
            yield f"{at}/{name}"
            yield from paths(each, required=required, root=root, at=f"{at}/{name}")


def paths_of(value: object, at: str = "") -> Iterator[str]:
    """The properties that a payload has, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from paths_of(each, at)
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{at}/{name}"
            yield from paths_of(each, f"{at}/{name}")


def run(outcome: Awaitable[Outcome[Any]]) -> Outcome[Any]:
    async def within() -> Outcome[Any]:
        async with asyncio.timeout(W):
            return await outcome

    return asyncio.run(within())


@pytest.mark.parametrize(("asking", "action", "sent"), REQUESTS)
def test_a_request_is_what_its_arguments_say_and_valid_by_its_schema(
    asking: Asking, action: str, sent: Payload
) -> None:
    charge_point = Fake()
    run(asking(charge_point))
    assert charge_point.asked == [(action, sent)]
    schema = CATALOGUE[action].request
    assert [error.message for error in validator_for(schema)(schema).iter_errors(sent)] == []


@pytest.mark.parametrize("action", CATALOGUE)
def test_each_operation_is_tried_with_all_that_its_schema_knows_and_with_no_more_than_it_requires(action: str) -> None:
    tried = [set(paths_of(sent)) for _, each, sent in REQUESTS if each == action]
    schema = CATALOGUE[action].request
    assert set(paths(schema, required=False)) in tried
    assert set(paths(schema, required=True)) in tried


@pytest.mark.parametrize(("action", "payload", "answer"), ANSWERS)
def test_an_answer_is_typed_through_and_through(action: str, payload: Payload, answer: object) -> None:
    assert run(ASKING[action](came(payload))) == Answered(answer, payload)


STATUSES = [
    (action, status)
    for action, operation in CATALOGUE.items()
    if (rule := operation.response["properties"].get("status"))
    for status in (operation.response["definitions"][rule["$ref"].rsplit("/")[-1]] if "$ref" in rule else rule)["enum"]
]


@pytest.mark.parametrize(("action", "status"), STATUSES)
def test_every_status_that_a_charge_point_may_answer_is_known(action: str, status: str) -> None:
    outcome = run(ASKING[action](came({"status": status})))
    assert isinstance(outcome, Answered)
    assert isinstance(outcome.answer, getattr(call_result, action))
    assert isinstance(outcome.answer.status, Enum)
    assert outcome.answer.status.value == status


@pytest.mark.parametrize("action", CATALOGUE)
def test_each_answer_is_tried_with_all_that_its_schema_knows(action: str) -> None:
    tried = [payload for each, payload, _ in ANSWERS if each == action]
    tried += [{"status": status} for each, status in STATUSES if each == action]
    assert set(paths(CATALOGUE[action].response, required=False)) in [set(paths_of(payload)) for payload in tried]


@pytest.mark.parametrize("action", CATALOGUE)
def test_an_answer_that_breaks_its_schema_a_callerror_and_silence_are_results_of_their_own(action: str) -> None:
    wrong = {"nonsense": 1}
    outcome = run(ASKING[action](came(wrong)))
    assert isinstance(outcome, Malformed)
    assert outcome.payload == wrong
    assert outcome.why.startswith("nonsense: ")
    for other in (Refused("NotSupported", "no"), Unanswered(W)):
        assert run(ASKING[action](Fake(other))) == other


@pytest.mark.parametrize(
    ("action", "payload", "why"),
    [
        # What Zephyr's library answers (tests/recordings/native_sim-operations).
        (
            "GetConfiguration",
            {"configurationKey": [{"key": "AllowOfflineTxForUnknownId", "readonly": 0, "value": "0"}]},
            "configurationKey/0/readonly: 0 is not of type 'boolean'",
        ),
        ("GetConfiguration", {"unknownKey": "A"}, "unknownKey: 'A' is not of type 'array'"),
        ("Reset", {}, "status: 'status' is a required property"),
        ("Reset", {"status": "Maybe"}, "status: 'Maybe' is not one of ['Accepted', 'Rejected']"),
        ("Reset", {"status": None}, "status: None is not of type 'string'"),
        ("GetLocalListVersion", {"listVersion": 1.5}, "listVersion: 1.5 is not of type 'integer'"),
        ("GetInstalledCertificateIds", ACCEPTED | {"certificateHashData": []}, "certificateHashData: [] should be"),
        ("GetDiagnostics", {"fileName": 7}, "fileName: 7 is not of type 'string'"),
    ],
)
def test_a_malformed_answer_says_which_field_and_why(action: str, payload: Payload, why: str) -> None:
    outcome = run(ASKING[action](came(payload)))
    assert isinstance(outcome, Malformed)
    assert outcome.why.startswith(why)


def schedule(limit: float) -> Payload:
    period = {"startPeriod": 0, "limit": limit}
    return ACCEPTED | {"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}}


@pytest.mark.parametrize("limit", [21.4, 0.1, 0.3, 1e300, -7.7, 16, 10**30, 10**400])
def test_a_limit_in_tenths_is_one_in_binary_fractions_too(limit: float) -> None:
    outcome = run(ASKING["GetCompositeSchedule"](came(schedule(limit))))
    assert isinstance(outcome, Answered)
    assert outcome.answer.charging_schedule.charging_schedule_period[0].limit == limit


@pytest.mark.parametrize("limit", [4.11, float("nan"), float("inf"), 1e-300, True, "16"])
def test_any_other_limit_is_malformed(limit: float) -> None:
    outcome = run(ASKING["GetCompositeSchedule"](came(schedule(limit))))
    assert isinstance(outcome, Malformed)
    assert outcome.why.startswith("chargingSchedule/chargingSchedulePeriod/0/limit: ")


def test_a_huge_or_bottomless_answer_is_malformed_in_few_words() -> None:
    bottomless: list[Any] = []
    for _ in range(sys.getrecursionlimit()):
        bottomless = [bottomless]
    for answer in ({"status": "x" * 1_000_000}, {"status": bottomless}, {"x" * 1_000_000: 1}):
        outcome = run(ASKING["Reset"](came(answer)))
        assert isinstance(outcome, Malformed)
        assert len(outcome.why) < 2 * LONGEST + 20


def test_the_catalogue_has_every_operation_that_a_central_system_can_ask_for() -> None:
    """In `ocpp.v16.call` they come before Authorize; DataTransfer, which goes both ways, is the last."""
    classes = [name for name, each in vars(call).items() if inspect.isclass(each) and each.__module__ == call.__name__]
    of_the_central_system = set(classes[: classes.index("Authorize")]) | {"DataTransfer"}
    assert set(CATALOGUE) == of_the_central_system
    assert len(CATALOGUE) == 26
    assert {Action(action).name for action in CATALOGUE} == set(op.__all__)


def test_the_catalogue_describes_an_operation_for_people_and_for_programs() -> None:
    unlock, trust = CATALOGUE["UnlockConnector"], CATALOGUE["InstallCertificate"]
    assert (unlock.profile, unlock.clause) == ("Core", "OCPP 1.6 §5.18")
    assert unlock.asks == "Ask to unlock a connector, and to stop its transaction first where there is one."
    assert (trust.profile, trust.clause) == ("Security", "OCPP 1.6 security white paper §5.11")
    assert json.loads(json.dumps(unlock.request))["properties"] == {"connectorId": {"type": "integer"}}
    assert list(unlock.response["properties"]) == ["status"]
    clauses = [each.clause for each in CATALOGUE.values()]
    assert len(set(clauses)) == len(clauses)


def test_a_filled_in_form_is_sent_as_it_is_and_its_answer_typed() -> None:
    charge_point = Fake()
    outcome = run(ask(charge_point, "Reset", {"type": "Hard"}, within_s=W))
    assert charge_point.asked == [("Reset", {"type": "Hard"})]
    assert outcome == Answered(call_result.Reset(ResetStatus.accepted), ACCEPTED)


@pytest.mark.parametrize(
    ("action", "payload", "field_named"),
    [
        ("Reset", {"type": "Warm"}, "type"),
        ("Reset", {}, "type"),
        ("Reset", {"type": "Hard", "now": True}, "now"),
        ("RemoteStartTransaction", {"idTag": "x" * 21}, "idTag"),
        ("RemoteStartTransaction", {"idTag": "T", "connectorId": "1"}, "connectorId"),
        ("ReserveNow", {"connectorId": 1, "expiryDate": "soon", "idTag": "T", "reservationId": 7}, "expiryDate"),
        ("ReserveNow", {"connectorId": 1, "expiryDate": "2026-02-30T10:00:00Z", "idTag": "T"}, "expiryDate"),
        ("GetDiagnostics", {"location": "over there"}, "location"),
        ("SignedUpdateFirmware", {"requestId": 1, "firmware": {}}, "firmware/location"),
        (
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": PROFILE_SENT | {"chargingSchedule": {"duration": "1 h"}}},
            "csChargingProfiles/chargingSchedule/duration",
        ),
    ],
)
def test_a_form_that_breaks_the_schema_is_not_sent_unless_unchecked(
    action: str, payload: Payload, field_named: str
) -> None:
    charge_point = Fake()
    with pytest.raises(BadRequestError, match=rf"^{action}\.req: {field_named}: .*unchecked") as refused:
        run(ask(charge_point, action, payload, within_s=W))
    assert refused.value.fault.field == field_named
    assert charge_point.asked == []
    run(ask(charge_point, action, payload, within_s=W, unchecked=True))
    assert charge_point.asked == [(action, payload)]


@pytest.mark.parametrize("action", ["Heartbeat", "Rest", ""])
def test_what_a_central_system_cannot_ask_for_is_refused_with_what_it_can(action: str) -> None:
    with pytest.raises(NoSuchOperationError, match=f"'{action}'.*RemoteStartTransaction"):
        run(ask(Fake(), action, {}, within_s=W, unchecked=True))


def over_loopback(scenario: Callable[[Session, ClientConnection], Awaitable[None]]) -> None:
    """A central system and a charge point that is connected to it."""

    async def connected() -> None:
        server = CentralSystem("127.0.0.1", 0, clock=WorldClock(1_795_343_248.0), observe=lambda _: None)
        async with asyncio.timeout(20), server:
            uri = f"ws://127.0.0.1:{server.port}/zephyr"
            async with connect(uri, subprotocols=[Subprotocol("ocpp1.6")], close_timeout=1) as charge_point:
                await charge_point.send('[2,"1","Heartbeat",{}]')
                await charge_point.recv()
                await scenario(server.charge_points["zephyr"], charge_point)

    asyncio.run(connected())


def test_over_a_connection_the_answer_is_the_one_to_the_request_and_no_other() -> None:
    async def scenario(session: Session, charge_point: ClientConnection) -> None:
        asking = asyncio.create_task(op.unlock_connector(session, 2, within_s=W))
        kind, uid, action, payload = json.loads(await charge_point.recv())
        assert (kind, action, payload) == (2, "UnlockConnector", {"connectorId": 2})
        await charge_point.send(json.dumps([3, "another id", {"status": "UnlockFailed"}]))
        await charge_point.send(json.dumps([3, uid, {"status": "Unlocked"}]))
        assert await asking == Answered(call_result.UnlockConnector(UnlockStatus.unlocked), {"status": "Unlocked"})

    over_loopback(scenario)


def test_over_a_connection_a_malformed_answer_and_a_callerror_are_told_apart() -> None:
    async def scenario(session: Session, charge_point: ClientConnection) -> None:
        asking = asyncio.create_task(op.set_charging_profile(session, 1, PROFILE, within_s=W))
        _, uid, _, payload = json.loads(await charge_point.recv())
        assert payload == {"connectorId": 1, "csChargingProfiles": PROFILE_SENT}
        await charge_point.send(json.dumps([4, uid, "NotSupported", "no profiles", {}]))
        assert await asking == Refused("NotSupported", "no profiles")
        again = asyncio.create_task(op.get_configuration(session, ["A"], within_s=W))
        uid = json.loads(await charge_point.recv())[1]
        wrong = {"configurationKey": [{"key": "A", "readonly": 1, "value": "1"}]}
        await charge_point.send(json.dumps([3, uid, wrong]))
        assert await again == Malformed(wrong, "configurationKey/0/readonly: 1 is not of type 'boolean'")

    over_loopback(scenario)


def test_over_a_connection_silence_and_an_end_of_it_are_no_answer() -> None:
    async def scenario(session: Session, charge_point: ClientConnection) -> None:
        assert await op.clear_cache(session, within_s=0.05) == Unanswered(0.05)
        asking = asyncio.create_task(op.reset(session, ResetType.hard, within_s=W))
        assert json.loads(await charge_point.recv())[2] == "ClearCache"
        assert json.loads(await charge_point.recv())[2] == "Reset"
        await charge_point.close()
        assert await asking == Unanswered(W)

    over_loopback(scenario)
