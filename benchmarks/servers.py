"""Central systems to compare with, each a process of its own: python -m benchmarks.servers NAME. Prints its address."""

import asyncio
import contextlib
import resource
import sys
import time
from typing import Any

import ocpp.messages
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.server import CentralSystem


class Bare(ChargePoint):
    """What a user of `ocpp` writes, its schema check included (made in the same thread, its fastest setting)."""

    @on(Action.authorize)
    def _authorize(self, **_: Any) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=IdTagInfo(AuthorizationStatus.accepted))

    @on(Action.boot_notification)
    def _boot(self, **_: Any) -> call_result.BootNotification:
        return call_result.BootNotification(_iso(), 10, RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def _heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(_iso())

    @on(Action.meter_values)
    def _meter(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()


def _iso() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


async def _bare() -> None:
    ocpp.messages.ASYNC_VALIDATION = False

    async def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await Bare(connection.request.path if connection.request else "", connection).start()

    options: dict[str, Any] = {"subprotocols": [Subprotocol("ocpp1.6")], "compression": None, "ping_interval": None}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        _tell(next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


async def _without_storage() -> None:
    async with CentralSystem("127.0.0.1", 0, clock=WorldClock(time.time()), observe=lambda _: None) as central_system:
        _tell(central_system.port)
        await asyncio.Event().wait()


def _tell(port: int) -> None:
    print(f"ws://127.0.0.1:{port}/", flush=True)


SERVERS = {"without-storage": _without_storage, "bare": _bare}

if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(SERVERS[sys.argv[1]]())
