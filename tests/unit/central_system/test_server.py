"""The central system and its tap, with a charge point on loopback."""

import asyncio
import contextlib
import json
import socket
from asyncio.trsock import TransportSocket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ocpp.v16.enums import AuthorizationStatus, RegistrationStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.events import ConnectionClosed as Closed
from central_system.events import Frame, ServerProblem, Upgrade, UpgradeAnswer, WireEvent
from central_system.ports import PortUnavailableError
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.server import CentralSystem

STEVE = "/steve/websocket/CentralSystemService/zephyr"


@dataclass
class Bench:
    central_system: CentralSystem
    seen: list[WireEvent] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def charge_point(self, path: str = STEVE) -> AsyncIterator[ClientConnection]:
        uri = f"ws://127.0.0.1:{self.central_system.port}{path}"
        async with connect(uri, subprotocols=[Subprotocol("ocpp1.6")], compression=None, close_timeout=1) as connection:
            yield connection

    def frames(self, sender: str) -> list[str]:
        return [e.text or "" for e in self.seen if isinstance(e, Frame) and e.sender == sender and e.opcode == "text"]


def with_bench(scenario: Callable[[Bench], Awaitable[None]], rules: Rules | None = None) -> Bench:
    async def run() -> Bench:
        seen: list[WireEvent] = []
        clock = WorldClock(1_795_343_248.0)
        registry = Registry(rules, now=clock.now)
        async with CentralSystem("127.0.0.1", 0, clock=clock, observe=seen.append, registry=registry) as central_system:
            bench = Bench(central_system, seen)
            async with asyncio.timeout(20):
                await scenario(bench)
        return bench

    return asyncio.run(run())


async def ask(connection: ClientConnection, action: str, payload: dict[str, Any], uid: str = "1-1-1") -> Any:  # noqa: ANN401
    await connection.send(json.dumps([2, uid, action, payload]))
    kind, answered, answer = json.loads(await connection.recv())
    assert (kind, answered) == (3, uid)
    return answer


def test_everything_that_the_sample_sends_is_answered() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point() as cp:
            boot = await ask(cp, "BootNotification", {"chargePointModel": "basic", "chargePointVendor": "zephyr"})
            assert boot == {"currentTime": boot["currentTime"], "interval": 10, "status": "Accepted"}
            assert boot["currentTime"].startswith("2026-11-22T10:27:")
            assert (await ask(cp, "Heartbeat", {}))["currentTime"].startswith("2026-11-22T10:27:")
            assert await ask(cp, "Authorize", {"idTag": "ZepId00"}) == {"idTagInfo": {"status": "Accepted"}}
            start = {"connectorId": 1, "idTag": "ZepId00", "meterStart": 0, "timestamp": "2026-11-22T10:27:33Z"}
            starts = [start, start | {"connectorId": 2, "idTag": "ZepId01"}]
            first, second = [(await ask(cp, "StartTransaction", each))["transactionId"] for each in starts]
            assert second != first
            assert await ask(cp, "MeterValues", {"connectorId": 1, "meterValue": []}) == {}
            stop = {"transactionId": first, "meterStop": 1, "timestamp": "2026-11-22T10:27:58Z"}
            assert await ask(cp, "StopTransaction", stop) == {"idTagInfo": {"status": "Accepted"}}
            status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
            assert await ask(cp, "StatusNotification", status) == {}

    bench = with_bench(scenario)
    assert all(": " not in answer and ", " not in answer for answer in bench.frames("CS>")), (
        "the firmware needs compact JSON"
    )


def test_rules_decide_about_boot_and_tags() -> None:
    rules = Rules(7, RegistrationStatus.rejected.value, unknown_tag=AuthorizationStatus.blocked.value)

    async def scenario(bench: Bench) -> None:
        async with bench.charge_point() as cp:
            boot = await ask(cp, "BootNotification", {"chargePointModel": "basic", "chargePointVendor": "zephyr"})
            assert (boot["interval"], boot["status"]) == (7, "Rejected")
            assert await ask(cp, "Authorize", {"idTag": "Stolen"}) == {"idTagInfo": {"status": "Blocked"}}

    with_bench(scenario, rules)


@pytest.mark.parametrize("path", [STEVE, "/zephyr"])
def test_a_charge_point_is_known_by_the_end_of_its_path(path: str) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point(path) as cp:
            await ask(cp, "Heartbeat", {})
            assert list(bench.central_system.charge_points) == ["zephyr"]

    bench = with_bench(scenario)
    (upgrade,) = [event for event in bench.seen if isinstance(event, Upgrade)]
    assert (upgrade.path, upgrade.subprotocols) == (path, ("ocpp1.6",))


def test_an_identity_comes_percent_encoded() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point("/RDAM%7C123") as cp:
            await ask(cp, "Heartbeat", {})
            assert list(bench.central_system.charge_points) == ["RDAM|123"]

    with_bench(scenario)


@pytest.mark.parametrize(
    "path",
    ["/", "/a/b", "/a%2Fb", "/a%00", "/a?b", "/steve/websocket/CentralSystemService/", "/" + "x" * 49],
)
def test_another_path_is_refused_and_recorded(path: str) -> None:
    async def scenario(bench: Bench) -> None:
        with pytest.raises(InvalidStatus, match="404"):
            async with bench.charge_point(path):
                pass

    bench = with_bench(scenario)
    assert [event.status for event in bench.seen if isinstance(event, UpgradeAnswer)] == [404]


def test_a_charge_point_that_connects_again_replaces_its_old_connection() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point() as old:
            await ask(old, "Heartbeat", {})
            async with bench.charge_point() as new:
                await ask(new, "Heartbeat", {})
                with pytest.raises(ConnectionClosed):
                    await old.recv()
                assert (await ask(new, "Heartbeat", {}))["currentTime"]

    bench = with_bench(scenario)
    assert next(event.by for event in bench.seen if isinstance(event, Closed)) == "CS>"


@pytest.mark.parametrize(
    "garbage",
    [
        *("", "{", "[]", "{}", "[2]", '[2,"x"]', "[9,1,2]", '[2,"u","NoSuchAction",{}]', '[2,"u",{"a":1},{}]'),
        *('[2,"u","Heartbeat",[]]', '[2,"u","StartTransaction",{}]', '[3,"unasked",{}]', '[2,["u"],"Heartbeat",{}]'),
        b"\x00\xff",
    ],
)
def test_after_garbage_the_charge_point_is_still_served(garbage: str | bytes) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point() as cp:
            await cp.send(garbage)
            await cp.send('[2,"after","Heartbeat",{}]')
            answers: list[list[Any]] = []
            while not answers or answers[-1][1] != "after":
                answers.append(json.loads(await cp.recv()))
            assert answers[-1][0] == 3

    bench = with_bench(scenario)
    assert bench.frames("CP>")[-1] == '[2,"after","Heartbeat",{}]'


def test_a_message_that_cannot_be_handled_is_told_to_the_observer() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.charge_point() as cp:
            await cp.send('[2,"u",{"an":"action"},{}]')
            assert json.loads(await cp.recv())[:3] == [4, "u", "FormationViolation"]

    problems = [event for event in with_bench(scenario).seen if isinstance(event, ServerProblem)]
    assert len(problems) == 1
    assert "[2, id, action, {…}]" in problems[0].problem


def test_a_frame_waits_for_no_acknowledgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the second of two of ours waits up to 40 ms: at 100 times real time the device sees it 4 s late."""
    options: list[tuple[int, ...]] = []
    set_option = TransportSocket.setsockopt

    def remember(self: TransportSocket, *option: int) -> None:
        options.append(option)
        set_option(self, *option)

    async def scenario(bench: Bench) -> None:
        monkeypatch.setattr(TransportSocket, "setsockopt", remember)
        async with bench.charge_point() as cp:
            await ask(cp, "Heartbeat", {})

    with_bench(scenario)
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options


def test_a_charge_point_that_offers_no_subprotocol_is_served_all_the_same() -> None:
    async def scenario(bench: Bench) -> None:
        async with connect(f"ws://127.0.0.1:{bench.central_system.port}{STEVE}", compression=None) as cp:
            await ask(cp, "Heartbeat", {})

    bench = with_bench(scenario)
    assert [event.subprotocol for event in bench.seen if isinstance(event, UpgradeAnswer)] == [None]


def test_a_port_that_is_taken_is_named_with_its_cure() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortUnavailableError, match=f"TCP port {port} .* another program has it.*ss -Hlnpt.*--port"):
            CentralSystem("127.0.0.1", port, clock=WorldClock(0), observe=lambda _: None)
