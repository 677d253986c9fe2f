"""The central system: OCPP 1.6-J on WebSocket behind its tap."""

import asyncio
import http
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Self

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from central_system.answers import Answers
from central_system.clock import WorldClock
from central_system.events import Observer
from central_system.paths import identity_of
from central_system.ports import Bind, listening_socket
from central_system.registry.registry import Registry
from central_system.session import Session
from central_system.tap import Tap

SUBPROTOCOL = Subprotocol("ocpp1.6")

_servers = count(1)


class CentralSystem:
    """Serves charge points on (host, port); port 0 lets the kernel choose, `port` then tells which.

    No keepalive pings (the firmware answers a ping without its payload, and a server that minds drops the link), no
    compression, compact JSON, one frame a write. An asynchronous context manager.

    Raises:
        PortUnavailableError: the port is taken or may not be bound.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        clock: WorldClock,
        observe: Observer,
        registry: Registry | None = None,
        bind: Bind = listening_socket,
    ) -> None:
        self.charge_points: dict[str, Session] = {}
        self._clock = clock
        self.registry = registry or Registry(now=clock.now)
        self._observe = observe
        # An abstract socket (unix(7)) between tap and server: no file, and it is gone with the process.
        self._inner = f"\0ocpp-rig-{os.getpid()}-{next(_servers)}"
        self._tap = Tap(host, port, dial=lambda: asyncio.open_unix_connection(self._inner), observe=observe, bind=bind)
        self.port = self._tap.port
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        server = unix_serve(
            self._serve,
            self._inner,
            process_request=self._admit,
            select_subprotocol=self._choose,
            subprotocols=[SUBPROTOCOL],
            compression=None,
            ping_interval=None,
            close_timeout=0.1,
            max_size=1 << 20,
        )
        await self._stack.enter_async_context(server)
        await self._stack.enter_async_context(self._tap)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        identity = identity_of(request.path)
        if identity and self.registry.admits(identity):
            return None
        return connection.respond(http.HTTPStatus.NOT_FOUND, f"no charge point is served at {request.path}\n")

    @staticmethod
    def _choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """A charge point that offers no `ocpp1.6` is served all the same: a check, not the server, condemns it."""
        return SUBPROTOCOL if SUBPROTOCOL in offered else None

    async def _serve(self, connection: ServerConnection) -> None:
        identity = identity_of(connection.request.path) if connection.request else None
        if not identity:
            return
        answers = Answers(identity, self.registry, self._clock)
        session = Session(identity, connection, answers, peer="", now=self._clock.now, observe=self._observe)
        old = self.charge_points.get(session.identity)
        self.charge_points[session.identity] = session
        if old:
            # After a reset the charge point never closes its old connection; the new one is the charge point now.
            await old.drop()
        try:
            await session.serve()
        finally:
            if self.charge_points.get(session.identity) is session:
                del self.charge_points[session.identity]
