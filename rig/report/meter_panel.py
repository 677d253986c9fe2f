"""What the meter plot shows of one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from rig.checks.documented import SAMPLE_INTERVAL_S
from rig.journal.codec import Event
from rig.journal.ending import ending
from rig.journal.events import DeviceEvent
from rig.journal.recording import Recording
from rig.journal.transactions import Sample, Transaction
from rig.report.scale import grouped, measured
from rig.report.visible import shortened

MOST_READINGS = 400
"""Readings of one transaction, up to its stop and behind it: the first ones."""
LATE = 1.5
"""Sample intervals without a reading that are a gap."""
FAR = 3
"""Times the span of the readings: a register at start or stop that is farther from them is off the scale."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn of one transaction; times are device seconds since the run began, readings Wh.

    Attributes:
        readings: time and register of each sample up to the stop.
        strays: those behind the stop.
        unreadable: the times of readings that are no number.
        begin, end: the times of start and stop; `end` is that of the device or of the run, where it never stopped.
        meter_start, meter_stop: the register as StartTransaction and StopTransaction tell it.
    """

    name: str
    readings: tuple[tuple[float, float], ...]
    strays: tuple[tuple[float, float], ...]
    unreadable: tuple[float, ...]
    begin: float
    end: float
    stopped: bool
    meter_start: float | None
    meter_stop: float | None

    @classmethod
    def of(cls, transaction: Transaction, recording: Recording) -> Self:
        """The panel of a transaction of this recording."""
        stop = transaction.stop
        metered = transaction.metered[:MOST_READINGS]
        behind = transaction.samples[len(transaction.metered) :][:MOST_READINGS]
        name = f"transaction {transaction.id}, connector {transaction.connector}, {transaction.id_tag}"
        return cls(
            name=shortened(name, 70),
            readings=_points(metered, recording),
            strays=_points(behind, recording),
            unreadable=tuple(_time(s, recording) for s in metered if measured(s.wh) is None),
            begin=recording.device_s(transaction.start.request.t),
            end=recording.device_s(stop.request.t if stop else _end(recording)),
            stopped=stop is not None,
            meter_start=measured(transaction.start.request.field("meterStart")),
            meter_stop=measured(stop.request.field("meterStop")) if stop else None,
        )

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From when to when no reading came, though one was due."""
        times = sorted([self.begin, *(t for t, _ in self.readings), *self.unreadable, self.end])
        return [(a, b) for a, b in pairwise(times) if b - a > LATE * SAMPLE_INTERVAL_S]

    @property
    def ends(self) -> list[tuple[str, float, float]]:
        """The register at start and stop, where it was told: its name, its time, its value."""
        told = [("meterStart", self.begin, self.meter_start), ("meterStop", self.end, self.meter_stop)]
        return [(name, t, wh) for name, t, wh in told if wh is not None]

    @property
    def span(self) -> tuple[float, float]:
        """From the lowest to the highest reading, with the register at start and stop where it may be true."""
        ends = [wh for _, _, wh in self.ends if wh >= 0]
        shown = [wh for _, wh in (*self.readings, *self.strays)] or ends or [0.0]
        low, high = min(shown), max(shown)
        far = FAR * max(high - low, 10.0)
        shown += [wh for wh in ends if low - far <= wh <= high + far]
        return min(shown), max(shown)

    @property
    def told(self) -> str:
        """The readings in words, and the register at start and stop where it is near them."""
        numbers = [wh for _, wh in self.readings]
        low, high = self.span
        span = " to ".join(dict.fromkeys(grouped(wh) for wh in (*numbers[:1], *numbers[-1:])))
        words = [_counted(numbers), f"{span} Wh" if span else ""]
        words += [f"{name} {grouped(wh)} Wh" for name, _, wh in self.ends if low <= wh <= high]
        return ", ".join(word for word in words if word)

    @property
    def nonsense(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        low, high = self.span
        words = [f"{name} {grouped(wh)} Wh is off the scale" for name, _, wh in self.ends if not low <= wh <= high]
        words += [f"{end - begin:.1f} s without a reading" for begin, end in self.gaps]
        words += [f"{_counted(self.unreadable)} without a number"] if self.unreadable else []
        words += [] if self.stopped else ["never stopped"]
        words += [f"{_counted(self.strays)} behind the stop"] if self.strays else []
        return ", ".join(words)


def _counted(readings: Sequence[object]) -> str:
    return f"{len(readings)} reading{'' if len(readings) == 1 else 's'}"


def _points(samples: Sequence[Sample], recording: Recording) -> tuple[tuple[float, float], ...]:
    readings = ((_time(sample, recording), measured(sample.wh)) for sample in samples)
    return tuple((t, wh) for t, wh in readings if wh is not None)


def _time(sample: Sample, recording: Recording) -> float:
    return recording.device_s(sample.call.request.t)


def _end(recording: Recording) -> float:
    """When the device ended or was stopped, else when the recording did."""
    ends = (entry.t for entry in recording.entries if ending(entry.event) or _stopped(entry.event))
    return next(ends, recording.entries[-1].t)


def _stopped(event: Event) -> bool:
    return isinstance(event, DeviceEvent) and event.what == "stopped"
