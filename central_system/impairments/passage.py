"""One direction of one connection, from when it is first impaired."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property

from central_system.events import Direction
from central_system.impairments.line import Line
from central_system.impairments.portion import Portion
from central_system.impairments.selection import Actions
from central_system.impairments.shaper import Shaper
from central_system.impairments.standing import NO_IMPAIRMENTS, Impairments
from central_system.wire import Undecoded, Unit, WireDecoder
from central_system.witness import CUT_SHORT, Witness

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
"""Tells a decoder that frames follow."""


class Passage:
    """Takes what `sender` says, and gives it on as the impairments of this direction want it.

    What passes before it `is_shaped` goes a shorter way; from then on everything is taken by whole units.

    What is seen of the charge point is what came. What is seen of the central system is what leaves, decoded as the
    charge point has to.
    """

    def __init__(
        self,
        sender: Direction,
        *,
        witness: Witness,
        actions: Actions,
        is_up: Callable[[], Awaitable[object]],
        ended: Callable[[BaseException], None],
    ) -> None:
        self.writer: asyncio.StreamWriter | None = None
        self.is_shaped = False
        self.is_over = False
        """Its sender has said its last."""
        self._sender = sender
        self._witness = witness
        self._actions = actions
        self._is_up = is_up
        self._loop = asyncio.get_running_loop()
        self._ended = ended
        self._begun = 0
        """Bytes of the present unit that went the shorter way."""
        self._next: list[Portion] = []
        """They leave when that unit has."""
        self._seen: WireDecoder | None = None
        self._is_seen = True
        """Nothing since the last portion began that could not be decoded."""
        self.is_half_closed = False
        self._drain: Callable[[], Awaitable[None]]

    def open(self, writer: asyncio.StreamWriter, drain: Callable[[], Awaitable[None]]) -> None:
        """There is somebody to give it to; `drain` waits until they take it."""
        self.writer, self._drain = writer, drain

    def impair(self, impairments: Impairments) -> None:
        """From the next unit on, these."""
        if not self.is_shaped and impairments == NO_IMPAIRMENTS:
            return
        self.shape()
        self._shaper.flush()
        self._shaper = self._shaper_for(impairments)
        self._changed.set()

    def shape(self) -> None:
        """Take every unit from now on."""
        if not self.is_shaped and self._sender == "CS>":
            self._seen = self._decoder()
        self.is_shaped = True

    async def pass_on(self, chunk: bytes, units: Sequence[Unit], begun: int) -> None:
        """Take a chunk that made these units whole, and has `begun` bytes of another; impaired or the shorter way."""
        if self.is_shaped:
            await self.take(units)
        elif self.writer:
            self.writer.write(chunk)
            self._begun = begun
            await self._drain()

    async def take(self, units: Sequence[Unit]) -> None:
        """Take what has come; waits while there is much under way."""
        for unit in units:
            action = self._actions.of(self._sender, unit)
            if self._begun:
                self._go_on(unit.raw, unit)
            elif self.is_half_closed:
                self._tell(unit, "half-close", sent=b"", for_s=None)
            else:
                self._shaper.take(unit, action)
            await self._line.room()

    async def finish(self, rest: bytes = b"") -> None:
        """There is no more to come than this `rest` of a unit; waits until all has left, and its end may be seen."""
        self.is_over = True
        if not self.is_shaped:
            return
        if rest[self._begun :]:
            self._go_on(rest)
        self._shaper.flush()
        await self._line.empty()
        if self._shaper.impairments.black_hole:
            self._witness.impaired(self._sender, "shaped", "black-hole")
        while self._shaper.impairments.black_hole:
            self._changed.clear()
            await self._changed.wait()
        await self._is_up()

    def inject(self, unit: Unit) -> None:
        """Send this behind what is under way; nothing shapes it."""
        self.shape()
        self._add(self._portion(unit.raw, unit))

    def half_close(self) -> None:
        """Behind what is under way, have the receiver see the end; whatever comes later goes no further."""
        self.shape()
        self.is_half_closed = True
        self._add(Portion((), self._loop.time(), is_end=True))

    def say(self, unit: Unit, writer: asyncio.StreamWriter) -> None:
        """Send this at once: the relay's last word, when nothing is under way any more."""
        if self.is_half_closed:
            return
        if self._seen:
            self._show(unit.raw, is_first=True)
        else:
            self._witness.see(self._sender, unit)
        writer.write(unit.raw)

    async def close(self) -> None:
        """It is over; what has not left never will, and that is told."""
        if not self.is_shaped:
            return
        self._shaper.flush()
        for portion in await self._line.close():
            for unit in portion.units:
                self._witness.impaired(self._sender, "lost", "", unit)
        if self._seen and (rest := self._seen.rest()):
            self._witness.see_undecoded(self._sender, rest, CUT_SHORT)

    # Most connections are never impaired, and are spared these.

    @cached_property
    def _line(self) -> Line:
        return Line(emit=self._emit, end=self._write_end, ended=self._ended)

    @cached_property
    def _shaper(self) -> Shaper:
        return self._shaper_for(NO_IMPAIRMENTS)

    @cached_property
    def _changed(self) -> asyncio.Event:
        return asyncio.Event()

    def _shaper_for(self, impairments: Impairments) -> Shaper:
        return Shaper(impairments, mask=self._sender == "CP>", put=self._line.put, tell=self._tell)

    def _tell(self, unit: Unit, what: str, *, sent: bytes | None, for_s: float | None) -> None:
        self._witness.impaired(self._sender, "shaped", what, unit, sent=sent, for_s=for_s)

    def _portion(self, raw: bytes, *units: Unit) -> Portion:
        return Portion((raw,), self._loop.time(), units)

    def _go_on(self, raw: bytes, *units: Unit) -> None:
        """The rest of what had begun to pass on the shorter way, and what waits for it."""
        self._line.put(self._portion(raw[self._begun :], *units))
        self._begun = 0
        for portion in self._next:
            self._line.put(portion)
        self._next.clear()

    def _add(self, portion: Portion) -> None:
        if self._begun:
            self._next.append(portion)
        else:
            self._shaper.flush()
            self._line.put(portion)

    async def _emit(self, piece: bytes, is_first: bool) -> None:
        await self._is_up()
        self._show(piece, is_first=is_first)
        if self.writer:
            self.writer.write(piece)
            await self._drain()

    def _show(self, piece: bytes, *, is_first: bool) -> None:
        if not self._seen:
            return
        if is_first and not self._is_seen:
            # What the receiver makes of it nobody knows; what follows is seen again.
            self._seen, self._is_seen = self._decoder(), True
        for unit in self._seen.feed(piece):
            self._is_seen = self._is_seen and not isinstance(unit.what, Undecoded)
            self._witness.see(self._sender, unit)

    def _decoder(self) -> WireDecoder:
        decoder = WireDecoder(from_charge_point=False)
        if self._witness.is_open:
            decoder.feed(SWITCHED)
        return decoder

    async def _write_end(self) -> None:
        await self._is_up()
        if self.writer:
            self.writer.write_eof()
