"""Tells the page what has changed, so that it need not ask again and again (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from central_system.events import Frame, TurnedAway
from central_system.parts import Parts
from central_system.web.frame_reader import FrameReader, Read

Name = Literal["status", "charge-points", "transactions", "meters", "frames", "tags", "refused", "operated"]

GAP_S = 0.2
"""Between two looks: five a second tell enough."""

IDLE_S = 5.0
"""Then it looks although nobody said that there is something new: a database can fail without a frame."""

METERED = frozenset({"MeterValues", "StopTransaction"})


@dataclass(frozen=True, slots=True)
class Glance:
    """What is true at a moment, for comparing: frozen records, which are the same until they change."""

    charge_points: tuple[Any, ...]
    transactions: tuple[Any, ...]
    tags: tuple[Any, ...]
    status: tuple[Any, ...]

    @classmethod
    def at(cls, parts: Parts) -> "Glance":
        """Now; from any thread, for each copy is one step under the interpreter's lock."""
        registry, connected = parts.registry, parts.central_system.charge_points
        records = tuple(registry.charge_points.values()), tuple(registry.connectors.values())
        running = tuple(registry.transactions.values())
        status = len(connected), len(running), str(parts.sntp and parts.sntp.faults), parts.storage.problem
        return cls((*records, running, tuple(connected.values())), running, tuple(registry.tags.values()), status)

    def names(self, before: "Glance") -> set[Name]:
        """What has changed since `before`."""
        pairs: tuple[tuple[Name, object, object], ...] = (
            ("charge-points", self.charge_points, before.charge_points),
            ("transactions", self.transactions, before.transactions),
            ("tags", self.tags, before.tags),
            ("status", self.status, before.status),
        )
        return {name for name, now, then in pairs if now != then}


@dataclass(eq=False, slots=True)
class _Stream:
    """Somebody who listens, and what is to be told to him."""

    names: set[Name] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Changes:
    """Looks what has changed, at most every `GAP_S`, and only while somebody listens.

    `poke` may be called from any thread and costs the charge points' event loop next to nothing: it leaves a mark, and
    only who finds none wakes the page's event loop. Everything else runs in that loop.
    """

    def __init__(self, parts: Parts, frames: FrameReader) -> None:
        self._parts = parts
        self._frames = frames
        self._streams: set[_Stream] = set()
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle
        self._is_poked = True  # as long as nobody listens
        self._is_closed = False
        self._told: set[Name] = set()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._streams)

    def poke(self) -> None:
        """There may be something new."""
        if not self._is_poked:
            self._is_poked = True
            self._loop.call_soon_threadsafe(self._look_soon)

    def tell(self, name: Name) -> None:
        """This has changed; for what leaves no trace where `Glance` and the frames are looked at."""
        if self._streams:
            self._told.add(name)
            self.poke()

    async def follow(self) -> AsyncIterator[list[Name]]:
        """What has changed, each time that something has, until it is closed."""
        stream = _Stream()
        if not self._streams:
            self._begin()
        self._streams.add(stream)
        try:
            while not self._is_closed:
                await stream.woken.wait()
                stream.woken.clear()
                names, stream.names = stream.names, set()
                if names:
                    yield [name for name in get_args(Name) if name in names]
        finally:
            self._streams.discard(stream)
            if not self._streams:
                self._is_poked = True
                self._timer.cancel()

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        for stream in self._streams:
            stream.woken.set()

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._before = Glance.at(self._parts)
        self._looked_at = self._loop.time()
        self._frames.newest_first()
        self._seen = self._frames.last
        self._told.clear()
        self._is_poked = False
        self._timer = self._loop.call_later(IDLE_S, self._look)

    def _look_soon(self) -> None:
        if self._streams:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._looked_at + GAP_S, self._look)

    def _look(self) -> None:
        self._looked_at = self._loop.time()
        self._timer = self._loop.call_later(IDLE_S, self._look)
        self._is_poked = False  # before looking: what happens from now on pokes again
        before, self._before = self._before, Glance.at(self._parts)
        names = self._before.names(before) | self._told | self._seen_on_the_wire()
        self._told.clear()
        if not names:
            return
        for stream in self._streams:
            stream.names |= names
            stream.woken.set()

    def _seen_on_the_wire(self) -> set[Name]:
        new = list(self._frames.newest_first(after=self._seen))
        self._seen = self._frames.last
        names: set[Name] = {"frames"} if new else set()
        if any(isinstance(each.seen.event, TurnedAway) for each in new):
            names.add("refused")
        if any(_is_acknowledged_meter(each) for each in new):
            names.add("meters")
        return names


def _is_acknowledged_meter(read: Read) -> bool:
    """Not the charge point's message: the central system's answer, for by then its values are kept."""
    event = read.seen.event
    return read.is_answer and read.action in METERED and isinstance(event, Frame) and event.sender == "CS>"
