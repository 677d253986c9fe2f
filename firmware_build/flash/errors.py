"""What can go wrong at a bench while a chip is flashed, as exceptions that say how to go on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to flash or to reset.

    Attributes:
        seconds: How long it took, wall seconds.
        error: How it failed; None for one that did not.
    """

    seconds: float
    error: str | None = None


class FlashError(Exception):
    """The chip does not hold the image, or could not be reset. Never the firmware's fault.

    Attributes:
        message: What happened, with the numbers.
        cure: What to do next at the bench.
        log: The last lines that pyOCD, or the runner, printed; empty where it printed none.
        attempts: Every attempt, the last one last.
    """

    def __init__(self, message: str, *, cure: str, log: str = "", attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.log = log
        self.attempts = attempts

    def __str__(self) -> str:
        log = [f"log: {self.log}"] if self.log else []
        return "\n".join([self.message, *log, f"cure: {self.cure}"])


# The names below read as the condition they report; "…Error" would add nothing (hence N818).


class NoProbe(FlashError):  # noqa: N818
    """There is no such debug probe, more than one fits, or it may not be used by this user."""


class ProbeBusy(FlashError):  # noqa: N818
    """Another program has the probe."""


class ProbeLost(FlashError):  # noqa: N818
    """The probe went away in the middle."""


class NoPower(FlashError):  # noqa: N818
    """The chip has no supply voltage, or none that the probe could tell of, and does not answer."""


class ChipLocked(FlashError):  # noqa: N818
    """The chip is protected against being read, or the sectors that the image needs against being written."""


class WrongChip(FlashError):  # noqa: N818
    """The chip is not the one of the board that the image is for."""


class BadCell(FlashError):  # noqa: N818
    """What was written is not what is read back.

    Attributes:
        address: The first byte that differs.
        wanted: What the image has there.
        found: What the chip has there.
    """

    def __init__(
        self,
        message: str,
        *,
        cure: str,
        address: int,
        wanted: int,
        found: int,
        log: str = "",
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message, cure=cure, log=log, attempts=attempts)
        self.address = address
        self.wanted = wanted
        self.found = found


class FlashTimeout(FlashError):  # noqa: N818
    """The budget was used up."""


class FlashCancelled(FlashError):  # noqa: N818
    """Somebody ended it."""


class RunnerFailed(FlashError):  # noqa: N818
    """``west flash`` ended with an error."""
