"""The time that the charge point is told: one clock for SNTP replies and OCPP's currentTime."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class WorldClock:
    """A clock that shows `epoch_s` (seconds since 1970) now and runs `ratio` times as fast as the host's.

    A known `epoch_s` far from the host's own time proves where a charge point's clock came from; `ratio` is that of
    an accelerated device, so that its time stamps and ours agree all along the run.
    """

    epoch_s: float
    ratio: float = 1.0
    host: Callable[[], float] = time.monotonic
    started: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "started", self.host())

    def now(self) -> float:
        """Seconds since 1970 on this clock."""
        return self.epoch_s + (self.host() - self.started) * self.ratio

    def iso(self) -> str:
        """This moment as OCPP's dateTime, whole seconds, UTC (OCPP 1.6 §3, Time notations)."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
