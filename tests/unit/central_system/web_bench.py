"""A central system on loopback with a storage of its own, and the page's API over it."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.frame_log import FrameLog
from central_system.parts import Parts
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.server import CentralSystem
from central_system.sntp import SntpResponder
from central_system.storage.storage import Storage
from central_system.web.app import application
from central_system.web.changes import Changes
from central_system.web.context import Context
from central_system.web.frame_reader import FrameReader

NOW = 1_795_343_248.0
WITHIN_S = 20.0
Payload = dict[str, Any]


@dataclass(frozen=True)
class ChargePoint:
    """A charge point that is connected."""

    connection: ClientConnection

    async def asks(self, action: str, payload: Payload, uid: str = "1") -> Payload:
        """Send a CALL; the payload of its CALLRESULT."""
        await self.connection.send(json.dumps([2, uid, action, payload]))
        kind, _, answer = json.loads(await self.connection.recv())
        assert kind == 3
        return dict(answer)

    async def answers(self, payload: object) -> tuple[str, Payload]:
        """Wait for a CALL and send its CALLRESULT; what was asked, action and payload."""
        kind, uid, action, asked = json.loads(await self.connection.recv())
        assert kind == 2
        await self.connection.send(json.dumps([3, uid, payload]))
        return action, asked


@dataclass(frozen=True)
class Web:
    """The parts of a central system, and somebody who asks its API."""

    parts: Parts
    client: httpx.AsyncClient

    @contextlib.asynccontextmanager
    async def charge_point(self, identity: str = "zephyr") -> AsyncIterator[ChargePoint]:
        """A charge point that connects, and is connected."""
        uri = f"ws://127.0.0.1:{self.parts.central_system.port}/{identity}"
        async with connect(uri, subprotocols=[Subprotocol("ocpp1.6")], compression=None, close_timeout=1) as connection:
            charge_point = ChargePoint(connection)
            await charge_point.asks("Heartbeat", {}, uid="first")
            yield charge_point

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401  (any JSON)
        """The JSON of a GET that is granted."""
        response = await self.client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()


Scenario = Callable[[Web], Awaitable[None]]


def at_the_page(scenario: Scenario, *, rules: Rules | None = None, token: str | None = None, sntp: bool = True) -> None:
    """Run a scenario in the charge points' event loop; the API is asked without a network."""

    async def run() -> None:
        async with asyncio.timeout(WITHIN_S), running_parts(rules, sntp=sntp) as parts:
            frames = FrameReader(parts.frames)
            app = application(Context(parts, frames, Changes(parts, frames)), token=token, port=8080)
            # What the application raises is for its log; the client gets an answer, as from uvicorn.
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                await scenario(Web(parts, client))

    asyncio.run(run())


@contextlib.asynccontextmanager
async def running_parts(rules: Rules | None = None, *, sntp: bool = False) -> AsyncIterator[Parts]:
    """What the page works with."""
    clock = WorldClock(NOW)
    with tempfile.TemporaryDirectory() as folder, Storage.open(f"sqlite:///{Path(folder) / 'rig.db'}") as storage:
        registry = Registry(rules, now=clock.now, keep=storage.keep, state=storage.load())
        frames = FrameLog(clock.now)
        async with contextlib.AsyncExitStack() as stack:
            central_system = await stack.enter_async_context(
                CentralSystem("127.0.0.1", 0, clock=clock, observe=frames, registry=registry)
            )
            responder = SntpResponder("127.0.0.1", 0, now=clock.now, observe=frames) if sntp else None
            if responder:
                await stack.enter_async_context(responder)
            loop = asyncio.get_running_loop()
            yield Parts(loop, clock, registry, central_system, frames, storage, responder, clock.now())
