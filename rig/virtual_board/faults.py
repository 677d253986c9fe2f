"""What can be wrong with a board, by name."""

from dataclasses import dataclass

from rig.errors import UsageError
from rig.virtual_board.variant import FLASH_BASE, STM32F769

FAULTS = {
    "bad-cell": "ADDRESS: one bit there never reads back right, whatever is programmed",
    "locked": "read protection level 1: a debugger sees no flash",
    "wrong-chip": "an STM32F746 instead of the STM32F769",
    "no-power": "the probe is there, the chip has no supply",
    "transient": "N: the next N connections fail, those after them are fine",
    "unplug-after": "BYTES: the USB cable is pulled after that many programmed bytes",
    "unplug": "the USB cable is pulled: no probe, no console, no supply; taken away, it is plugged in again",
    "garbage": "the console shows random bytes, as with a wrong baud rate",
}
"""Each with what its value means, where it has one, and what it does."""
_WITH_VALUE = {"bad-cell", "transient", "unplug-after"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One of FAULTS; `value` is an address or a number, and 0 where there is none."""

    name: str
    value: int = 0


def parse_fault(text: str) -> Fault:
    """Understand NAME or NAME=VALUE.

    Raises:
        UsageError: there is no such fault, or its value is missing, needless or no number.
    """
    name, given, value = text.partition("=")
    if name not in FAULTS:
        raise UsageError(f"there is no fault {name!r}; there are: {', '.join(FAULTS)}")
    if bool(given) != (name in _WITH_VALUE):
        needs = FAULTS[name].split(":")[0] if name in _WITH_VALUE else "no value"
        raise UsageError(f"the fault {name} takes {needs}; {text!r} was given")
    try:
        number = int(value, 0) if given else 0
    except ValueError as error:
        raise UsageError(f"{value!r} is no number; write it as 4096 or as 0x08001000") from error
    if name == "bad-cell" and not FLASH_BASE <= number < FLASH_BASE + STM32F769.flash:
        raise UsageError(f"{number:#010x} is no address of the flash, which begins at {FLASH_BASE:#010x}")
    return Fault(name, number)
