"""The chips of the family that a board may carry, as data."""

from dataclasses import dataclass
from itertools import accumulate

KIB = 1024
FLASH_BASE, RAM_BASE = 0x0800_0000, 0x2000_0000


@dataclass(frozen=True, slots=True)
class Variant:
    """One chip, in what a debugger can tell it by.

    Attributes:
        name: ST's name of it.
        device_id: DBGMCU_IDCODE.DEV_ID, also the part number in its ROM table.
        revision: DBGMCU_IDCODE.REV_ID.
        cpuid: The Cortex-M7's CPUID (r1p0 or r0p1).
        mvfr: MVFR0 and MVFR1: with or without double precision.
        sectors: Sizes of the flash sectors in bytes, in their order, single bank.
        ram: Bytes of RAM from RAM_BASE on: DTCM, SRAM1, SRAM2.
    """

    name: str
    device_id: int
    revision: int
    cpuid: int
    mvfr: tuple[int, int]
    sectors: tuple[int, ...]
    ram: int

    @property
    def flash(self) -> int:
        """Bytes of flash from FLASH_BASE on."""
        return sum(self.sectors)

    def sector_at(self, offset: int) -> int:
        """The number of the sector that holds this offset into the flash."""
        return next(number for number, end in enumerate(accumulate(self.sectors)) if offset < end)


# RM0410: flash organisation with nDBANK = 1, memory map, DBGMCU_IDCODE.
STM32F769 = Variant(
    name="STM32F769",
    device_id=0x451,
    revision=0x1001,
    cpuid=0x411F_C270,
    mvfr=(0x1011_0221, 0x1200_0011),
    sectors=(*[32 * KIB] * 4, 128 * KIB, *[256 * KIB] * 7),
    ram=512 * KIB,
)
# RM0385 rev. 8: table 3, 2.2.2, 40.6.1.
STM32F746 = Variant(
    name="STM32F746",
    device_id=0x449,
    revision=0x1001,
    cpuid=0x410F_C271,
    mvfr=(0x1011_0021, 0x1100_0011),
    sectors=(*[32 * KIB] * 4, 128 * KIB, *[256 * KIB] * 3),
    ram=320 * KIB,
)
