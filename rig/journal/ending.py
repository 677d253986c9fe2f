"""When a device under test has come to its end: an Arm QEMU outlives a fatal error, so its exit alone does not tell."""

from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Event
from rig.journal.events import DeviceEvent

HALTED = "Halting system"
"""What Zephyr prints last (`arch_system_halt`, kernel/fatal.c)."""


def ending(event: Event) -> str:
    """How the device ended with this event, empty where it did not."""
    match event:
        case DeviceEvent(what="exited", returncode=code):
            return f"it ended by itself, exit code {code}"
        case ConsoleLine(what=LineKind.FATAL, text=text) if HALTED in text:
            return "it halted after a fatal error"
    return ""


def beginning(event: Event) -> bool:
    """Whether the device lives (again) from this event on: a reset, or a boot banner."""
    match event:
        case DeviceEvent(what="reset") | ConsoleLine(what=LineKind.BOOT):
            return True
    return False
