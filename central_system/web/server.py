"""The page's web server, in a thread and an event loop of its own: charge points never wait for a page."""

import asyncio
import contextlib
import logging
import socket
import threading
from concurrent.futures import Future
from typing import Self

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from central_system.parts import Parts
from central_system.ports import Bind, listening_socket
from central_system.web.app import application
from central_system.web.changes import Changes
from central_system.web.context import Context
from central_system.web.frame_reader import FrameReader
from central_system.web.same_origin import is_loopback

LOG = logging.getLogger(__name__)

READERS = 8
"""Threads that wait for the database."""

CONNECTIONS = 100

SILENCE_S = 15.0
"""Wall seconds after which a connection that asks nothing is closed; a browser opens another."""

PATIENCE_S = 1
"""Wall seconds that requests have to end in when the server ends."""


class WebServer:
    """Serves the operator's page on (host, port); port 0 lets the kernel choose, `port` then tells which.

    An asynchronous context manager, for the charge points' event loop, which it never blocks. `token` has to be shown
    by whoever asks; on an address that other machines reach it must be given.

    Raises:
        ValueError: `host` can be reached from elsewhere, and there is no token.
        PortUnavailableError: the port is taken or may not be bound.
    """

    def __init__(
        self, parts: Parts, host: str, port: int, *, token: str | None = None, bind: Bind = listening_socket
    ) -> None:
        if not token and not is_loopback(host):
            raise ValueError(f"other machines reach {host}: give a token, or serve the page on 127.0.0.1")
        self._socket = bind(socket.SOCK_STREAM, host, port)
        self.port: int = self._socket.getsockname()[1]
        frames = FrameReader(parts.frames)
        self._context = Context(parts, frames, Changes(parts, frames))
        self._server = _Server(
            uvicorn.Config(
                application(self._context, token=token, port=self.port),
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,  # a token is in an address
                proxy_headers=False,
                server_header=False,
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=PATIENCE_S,
            )
        )
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="ocpp-rig page", daemon=True)

    async def __aenter__(self) -> Self:
        self._stop_listening = self._context.parts.frames.listen(self._context.changes.poke)
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        try:
            await asyncio.shield(asyncio.wrap_future(self._server.serves))
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self._stop_listening()
        with contextlib.suppress(RuntimeError):  # its event loop has ended already
            self._loop.call_soon_threadsafe(self._end)
        await asyncio.to_thread(self._thread.join)

    def _end(self) -> None:
        self._context.changes.close()
        for operation in self._context.asking:
            operation.cancel()
        self._server.should_exit = True

    def _run(self) -> None:
        try:
            with self._socket, asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._server.serves.done():
                LOG.exception("the operator's page has ended; charge points are served on")
            else:
                self._server.serves.set_exception(error)

    async def _serve(self) -> None:
        current_default_thread_limiter().total_tokens = READERS
        await self._server.serve(sockets=[self._socket])


class _Protocol(H11Protocol):
    """At most so many connections, and none of them for nothing: each takes a descriptor that a charge point needs."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self.loop.call_later(SILENCE_S, self._look)

    def _look(self) -> None:
        """Let go who asks nothing; who waits for an answer, or follows what changes, may stay."""
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever its type says
        if cycle is None or cycle.response_complete:
            self.transport.close()
        else:
            self.loop.call_later(SILENCE_S, self._look)


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves: Future[None] = Future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serves.set_result(None)
