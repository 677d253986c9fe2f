"""What one console line is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class LineKind(StrEnum):
    """What kind of line the console printed."""

    BOOT = "boot"
    """Zephyr's boot banner; `text` names the build."""
    LOG = "log"
    """A record of Zephyr's logging subsystem: level, module, message, device time."""
    FATAL = "fatal"
    """Part of a fatal error: CPU exception, failed assertion, panic, stack overflow."""
    SANITIZER = "sanitizer"
    """Part of an address, undefined-behaviour, leak, memory or thread sanitizer's report."""
    DROPPED = "dropped"
    """Zephyr's notice that log messages were dropped for want of buffer space."""
    TEXT = "text"
    """Anything else: printk, the emulator's firmware, garbage."""


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """One line of the console, without colours and control characters.

    `boot` counts the boot banners seen so far on this console (0: before the first). `device_s` is the device's own
    time of a log record, seconds since its boot. `whole` is False where the line had no end: the console closed or was
    reset in it, or it was too long for a line.
    """

    kind: ClassVar = "console"
    what: LineKind
    text: str
    boot: int
    device_s: float | None = None
    level: str | None = None
    module: str | None = None
    message: str | None = None
    whole: bool = True

    def __post_init__(self) -> None:
        # A journal read back gives the kind as plain text.
        object.__setattr__(self, "what", LineKind(self.what))
