"""Decode one direction of a WebSocket connection from its raw bytes, below any OCPP library (RFC 6455)."""

from collections.abc import Generator
from dataclasses import dataclass

from websockets.exceptions import WebSocketException
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.streams import StreamReader

MAX_FRAME = 1 << 20
"""Bytes; a longer frame is not decoded but passed on as it is."""


@dataclass(frozen=True, slots=True)
class Undecoded:
    """Bytes that are not WebSocket, and why the decoder thinks so."""

    why: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One whole thing on the wire, an upgrade or a frame, with the very bytes it was made of."""

    what: Request | Response | Frame | Undecoded
    raw: bytes


class WireDecoder:
    """Feed it bytes in any cut; it gives whole units, each with its own bytes, so that nothing is lost or joined.

    After something it cannot decode, every further chunk is a unit of its own: a passive observer never stops.
    """

    def __init__(self, *, from_charge_point: bool) -> None:
        self._masked = from_charge_point
        self._reader = StreamReader()
        self._pending = bytearray()
        self._units: list[Unit] = []
        self._lost = False
        self._parser = self._parse()
        next(self._parser)

    def feed(self, data: bytes) -> list[Unit]:
        """Take the next bytes; return the units that they complete."""
        if self._lost:
            return [Unit(Undecoded("after bytes that could not be decoded"), data)]
        self._pending += data
        self._reader.feed_data(data)
        try:
            next(self._parser)
        except (WebSocketException, ValueError, EOFError, StopIteration, NotImplementedError) as error:
            self._lost = True
            self._units.append(Unit(Undecoded(str(error) or type(error).__name__), self._take(len(self._pending))))
        units, self._units = self._units, []
        return units

    @property
    def pending(self) -> int:
        """How many bytes of a unit that has not ended yet are here."""
        return len(self._pending)

    def rest(self) -> bytes:
        """The bytes of a unit that has not ended yet (take them when the connection closes)."""
        return self._take(len(self._pending))

    def _parse(self) -> Generator[None, None, None]:
        yield
        reader = self._reader
        if self._masked:
            self._done((yield from Request.parse(reader.read_line)))
        else:
            self._done((yield from Response.parse(reader.read_line, reader.read_exact, reader.read_to_eof)))
        while True:
            self._done((yield from Frame.parse(reader.read_exact, mask=self._masked, max_size=MAX_FRAME)))

    def _done(self, what: Request | Response | Frame) -> None:
        self._units.append(Unit(what, self._take(len(self._pending) - len(self._reader.buffer))))

    def _take(self, length: int) -> bytes:
        raw = bytes(self._pending[:length])
        del self._pending[:length]
        return raw


def payload_of(frame: Frame) -> tuple[str | None, str | None]:
    """A frame's payload as (text, None), or (None, hex) where it is not UTF-8 text."""
    if frame.opcode in DATA_OPCODES and frame.opcode is not Opcode.BINARY:
        try:
            return bytes(frame.data).decode(), None
        except UnicodeDecodeError:
            pass
    return None, bytes(frame.data).hex()
