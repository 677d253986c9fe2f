"""The wire tap: a TCP relay in front of the server that records every frame of both directions."""

import asyncio
import logging
import socket
import ssl
from itertools import count
from typing import Self

from central_system.caller import Caller
from central_system.events import Observer, TurnedAway
from central_system.impairments.link import Cut, Link
from central_system.impairments.sockets import deafen, hear_again, refuse
from central_system.ports import Bind, listening_socket
from central_system.relay import NO_ROOM, Dial, Relay
from central_system.security.limits import Limits

LOG = logging.getLogger(__name__)

BACKLOG = 4096
"""Connections that the kernel keeps until they are accepted (listen(2); it cuts this to net.core.somaxconn)."""
AT_ONCE = 100
"""Connections that are accepted before anybody who is connected is served again."""
AT_THE_DOOR = 50
"""Connections beyond the limit that are told so at the same time; further ones are closed without a word."""
RETRY_S = 1.0


class Tap:
    """Accepts charge points' connections on (host, port) and relays them to the server that `dial` reaches.

    TLS, with `secure`, ends here: what is recorded is what is in it. `link` is where all of it can be impaired.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        dial: Dial,
        observe: Observer,
        limits: Limits | None = None,
        secure: ssl.SSLContext | None = None,
        bind: Bind = listening_socket,
    ) -> None:
        self._socket = bind(socket.SOCK_STREAM, host, port)
        self.port: int = self._socket.getsockname()[1]
        self._dial = dial
        self._observe = observe
        self._limits = limits or Limits()
        self._secure = secure
        self._numbers = count(1)
        self._connections: set[asyncio.Task[None]] = set()
        self._at_the_door: set[asyncio.Task[None]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self.link = Link(observe, self)
        self._shut: Cut | None = None

    async def __aenter__(self) -> Self:
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.link.close()
        self._stop_listening()
        self._socket.close()
        connections = tuple(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def shut(self, how: Cut) -> None:
        """Let nobody in; how that looks is told at `Cut`.

        Raises:
            OSError: the kernel has no socket filters, which `silent` needs, or has given away the port (`refused`).
        """
        self._stop_listening()
        if how == "silent":
            try:
                deafen(self._socket)
            except OSError:
                self._listen()
                raise
        elif how == "refused":
            refuse(self._socket)
        self._shut = how

    def reopen(self) -> None:
        """Let them in again."""
        if self._shut == "silent":
            hear_again(self._socket)
        elif self._shut == "refused":
            self._socket.listen(BACKLOG)
        self._shut = None
        self._listen()

    def _stop_listening(self) -> None:
        if self._retry:
            self._retry.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                device, (host, port, *_) = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Mostly too many open files (accept(2)): whoever leaves makes room.
                LOG.error("no connection can be accepted for %g s: %s", RETRY_S, error)  # noqa: TRY400
                self._stop_listening()
                self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._listen)
                return
            self._begin(device, Caller(next(self._numbers), f"{host}:{port}"))

    def _begin(self, device: socket.socket, caller: Caller) -> None:
        device.setblocking(False)
        most = self._limits.connections
        has_room = most is None or len(self._connections) - len(self._at_the_door) < most
        if not has_room and len(self._at_the_door) >= AT_THE_DOOR:
            device.close()
            self._observe(TurnedAway(caller.connection, None, caller.peer, None, NO_ROOM))
            return
        dial = self._dial if has_room else None
        relay = Relay(
            caller, dial=dial, observe=self._observe, limits=self._limits, secure=self._secure, link=self.link
        )
        task = asyncio.create_task(relay.run(device))
        for group in (self._connections,) if has_room else (self._connections, self._at_the_door):
            group.add(task)
            task.add_done_callback(group.discard)
        # One that is cancelled before it began has closed nothing.
        task.add_done_callback(lambda done: _ended(done, device))


def _ended(task: asyncio.Task[None], device: socket.socket) -> None:
    device.close()
    if not task.cancelled() and (error := task.exception()):
        LOG.error("a connection ended by an error of the tap", exc_info=error)
