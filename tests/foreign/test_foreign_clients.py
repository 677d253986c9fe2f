"""Every operation, and every request of a charge point, with charge points that we did not write.

ocpp-rpc holds each message of both directions against its own schemas; ocpp-ts each request. Neither was made with us
in mind, so what they take for valid, and answer, says more than our own twin can.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ocpp.charge_point import camel_to_snake_case
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.events import ConnectionOpened, ServerProblem, UpgradeAnswer, WireEvent
from central_system.operations.catalogue import CATALOGUE
from central_system.outcome import Answered, Refused
from central_system.registry.registry import Registry
from central_system.server import CentralSystem
from tests.charge_point_requests import CORE, REQUESTS, Payload
from tests.every_operation import ANSWERS
from tests.every_operation import REQUESTS as OPERATIONS
from tests.foreign.foreign import Foreign, foreign_charge_point

NOW_S = 1_795_343_248.0
SECURITY = {action for action, operation in CATALOGUE.items() if operation.profile == "Security"}
LIBRARIES = ("ocpp_rpc", "ocpp_ts")


@dataclass
class Bench:
    central_system: CentralSystem
    seen: list[WireEvent] = field(default_factory=list)

    @property
    def problems(self) -> list[WireEvent]:
        return [event for event in self.seen if isinstance(event, ServerProblem)]


def with_bench(scenario: Callable[[Bench], Awaitable[None]]) -> Bench:
    async def run() -> Bench:
        seen: list[WireEvent] = []
        clock = WorldClock(NOW_S)
        async with CentralSystem(
            "127.0.0.1", 0, clock=clock, observe=seen.append, registry=Registry(now=clock.now)
        ) as central_system:
            bench = Bench(central_system, seen)
            async with asyncio.timeout(60):
                await scenario(bench)
        return bench

    return asyncio.run(run())


def first_status(action: str) -> str:
    """A status that this action may answer."""
    response = CATALOGUE[action].response
    status = response["properties"]["status"]
    if "$ref" in status:
        status = response["definitions"][status["$ref"].rsplit("/")[-1]]
    first: str = status["enum"][0]
    return first


ANSWER: dict[str, Payload] = {
    **{action: {"status": first_status(action)} for action in CATALOGUE if action not in {each[0] for each in ANSWERS}},
    **{action: payload for action, payload, _ in ANSWERS},
}
"""What each action is answered with: all that its schema knows."""


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_operation_is_asked_and_its_answer_understood(library: str, clients: Path) -> None:
    unknown = SECURITY if library == "ocpp_ts" else set()

    async def scenario(bench: Bench) -> None:
        answers = {action: answer for action, answer in ANSWER.items() if action not in unknown}
        port = bench.central_system.port
        async with foreign_charge_point(clients, library, port, answers=answers, calls=[]) as foreign:
            await foreign.until("done")
            session = bench.central_system.charge_points["zephyr"]
            for asking, action, sent in OPERATIONS:
                outcome = await asking(session)
                if action in unknown:
                    assert isinstance(outcome, Refused), outcome
                    assert outcome.code == "NotImplemented"
                    continue
                assert isinstance(outcome, Answered), outcome
                assert outcome.payload == ANSWER[action]
                asked = await foreign.until("asked")
                assert (asked["action"], asked["payload"]) == (action, sent)
            assert not foreign.all("broken"), "its own schemas allow everything that went to and fro"

    assert not with_bench(scenario).problems


def test_the_operations_above_are_all_that_there_are() -> None:
    assert {action for _, action, _ in OPERATIONS} == set(CATALOGUE) == set(ANSWER)


@pytest.mark.parametrize("library", LIBRARIES)
def test_everything_that_a_charge_point_sends_is_answered(library: str, clients: Path) -> None:
    told: list[Payload] = []

    async def scenario(bench: Bench) -> None:
        calls = list((CORE if library == "ocpp_ts" else REQUESTS).items())
        port = bench.central_system.port
        async with foreign_charge_point(clients, library, port, answers={}, calls=calls) as foreign:
            await foreign.until("done")
            assert not foreign.all("error"), foreign.all("error")
            assert not foreign.all("broken"), foreign.all("broken")
            assert [each["action"] for each in foreign.all("answer")] == [action for action, _ in calls]
            told.extend(foreign.all("answer"))
            assert not bench.central_system.registry.transactions, "StopTransaction ended what StartTransaction began"

    bench = with_bench(scenario)
    answers = {each["action"]: each["payload"] for each in told}
    assert answers["BootNotification"]["status"] == "Accepted"
    assert answers["StartTransaction"] == {"transactionId": 101, "idTagInfo": {"status": "Accepted"}}
    assert not bench.problems


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_client_that_is_killed_is_gone_and_may_come_again(library: str, clients: Path) -> None:
    async def scenario(bench: Bench) -> None:
        for _ in range(2):
            port = bench.central_system.port
            async with foreign_charge_point(clients, library, port, answers={}, calls=[("Heartbeat", {})]) as foreign:
                await foreign.until("done")
                await _killed(foreign)

    bench = with_bench(scenario)
    assert sum(isinstance(event, ConnectionOpened) for event in bench.seen) == 2
    assert [event.status for event in bench.seen if isinstance(event, UpgradeAnswer)] == [101, 101]


async def _killed(foreign: Foreign) -> None:
    foreign.process.kill()
    await foreign.process.wait()


class OfTheOcppPackage(ChargePoint):
    """Its own charge point, which checks the schema of whatever it sends and gets."""

    def answer_all(self) -> None:
        """Know one answer to each operation."""
        for action, answer in ANSWER.items():
            made = getattr(call_result, action)(**camel_to_snake_case(answer))
            self.route_map[Action(action)] = {"_on_action": lambda made=made, **_: made}


def test_the_ocpp_package_s_own_charge_point_takes_every_operation_for_valid() -> None:
    async def scenario(bench: Bench) -> None:
        uri = f"ws://127.0.0.1:{bench.central_system.port}/zephyr"
        async with connect(uri, subprotocols=[Subprotocol("ocpp1.6")]) as connection:
            charge_point = OfTheOcppPackage("zephyr", connection)
            charge_point.answer_all()
            serving = asyncio.create_task(charge_point.start())
            boot = await charge_point.call(call.BootNotification("basic", "zephyr"))
            assert boot.status == "Accepted"
            session = bench.central_system.charge_points["zephyr"]
            for asking, action, _ in OPERATIONS:
                outcome = await asking(session)
                assert isinstance(outcome, Answered), (action, outcome)
                assert outcome.payload == ANSWER[action]
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    assert not with_bench(scenario).problems
