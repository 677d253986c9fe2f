"""The central system: OCPP 1.6-J on WebSocket behind its tap."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Self
from weakref import WeakValueDictionary

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from central_system.answers import Answers
from central_system.caller import Caller
from central_system.clock import WorldClock
from central_system.events import Observer
from central_system.impairments.connection import Directions
from central_system.impairments.standing import NO_IMPAIRMENTS, Impairments
from central_system.paths import identity_of
from central_system.ports import Bind, listening_socket
from central_system.registry.registry import Registry
from central_system.security.gate import Gate
from central_system.security.limits import Limits
from central_system.security.tls import Tls, server_context
from central_system.session import Session
from central_system.tap import BACKLOG, Tap

LOG = logging.getLogger(__name__)

SUBPROTOCOL = Subprotocol("ocpp1.6")
PASSWORD_S = 60.0
"""Wall seconds that a charge point may have to wait until its password is compared: 1,000 that come back at once."""


class CentralSystem:
    """Serves charge points on (host, port); port 0 lets the kernel choose, `port` then tells which.

    No keepalive pings (the firmware answers a ping without its payload, and a server that minds drops the link), no
    compression, compact JSON, one frame a write. An asynchronous context manager.

    Whom it lets in is the registry's to say; `tls` makes the port a TLS port (docs/security.md). A charge point that
    does not offer `ocpp1.6` is served unless `strict_subprotocol`: a check, not the server, condemns it.

    Raises:
        PortUnavailableError: the port is taken or may not be bound.
        TlsError: certificate or key cannot be used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        clock: WorldClock,
        observe: Observer,
        registry: Registry | None = None,
        limits: Limits | None = None,
        tls: Tls | None = None,
        strict_subprotocol: bool = False,
        bind: Bind = listening_socket,
    ) -> None:
        self.charge_points: dict[str, Session] = {}
        self.last_seen: dict[str, float] = {}
        """Of those that were connected, when their latest message came; seconds since 1970."""
        self._clock = clock
        self.registry = registry or Registry(now=clock.now)
        self._observe = observe
        self._limits = limits or Limits()
        self._strict_subprotocol = strict_subprotocol
        self._gate = Gate(self.registry)
        self._callers: WeakValueDictionary[bytes, Caller] = WeakValueDictionary()
        """By the name of the tap's end of the connection to the server."""
        self._inner = b""
        secure = server_context(tls) if tls else None
        self._tap = Tap(host, port, dial=self._dial, observe=observe, limits=self._limits, secure=secure, bind=bind)
        self.port = self._tap.port
        self.link = self._tap.link
        """What can be done to the connections on purpose: docs/impairments.md."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        # An abstract socket (unix(7)) between tap and server, with a name that the kernel chooses: no file, and it is
        # gone with the process.
        inner = socket.socket(socket.AF_UNIX)
        inner.bind("")
        self._inner = inner.getsockname()
        server = unix_serve(
            self._serve,
            sock=inner,
            backlog=BACKLOG,
            process_request=self._admit,
            select_subprotocol=self._choose,
            subprotocols=[SUBPROTOCOL],
            compression=None,
            ping_interval=None,
            open_timeout=self._limits.header_s + PASSWORD_S,
            close_timeout=0.1,
            max_size=self._limits.message_bytes,
        )
        self._stack.callback(self._gate.close)
        await self._stack.enter_async_context(server)
        await self._stack.enter_async_context(self._tap)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def impair(
        self, direction: Directions, impairments: Impairments = NO_IMPAIRMENTS, *, connection: int | None = None
    ) -> None:
        """Have these shape what passes from now on, as `Link.impair` does; in the event loop only."""
        self.link.impair(direction, impairments, connection=connection)

    async def _dial(self, caller: Caller) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The tap's way to the server, which will know by its name whose it is."""
        inner = socket.socket(socket.AF_UNIX)
        try:
            inner.setblocking(False)
            inner.bind("")
            await asyncio.get_running_loop().sock_connect(inner, self._inner)
            self._callers[inner.getsockname()] = caller
            return await asyncio.open_unix_connection(sock=inner)
        except BaseException:
            inner.close()
            raise

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        caller = self._callers.get(connection.remote_address)
        if caller is None or not _is_of_this_process(connection):
            LOG.warning("somebody on this machine went past the tap, to %r, and was refused", self._inner)
            return connection.respond(HTTPStatus.FORBIDDEN, "charge points connect to the tap\n")
        refusal = await self._gate.refusal(caller, request)
        if refusal is None:
            return None
        caller.why = refusal.why
        response = connection.respond(refusal.status, refusal.text)
        for name, value in refusal.headers:
            response.headers[name] = value
        return response

    @staticmethod
    def _choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return SUBPROTOCOL if SUBPROTOCOL in offered else None

    async def _serve(self, connection: ServerConnection) -> None:
        caller = self._callers.get(connection.remote_address)
        identity = identity_of(connection.request.path) if connection.request else None
        if caller is None or identity is None:
            return
        if self._strict_subprotocol and connection.subprotocol is None:
            # OCPP-J 1.6 §3.2: complete the handshake without the header, then close at once.
            caller.why = f"it does not offer the sub-protocol {SUBPROTOCOL}"
            await connection.close(CloseCode.PROTOCOL_ERROR, caller.why)
            return
        answers = Answers(identity, self.registry, self._clock)
        session = Session(identity, connection, answers, caller=caller, now=self._clock.now, observe=self._observe)
        old = self.charge_points.get(session.identity)
        self.charge_points[session.identity] = session
        try:
            if old:
                # After a reset the charge point never closes its old connection; the new one is the charge point now.
                await old.drop(f"{identity} connected again, by connection {caller.connection}")
            await session.serve()
        finally:
            self.last_seen[session.identity] = session.last_seen
            if self.charge_points.get(session.identity) is session:
                del self.charge_points[session.identity]


def _is_of_this_process(connection: ServerConnection) -> bool:
    """Whether the other end is the tap's: an abstract socket has no file whose rights would keep others away."""
    inner: socket.socket = connection.transport.get_extra_info("socket")
    pid, _, _ = struct.unpack("3i", inner.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(pid == os.getpid())
