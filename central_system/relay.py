"""One charge point's connection at the tap: what it says goes to the server, what that says comes back."""

import asyncio
import contextlib
import socket
import ssl
from asyncio.trsock import TransportSocket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from websockets.frames import Close, CloseCode, Opcode
from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Request, Response

from central_system.caller import Caller
from central_system.events import Direction, Observer
from central_system.impairments.connection import Connection
from central_system.impairments.link import Link
from central_system.limit_reached import LimitReachedError, response
from central_system.security.limits import Bucket, Limits
from central_system.security.tls import ALERTS_TO, handshake_problem, names_of
from central_system.socket_options import acknowledge_at_once, keep_alive
from central_system.wire import Unit, WireDecoder
from central_system.witness import CUT_SHORT, Witness

CHUNK = 65536
FAREWELL_S = 1.0
"""Wall seconds that the other side has to take its leave."""
NO_ROOM = "there are as many connections as may be"

Dial = Callable[[Caller], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Gets a connection to the server for a caller, and lets the server know whose it is; raises OSError."""


class Relay:
    """Relays one connection to the server that `dial` reaches, within its limits, and has it witnessed.

    The charge point's bytes go on as they come. The central system's go on frame by frame, one write each, for the
    firmware answers the second of two frames in one TCP segment only when a third arrives (finding 8).

    Without `dial` there is no room for the charge point, and that is all it is told. `link` says what is done to either
    direction on purpose; where nothing was yet, what passes does not go that way at all.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        dial: Dial | None,
        observe: Observer,
        limits: Limits,
        secure: ssl.SSLContext | None,
        link: Link | None = None,
    ) -> None:
        self._caller = caller
        self._witness = Witness(caller, observe)
        self._dial = dial
        self._limits = limits
        self._secure = secure
        self._loop = asyncio.get_running_loop()
        rate, now = limits.messages_per_s, self._loop.time()
        self._bucket = Bucket(rate, limits.message_burst, now) if rate else None
        self._bytes = Bucket(limits.bytes_per_s, limits.bytes_burst, now) if limits.bytes_per_s else None
        self._header_time = asyncio.timeout(limits.header_s)
        self._request_bytes = 0
        self._link = link or Link(observe)
        self._connection = Connection(caller.connection, self._witness, self._link.cable)
        self._streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def run(self, device: socket.socket) -> None:
        """Relay what comes at this socket until one side closes or a limit is reached; then close it."""
        self._witness.begin()
        self._connection.device = device
        self._link.joined(self._connection)
        closed_by: Direction = "CS>"
        try:
            closed_by = await self._within_limits(device)
        except asyncio.CancelledError:
            # The run is over and this task has nobody above it; ending quietly is what its canceller waits for.
            return
        finally:
            self._link.left(self._connection)
            await self._connection.closed()
            self._witness.end(closed_by)
            await _close([writer for _, writer in self._streams])

    async def _within_limits(self, device: socket.socket) -> Direction:
        """Relay; who closed: the central system, where it turned the charge point away."""
        closed_by: Direction = "CS>"
        try:
            async with self._header_time:
                closed_by = await self._relay(device)
        except LimitReachedError as limit:
            await self._link.up()
            self._end(limit)
        except TimeoutError:
            await self._link.up()
            self._witness.turn_away(None, f"no whole request came within {self._limits.header_s:g} s")
        if not self._witness.turned_away:
            left = closed_by == "CS>" and not self._connection.over.done()
            given_up = left and self._witness.has_asked and not self._witness.is_open
            why = self._caller.why or ("the central system gave it no answer in time" if given_up else "")
            if not why:
                return closed_by
            self._witness.turn_away(None, why)
        await self._let_it_read()
        return "CS>"

    async def _relay(self, device: socket.socket) -> Direction:
        if self._dial is None and self._secure:
            raise LimitReachedError(NO_ROOM)
        reader, writer = await self._accept(device)
        server_reader, server_writer = await self._reach_server()
        upstream = asyncio.create_task(self.from_charge_point(reader, server_writer, writer))
        downstream = asyncio.create_task(self.from_server(server_reader, writer))
        try:
            awaited: set[asyncio.Future[Any]] = {upstream, downstream, self._connection.over}
            done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            upstream.cancel()
            downstream.cancel()
            await asyncio.gather(upstream, downstream, return_exceptions=True)
        for ended in done:
            ended.result()
        if self._connection.over in done:
            return self._connection.over.result()
        return "CP>" if upstream in done or self._connection.from_charge_point.is_over else "CS>"

    async def _accept(self, device: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        # `_header_time` ends a handshake that takes too long; asyncio's own limit only has to be a later one.
        times = {"ssl_handshake_timeout": self._limits.header_s + 1, "ssl_shutdown_timeout": FAREWELL_S}
        if self._secure:
            ALERTS_TO.set(device)
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol, device, ssl=self._secure, **(times if self._secure else {})
            )
        except OSError as error:
            raise LimitReachedError(handshake_problem(error)) from error
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        self._streams.append((reader, writer))
        if self._secure and self._secure.verify_mode is ssl.CERT_REQUIRED:
            self._caller.names = names_of(transport.get_extra_info("peercert"))
        with contextlib.suppress(OSError):
            # Each frame leaves when it is written, whether or not the last one is acknowledged (Nagle, RFC 896).
            connected: TransportSocket = writer.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(connected)
            acknowledge_at_once(connected)
        return reader, writer

    async def _reach_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        no_room = response(HTTPStatus.SERVICE_UNAVAILABLE, NO_ROOM)
        if self._dial is None:
            raise LimitReachedError(NO_ROOM, no_room)
        try:
            streams = await self._dial(self._caller)
        except OSError as error:
            raise LimitReachedError(f"the tap cannot reach its server: {error}", no_room) from error
        self._streams.append(streams)
        return streams

    async def from_charge_point(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on what the charge point sends until it closes; a reset counts as closing.

        What it sends behind its request waits until that is answered (RFC 6455 §4.1): of bytes that are no frames, and
        of a request that it refuses, the server would make one error, and answer neither.

        Raises:
            LimitReachedError: it sends too much, or too little; or it does not read.
        """
        decoder = WireDecoder(from_charge_point=True)
        device = writer.get_extra_info("socket")
        passage, rest = self._connection.open("CP>", server, server.drain), b""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                acknowledge_at_once(device)
                await self._link.up()
                if self._bytes and not self._bytes.take(self._loop.time(), len(chunk)):
                    raise self._broken(f"it sends more than {self._limits.bytes_per_s:g} bytes a second")
                passed, request = -decoder.pending, 0
                units = decoder.feed(chunk)
                for number, unit in enumerate(units):
                    try:
                        self._count(unit)
                    except LimitReachedError:
                        # What is told of was passed on; what comes after it is neither.
                        await passage.pass_on(chunk[: max(0, passed)], units[:number], 0)
                        raise
                    self._witness.see("CP>", unit)
                    passed += len(unit.raw)
                    if isinstance(unit.what, Request):
                        request = passed
                if not self._witness.has_asked:
                    self._measure(len(chunk))
                if 0 < request < len(chunk):
                    await passage.pass_on(chunk[:request], units[:1], 0)
                    # Where the request is refused, the server's end of the connection ends this.
                    await self._witness.opened.wait()
                    chunk, units = chunk[request:], units[1:]
                await passage.pass_on(chunk, units, decoder.pending)
                # Who does not read what it is told is not read either: so nothing piles up, here or in the server.
                await self._drained(writer)
            if rest := decoder.rest():
                self._witness.see_undecoded("CP>", rest, CUT_SHORT)
        await passage.finish(rest)

    async def from_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what the central system sends until it closes.

        Raises:
            LimitReachedError: the charge point does not read.
        """
        decoder = WireDecoder(from_charge_point=False)
        passage = self._connection.open("CS>", writer, lambda: self._drained(writer))
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._link.up()
                units = decoder.feed(chunk)
                if passage.is_shaped:
                    await passage.take(units)
                else:
                    for unit in units:
                        self._witness.see("CS>", unit)
                        writer.write(unit.raw)
                await self._drained(writer)
        rest = decoder.rest()
        if rest and not passage.is_shaped:
            self._witness.see_undecoded("CS>", rest, CUT_SHORT)
            with contextlib.suppress(OSError):
                writer.write(rest)
        await passage.finish(rest)

    async def _drained(self, writer: asyncio.StreamWriter) -> None:
        if not writer.transport.get_write_buffer_size():
            return
        unread_s = self._limits.unread_s
        try:
            async with asyncio.timeout(unread_s) as time:
                await writer.drain()
        except TimeoutError as error:
            if time.expired():
                raise LimitReachedError(f"it has not read what it is told for {unread_s:g} s") from error
            raise

    def _count(self, unit: Unit) -> None:
        if isinstance(unit.what, Request):
            # Its time is over before its size is known to be right; whichever comes first ends it.
            if not self._header_time.expired():
                self._header_time.reschedule(None)
            self._request_bytes = 0
            self._measure(len(unit.raw))
        elif self._bucket and not self._bucket.take(self._loop.time()):
            raise self._broken(f"it sends more than {self._limits.messages_per_s:g} messages a second")

    def _measure(self, more: int) -> None:
        """Add to the size of the upgrade request."""
        self._request_bytes += more
        if self._request_bytes > self._limits.header_bytes:
            why = f"its request is longer than {self._limits.header_bytes} bytes"
            raise LimitReachedError(why, response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why))

    def _broken(self, why: str) -> LimitReachedError:
        """A limit of an open WebSocket is (RFC 6455 §7.4.1, 1008)."""
        close = WebSocketFrame(Opcode.CLOSE, Close(CloseCode.POLICY_VIOLATION, why).serialize())
        return LimitReachedError(why, close if self._witness.is_open else None)

    def _end(self, limit: LimitReachedError) -> None:
        """Tell why, the charge point too, where it can be told."""
        self._caller.why = limit.why
        match limit.answer:
            case None:
                self._witness.turn_away(None, limit.why)
                return
            case Response() as response:
                unit = Unit(response, response.serialize())
            case frame:
                unit = Unit(frame, frame.serialize(mask=False))
        self._connection.from_server.say(unit, self._streams[0][1])

    async def _let_it_read(self) -> None:
        """Let the charge point read why it is turned away: a reset would take that from it (RFC 9112 §9.6)."""
        told = self._witness.turned_away
        if not self._streams or not told or told.status is None:
            return
        reader, writer = self._streams[0]
        if not writer.can_write_eof():
            return  # under TLS `close` waits for the other side by itself
        with contextlib.suppress(OSError):
            writer.write_eof()
            async with asyncio.timeout(FAREWELL_S):
                while await reader.read(CHUNK):
                    pass


async def _close(writers: Sequence[asyncio.StreamWriter]) -> None:
    """Close, and wait a while until what is to be sent yet is sent."""
    for writer in writers:
        writer.close()
    try:
        async with asyncio.timeout(FAREWELL_S):
            await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
    except TimeoutError:
        pass
    finally:
        for writer in writers:
            writer.transport.abort()
