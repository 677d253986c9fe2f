"""How long the central system takes to answer, side by side with the bare libraries that it is made of, in one run.

    python benchmarks/answer_latency.py [--calls 2000]

Both servers run in processes of their own on loopback; one client asks them in turn, so that what else the host does
meets both alike. What counts is the ratio. To compare with: a charge point at 100 times real time waits 5 ms.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import ocpp.messages
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.server import CentralSystem

OURS, BARE = "tap + central system", "bare ocpp + websockets"
AUTHORIZE = '[2,"134805320-1-{n}","Authorize",{{"idTag":"ZepId00"}}]'
METER = (
    '[2,"134805320-5-{n}","MeterValues",{{"connectorId":1,"transactionId":101,"meterValue":[{{"timestamp":'
    '"2026-11-22T10:27:38Z","sampledValue":[{{"measurand":"Energy.Active.Import.Register","value":"9","unit":"Wh"}}]}}]}}]'
)


class Bare(ChargePoint):
    """What a user of `ocpp` writes, its schema check included (made in the same thread, its fastest setting)."""

    @on(Action.authorize)
    def _authorize(self, **_: Any) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=IdTagInfo(AuthorizationStatus.accepted))

    @on(Action.meter_values)
    def _meter(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()


async def _ours(ready: Connection) -> None:
    async with CentralSystem("127.0.0.1", 0, clock=WorldClock(time.time()), observe=lambda _: None) as central_system:
        ready.send(central_system.port)
        await asyncio.Event().wait()


async def _bare(ready: Connection) -> None:
    ocpp.messages.ASYNC_VALIDATION = False

    async def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await Bare("zephyr", connection).start()

    options: dict[str, Any] = {"subprotocols": [Subprotocol("ocpp1.6")], "compression": None, "ping_interval": None}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        ready.send(next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


def _run(server: Callable[[Connection], Any], ready: Connection) -> None:
    asyncio.run(server(ready))


async def _ask(connection: ClientConnection, text: str) -> float:
    begun = time.perf_counter()
    await connection.send(text)
    await connection.recv()
    return (time.perf_counter() - begun) * 1e3


async def _measure(ports: dict[str, int], calls: int, message: str) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in ports}
    options: dict[str, Any] = {"subprotocols": [Subprotocol("ocpp1.6")], "compression": None}
    async with (
        connect(f"ws://127.0.0.1:{ports[OURS]}/zephyr", **options) as ours,
        connect(f"ws://127.0.0.1:{ports[BARE]}/zephyr", **options) as bare,
    ):
        for n in range(calls):
            for name, connection in ((OURS, ours), (BARE, bare)):
                took[name].append(await _ask(connection, message.format(n=n)))
    return took


def main() -> None:
    """Print percentiles of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000, help="calls to each server (default: %(default)s)")
    calls = parser.parse_args().calls
    ports, servers = {}, []
    for name, server in ((OURS, _ours), (BARE, _bare)):
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(target=_run, args=(server, there), daemon=True)
        process.start()
        servers.append(process)
        ports[name] = here.recv()
    try:
        for title, message in (("Authorize", AUTHORIZE), ("MeterValues", METER)):
            took = asyncio.run(_measure(ports, calls, message))
            print(f"{title}, {calls} calls each, round trip in ms")
            for name, values in took.items():
                cuts = statistics.quantiles(values, n=1000)
                print(f"  {name:<24} p50 {cuts[499]:.3f}   p99 {cuts[989]:.3f}   p99.9 {cuts[998]:.3f}")
            ratio = statistics.median(took[OURS]) / statistics.median(took[BARE])
            print(f"  ratio of the medians     {ratio:.2f}")
    finally:
        for process in servers:
            process.terminate()
            process.join()


if __name__ == "__main__":
    main()
