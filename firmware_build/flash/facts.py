"""What is told while a chip is flashed, and afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware_build.flash.errors import Attempt


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        phase: ``start``, ``connect``, ``compare``, ``erase``, ``program``, ``verify``, ``reset``; the runner's name
            where that does it all.
        fraction: How much of the phase is done, 0 to 1.
    """

    phase: str
    fraction: float


OnProgress = Callable[[Progress], object]
"""Gets each step of progress, in the thread that runs the job."""


@dataclass(frozen=True, slots=True)
class Flashed:
    """The chip holds the image: every byte of it was read back and is equal.

    Where a runner other than pyOCD did it, it is the runner's own verification that says so.

    Attributes:
        skipped: Whether it held the image already, so that nothing was written.
        bytes: How many bytes the image has.
        sha256: Of the bytes of the image.
        seconds: How long it took, all attempts together; wall seconds.
        attempts: Every attempt, the one that did it last.
        target: What pyOCD took the chip for; None where a runner did it.
        probe: The probe's unique id; None where a runner chose it.
        product: What the probe calls itself; None where a runner used it.
    """

    skipped: bool
    bytes: int
    sha256: str
    seconds: float
    attempts: tuple[Attempt, ...]
    target: str | None
    probe: str | None
    product: str | None


@dataclass(frozen=True, slots=True)
class Probe:
    """A debug probe that is plugged in.

    Attributes:
        unique_id: What it is asked for by; the USB serial number of an ST-LINK.
        description: One line for people.
        vendor: Who made it.
        product: What it is called.
        firmware: Version of its firmware, None where pyOCD does not tell.
        voltage: What it measures at the target, volts; None where pyOCD does not tell.
        problem: Why it cannot be opened, None where it can.
    """

    unique_id: str
    description: str
    vendor: str
    product: str
    firmware: str | None
    voltage: float | None
    problem: str | None
