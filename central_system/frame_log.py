"""The latest of what was seen on the wire, in memory, for somebody who looks at it live."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from central_system.events import (
    ConnectionClosed,
    Frame,
    Impaired,
    ServerProblem,
    SntpExchange,
    Undecodable,
    Upgrade,
    WireEvent,
)
from central_system.paths import identity_of

LENGTH = 10_000
"""Events; two connectors that meter every 5 s fill it in three hours."""
CHARACTERS = 16 << 20
"""Of all that they say: messages may be as long as somebody likes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Event number `n` (from 1) at `t` seconds since 1970; `charge_point` is whose it is, as far as that is known."""

    n: int
    t: float
    charge_point: str | None
    event: WireEvent


class FrameLog:
    """An observer that remembers the last `length` events, fewer where they say more than `characters` in all.

    It is told in the event loop's thread, on the way of every frame, and does as little as can be. Any thread may read
    `seen`.
    """

    def __init__(self, now: Callable[[], float], length: int = LENGTH, characters: int = CHARACTERS) -> None:
        self._now = now
        self._length = length
        self._room = characters
        self._seen: deque[Seen] = deque()
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
        self._room -= _characters(event)
        while len(self._seen) > self._length or (self._room < 0 and len(self._seen) > 1):
            self._room += _characters(self._seen.popleft().event)
        if isinstance(event, ConnectionClosed):
            self._charge_points.pop(connection, None)
        for tell in self._listeners:
            tell()

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All of them, oldest first. One step under the interpreter's lock, so no thread sees half an append."""
        return tuple(self._seen)


def _characters(event: WireEvent) -> int:
    """How much an event says, as far as somebody else chose its length."""
    match event:
        case Frame(text=text, data=data):
            return len(text or data or "")
        case Undecodable(data=said) | ServerProblem(message=said) | SntpExchange(request=said):
            return len(said)
        case Impaired(text=text, data=data, sent=sent):
            return len(text or data or "") + len(sent or "")
        case Upgrade(path=path, headers=headers):
            return len(path) + sum(len(name) + len(value) for name, value in headers.items())
    return 0
