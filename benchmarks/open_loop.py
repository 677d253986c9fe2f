"""A load at a rate that the server cannot slow down: each message has its time, answers or not.

A closed loop asks less while the server is slow, and so does not see what its users see ("coordinated omission").
Here message k is due at k / rate. A charge point whose last call is not answered by then has to wait (OCPP-J 1.6
§4.1.1), and that counts: the latency from the due time is what a charge point would say of the central system.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.charge_points import ChargePoint
from benchmarks.life import TURNS, life

TICK_S = 0.001


@dataclass
class Measured:
    """Milliseconds of every message, in the order in which the answers came."""

    from_due: list[float] = field(default_factory=list)
    from_sent: list[float] = field(default_factory=list)
    sent_late: list[float] = field(default_factory=list)
    """How much later than due a message was sent to a charge point that was free: the load's own doing."""
    woke_late: list[float] = field(default_factory=list)
    """How late the load's event loop was at each tick: as much later than it came may an answer have been seen."""
    by_action: dict[str, list[float]] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    took_s: float = 0.0
    under_way: int = 0
    """Messages that were due and are not answered yet."""
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when none is."""


class Living:
    """A charge point that says the next thing of its life when it is told that its time has come."""

    def __init__(self, charge_point: ChargePoint, number: int, measured: Measured) -> None:
        self._charge_point = charge_point
        self._measured = measured
        self._life = life(charge_point.identity, number % TURNS)
        self._call = next(self._life)
        self._due: deque[float] = deque()

    def say(self, due: float) -> None:
        """Say the next thing, at once or when the last is answered."""
        self._due.append(due)
        self._measured.under_way += 1
        if len(self._due) == 1:
            self._measured.sent_late.append((time.perf_counter() - due) * 1e3)
            self._charge_point.ask(self._call, self._answered)

    def _answered(self, text: bytes | None, sent: float, came: float) -> None:
        measured = self._measured
        action = self._call[1 : self._call.index(b'"', 1)].decode()
        due = self._due.popleft()
        if text is None or not text.startswith(b"[3,"):
            measured.failed.append(f"{self._charge_point.identity}: {action}: {text!r:.200}")
            self._over(1 + len(self._due))
            self._due.clear()
            return
        self._over(1)
        took = (came - sent) * 1e3
        measured.from_sent.append(took)
        measured.from_due.append((came - due) * 1e3)
        measured.by_action.setdefault(action, []).append(took)
        measured.acknowledged[action] += 1
        self._call = self._life.send(text)
        if self._due:
            self._charge_point.ask(self._call, self._answered)

    def _over(self, messages: int) -> None:
        self._measured.under_way -= messages
        if not self._measured.under_way:
            self._measured.quiet.set()


async def open_loop(charge_points: Sequence[ChargePoint], rate: float, seconds: float, measured: Measured) -> None:
    """Have the charge points speak in turn, `rate` messages a second in all, and wait for the answers."""
    living = [Living(each, number, measured) for number, each in enumerate(charge_points)]
    begun = time.perf_counter()
    said, tick = 0, begun
    while tick < begun + seconds:
        while said < (tick - begun) * rate:
            living[said % len(living)].say(begun + said / rate)
            said += 1
        due = max(tick + TICK_S, time.perf_counter())
        await asyncio.sleep(due - time.perf_counter())
        tick = time.perf_counter()
        measured.woke_late.append((tick - due) * 1e3)
    async with asyncio.timeout(30):
        while measured.under_way:
            measured.quiet.clear()
            await measured.quiet.wait()
    measured.took_s = time.perf_counter() - begun
