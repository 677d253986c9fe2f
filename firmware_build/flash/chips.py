"""The chips of the boards that can be flashed, as data.

Register names, addresses and values are those of ST's reference manual RM0410 (STM32F76xxx and STM32F77xxx): chapters
"Embedded Flash memory" (FLASH_OPTCR, flash organisation) and "Debug support" (DBGMCU_IDCODE).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from firmware_build.errors import UnknownBoard

if TYPE_CHECKING:
    from firmware_build.flash.image import Image

_KIB = 1024


@dataclass(frozen=True, slots=True)
class Chip:
    """What must be known of a chip to flash it with care.

    Attributes:
        name: How its manual calls it.
        dev_id: Bits 11:0 of DBGMCU_IDCODE.
        idcode: Address of DBGMCU_IDCODE.
        option_control: Address of FLASH_OPTCR: RDP in bits 15:8, nWRP from bit 16 on (0: protected), nDBANK in bit 29.
        flash: Address of the first byte of flash memory.
        sectors: Sizes of its sectors in bytes, in single bank mode.
        targets: pyOCD's names of it, the best first; one that is not built into pyOCD needs its CMSIS pack.
        lowest_supply: Volts below which it does not work (data sheet, "General operating conditions").
        unprotected: RDP of a chip that may be read (level 0).
    """

    name: str
    dev_id: int
    idcode: int
    option_control: int
    flash: int
    sectors: tuple[int, ...]
    targets: tuple[str, ...]
    lowest_supply: float
    unprotected: int

    @property
    def flash_end(self) -> int:
        """The first address after its flash memory."""
        return self.flash + sum(self.sectors)

    def sector_of(self, address: int) -> int:
        """The number of the sector that an address of its flash memory lies in."""
        ends = accumulate(self.sectors, initial=self.flash)
        return sum(address >= end for end in ends) - 1

    def sectors_of(self, image: Image) -> list[int]:
        """The numbers of all sectors that an image has bytes in."""
        ends = [(start, start + len(data) - 1) for start, data in image.segments]
        return sorted({n for first, last in ends for n in range(self.sector_of(first), self.sector_of(last) + 1)})


STM32F76X = Chip(
    name="STM32F76x/F77x",
    dev_id=0x451,
    idcode=0xE0042000,
    option_control=0x40023C14,
    flash=0x08000000,
    sectors=(*[32 * _KIB] * 4, 128 * _KIB, *[256 * _KIB] * 7),
    # The F767 has the F769's memory, flash controller and DEV_ID; its peripherals differ, which no flashing sees.
    targets=("stm32f769nihx", "stm32f767zi"),
    lowest_supply=1.7,
    unprotected=0xAA,
)

DISCO = "stm32f769i_disco"
"""Zephyr's name of ST's STM32F769I-DISCO."""

CHIPS: dict[str, Chip] = {DISCO: STM32F76X}
"""By Zephyr's name of the board."""

NAMES: dict[int, str] = {
    0x413: "STM32F405/F407",
    0x419: "STM32F42x/F43x",
    0x434: "STM32F469/F479",
    0x449: "STM32F74x/F75x",
    0x451: "STM32F76x/F77x",
    0x452: "STM32F72x/F73x",
}
"""DEV_IDs of the chips on ST's other boards of that kind, which have DBGMCU_IDCODE at the same address."""


def find_chip(board: str) -> Chip:
    """The chip of a board.

    Args:
        board: Zephyr's name of the board.

    Raises:
        UnknownBoard: No board of this name can be flashed.
    """
    if board not in CHIPS:
        raise UnknownBoard(f"{board} cannot be flashed", cure=f"choose one of: {', '.join(CHIPS)}")
    return CHIPS[board]
