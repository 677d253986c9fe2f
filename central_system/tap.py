"""The wire tap: a TCP relay in front of the server that records every frame of both directions."""

import asyncio
import contextlib
import socket
from asyncio.trsock import TransportSocket
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Self

from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Request, Response

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Direction,
    Frame,
    Observer,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
)
from central_system.ports import Bind, listening_socket
from central_system.wire import Undecoded, Unit, WireDecoder, payload_of

CHUNK = 65536

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def acknowledge_at_once(device: TransportSocket) -> None:
    """Have the kernel acknowledge the next segment without delay (tcp(7): the option holds for a while only).

    The firmware sends a second message while the first awaits its acknowledgement (Nagle, RFC 896). Linux delays one by
    40 ms (RFC 1122 §4.2.3.2), which at 20 times real time is longer than the firmware waits for its answer.
    """
    device.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class Tap:
    """Relays charge points' connections on (host, port) to the server that `dial` reaches, and observes them.

    The charge point's bytes go on as they come. The central system's go on frame by frame, one write each, for the
    firmware answers the second of two frames in one TCP segment only when a third arrives (finding 8).
    """

    def __init__(self, host: str, port: int, *, dial: Dial, observe: Observer, bind: Bind = listening_socket) -> None:
        self._socket = bind(socket.SOCK_STREAM, host, port)
        self.port: int = self._socket.getsockname()[1]
        self._dial = dial
        self._observe = observe
        self._numbers = count(1)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, sock=self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        number = next(self._numbers)
        host, port = writer.get_extra_info("peername")[:2]
        self._observe(ConnectionOpened(number, f"{host}:{port}"))
        server_writer: asyncio.StreamWriter | None = None
        closed_by: Direction = "CS>"
        try:
            server_reader, server_writer = await self._dial()
            device = writer.get_extra_info("socket")
            # Each frame leaves when it is written, whether or not the last one is acknowledged (Nagle, RFC 896).
            device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            acknowledge_at_once(device)
            upstream = asyncio.create_task(self._pump(number, "CP>", reader, server_writer, device))
            downstream = asyncio.create_task(self._pump(number, "CS>", server_reader, writer))
            try:
                done, _ = await asyncio.wait({upstream, downstream}, return_when=asyncio.FIRST_COMPLETED)
                closed_by = "CP>" if upstream in done else "CS>"
            finally:
                upstream.cancel()
                downstream.cancel()
                await asyncio.gather(upstream, downstream, return_exceptions=True)
        except asyncio.CancelledError:
            # The run is over and this task has nobody above it; ending quietly is what its canceller waits for.
            return
        finally:
            self._observe(ConnectionClosed(number, closed_by))
            for each in (writer, server_writer):
                if each is not None:
                    each.close()

    async def _pump(
        self,
        number: int,
        sender: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        device: TransportSocket | None = None,
    ) -> None:
        """Pass on what one side sends until it closes; a reset counts as closing. `device`: its socket, to be acked."""
        decoder = WireDecoder(from_charge_point=sender == "CP>")
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if device:
                    acknowledge_at_once(device)
                units = decoder.feed(chunk)
                for unit in units:
                    self._report(number, sender, unit)
                    if sender == "CS>":
                        writer.write(unit.raw)
                if sender == "CP>":
                    writer.write(chunk)
                await writer.drain()
            if rest := decoder.rest():
                self._observe(Undecodable(number, sender, rest.hex(), "the connection closed within it"))
                if sender == "CS>":
                    writer.write(rest)

    def _report(self, number: int, sender: Direction, unit: Unit) -> None:
        match unit.what:
            case Request(path=path, headers=headers):
                offered = headers.get("Sec-WebSocket-Protocol", "")
                protocols = tuple(part.strip() for part in offered.split(",") if part.strip())
                self._observe(Upgrade(number, path, protocols, dict(headers.raw_items())))
            case Response(status_code=status, headers=headers):
                self._observe(UpgradeAnswer(number, status, headers.get("Sec-WebSocket-Protocol")))
            case WebSocketFrame() as frame:
                text, data = payload_of(frame)
                self._observe(Frame(number, sender, frame.opcode.name.lower(), text, data, frame.fin))
            case Undecoded(why=why):
                self._observe(Undecodable(number, sender, unit.raw.hex(), why))
