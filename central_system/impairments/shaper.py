"""What one direction's impairments make of the units that come, in order: which go on, as what, when, with which."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random
from typing import Protocol

from websockets.frames import Frame

from central_system.impairments.portion import Portion
from central_system.impairments.selection import Selection
from central_system.impairments.spoiling import Spoilt, spoil
from central_system.impairments.standing import HOLD_S, NO_IMPAIRMENTS, Impairments
from central_system.wire import Unit

MOST_TOGETHER = 1 << 18
"""Bytes that wait to leave in one write; from then on they do, however few frames they are."""


class Tell(Protocol):
    """Tells what was done to a unit: `sent` in its stead, None: nothing else; `for_s` seconds held back."""

    def __call__(self, unit: Unit, what: str, *, sent: bytes | None, for_s: float | None) -> None:
        """Tell it."""


class Shaper:
    """Gives `put` the portions that become of what it takes; `mask` says whether this direction's frames are masked."""

    def __init__(self, impairments: Impairments, *, mask: bool, put: Callable[[Portion], None], tell: Tell) -> None:
        self.impairments = impairments
        self._is_idle = impairments == NO_IMPAIRMENTS
        self._mask = mask
        self._put = put
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._selection = Selection(impairments)
        self._overtaken: Portion | None = None
        """It waits for the frame that is to go before it."""
        self._together: list[Portion] = []
        """They wait to leave in one write."""
        self._patience: asyncio.TimerHandle | None = None

    @cached_property
    def _chance(self) -> Random:
        return Random(self.impairments.seed or 0)  # noqa: S311  (to be repeatable is what it is for)

    def take(self, unit: Unit, action: str) -> None:
        """Take the next unit, which is about `action`."""
        wanted = self.impairments
        if self._is_idle or not self._selection.takes(unit, action):
            self._order(Portion((unit.raw,), self._loop.time(), (unit,)), is_meant=False)
            return
        frame = unit.what if isinstance(unit.what, Frame) else None
        if wanted.black_hole or (wanted.drop and frame):
            self._tell(unit, "black-hole" if wanted.black_hole else "drop", sent=b"", for_s=None)
            return
        spoilt = spoil(frame, unit.raw, wanted, self._chance, mask=self._mask) if frame else Spoilt((unit.raw,))
        for_s = (wanted.delay or 0.0) + self._chance.uniform(0, wanted.jitter or 0.0)
        portion = Portion(spoilt.writes * spoilt.times, self._loop.time() + for_s, (unit,), wanted)
        if by := [*spoilt.by, *self._met(portion, is_frame=frame is not None)]:
            sent = b"".join(spoilt.writes) if spoilt.by else None
            self._tell(unit, wanted.told(by), sent=sent, for_s=for_s or None)
        self._order(portion, is_meant=frame is not None)

    def flush(self) -> None:
        """Let go what waits for another frame."""
        last, self._overtaken = self._overtaken, None
        if last:
            self._join(last, is_meant=True)
        self._leave_together()

    def _met(self, portion: Portion, *, is_frame: bool) -> Sequence[str]:
        """What its way does to it, apart from what was done to the frame itself."""
        wanted = self.impairments
        names = {
            "delay": wanted.delay is not None,
            "jitter": wanted.jitter is not None,
            "split": wanted.split is not None and any(len(write) > wanted.split for write in portion.writes),
            "dribble": wanted.dribble is not None,
            "duplicate": wanted.duplicate is not None and is_frame,
            "coalesce": wanted.coalesce is not None and is_frame,
            "reorder": wanted.reorder and is_frame,
        }
        return [name for name, met in names.items() if met]

    def _order(self, portion: Portion, *, is_meant: bool) -> None:
        """Where one waits to be overtaken, this one goes first."""
        overtaken, self._overtaken = self._overtaken, None
        if overtaken:
            self._join(portion, is_meant=is_meant)
            self._join(overtaken, is_meant=True)
        elif is_meant and self.impairments.reorder:
            self._overtaken = portion
        else:
            self._join(portion, is_meant=is_meant)
        if not self._patience and (self._overtaken or self._together):
            hold_s = HOLD_S if self.impairments.hold is None else self.impairments.hold
            self._patience = self._loop.call_later(hold_s, self.flush)

    def _join(self, portion: Portion, *, is_meant: bool) -> None:
        most = self.impairments.coalesce
        if not is_meant or most is None:
            self._leave_together()
            self._leave(portion)
            return
        self._together.append(portion)
        if len(self._together) == most or sum(each.size for each in self._together) > MOST_TOGETHER:
            self._leave_together()

    def _leave_together(self) -> None:
        portions, self._together = self._together, []
        if portions:
            whole = b"".join(b"".join(each.writes) for each in portions)
            due = max(each.due for each in portions)
            units = tuple(unit for each in portions for unit in each.units)
            self._leave(Portion((whole,), due, units, self.impairments))

    def _leave(self, portion: Portion) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None
        self._put(portion)
