"""What leaves the tap together, and in which pieces."""

from collections.abc import Iterator
from dataclasses import dataclass

from central_system.impairments.standing import NO_IMPAIRMENTS, Impairments
from central_system.wire import Unit

OVERHEAD = 512
"""Bytes of memory that a portion takes beside what it holds, about."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Bytes to write from the moment `due` (of the loop's clock) on, `shape` saying in which pieces.

    `units` is what they were made of. `is_end`: no byte comes after it in this direction.
    """

    writes: tuple[bytes, ...]
    due: float
    units: tuple[Unit, ...] = ()
    shape: Impairments = NO_IMPAIRMENTS
    is_end: bool = False

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return sum(map(len, self.writes)) + OVERHEAD

    @property
    def pause_s(self) -> float:
        """Between one piece and the next."""
        return self.shape.gap or 0.0 if self.shape.dribble is None else self.shape.dribble

    def pieces(self) -> Iterator[bytes]:
        """Each is written by itself."""
        dribble, split = self.shape.dribble is not None, self.shape.split
        for write in self.writes:
            if dribble:
                yield from (write[place : place + 1] for place in range(len(write)))
            elif split is not None and len(write) > split:
                yield write[:split]
                yield write[split:]
            else:
                yield write
