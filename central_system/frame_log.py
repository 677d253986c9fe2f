"""The latest of what was seen on the wire, in memory, for somebody who looks at it live."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from central_system.events import ConnectionClosed, Upgrade, WireEvent
from central_system.paths import identity_of

LENGTH = 10_000
"""Events; two connectors that meter every 5 s fill it in three hours."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Event number `n` (from 1) at `t` seconds since 1970; `charge_point` is whose it is, as far as that is known."""

    n: int
    t: float
    charge_point: str | None
    event: WireEvent


class FrameLog:
    """An observer that remembers the last `length` events.

    It is told in the event loop's thread, on the way of every frame, and does as little as can be. Any thread may read
    `seen`.
    """

    def __init__(self, now: Callable[[], float], length: int = LENGTH) -> None:
        self._now = now
        self._seen: deque[Seen] = deque(maxlen=length)
        self._numbers = count(1)
        self._charge_points: dict[int, str] = {}
        self._listeners: tuple[Callable[[], object], ...] = ()

    def listen(self, tell: Callable[[], object]) -> Callable[[], None]:
        """Have `tell` called after each event, in the event loop's thread; what is given back ends that.

        A thousand times a second it may be: it has to be as quick as an assignment.
        """
        self._listeners += (tell,)

        def end() -> None:
            self._listeners = tuple(each for each in self._listeners if each != tell)

        return end

    def __call__(self, event: WireEvent) -> None:
        """Remember an event."""
        connection = getattr(event, "connection", 0)
        if isinstance(event, Upgrade) and (identity := identity_of(event.path)):
            self._charge_points[connection] = identity
        known = self._charge_points.get(connection) or getattr(event, "charge_point", None)
        self._seen.append(Seen(next(self._numbers), self._now(), known, event))
        if isinstance(event, ConnectionClosed):
            self._charge_points.pop(connection, None)
        for tell in self._listeners:
            tell()

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All of them, oldest first. One step under the interpreter's lock, so no thread sees half an append."""
        return tuple(self._seen)
