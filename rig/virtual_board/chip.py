"""The microcontroller: its address map, its power, and what is wrong with it (RM0410)."""

import hashlib
from collections.abc import Callable

from rig.virtual_board import flash as flash_controller
from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.core import Core
from rig.virtual_board.engine import ITCM_SIZE, PERIPHERALS, PERIPHERALS_SIZE, Engine
from rig.virtual_board.flash import Flash
from rig.virtual_board.rom_table import rom_word
from rig.virtual_board.variant import FLASH_BASE, RAM_BASE, STM32F769, Variant

UNIQUE_ID, FLASH_SIZE = 0x1FF0_F420, 0x1FF0_F442
DBGMCU_IDCODE = 0xE004_2000
CPUID, MVFR0, MVFR1, FP_CTRL, DWT_CTRL = 0xE000_ED00, 0xE000_EF40, 0xE000_EF44, 0xE000_2000, 0xE000_1000
_SYSTEM, _SYSTEM_SIZE = 0x1FF0_0000, 0x1_0000
_PPB, _PPB_SIZE = 0xE000_0000, 0x10_0000
_EIGHT_BREAKPOINTS, _FOUR_WATCHPOINTS = 0x1000_0080, 0x4000_0000


class Chip:
    """Everything behind the debug port. `serial` makes the unique device id."""

    def __init__(self, serial: str = "") -> None:
        self.powered = True
        self.flash = Flash(STM32F769)
        self._unique = hashlib.sha256(serial.encode()).digest()[:12]
        self._registers: dict[int, int] = {}
        self._debugged = False
        engine = Engine(self._bus_read, self._bus_write)
        self.core = Core(STM32F769, engine, self._bus_read, self.flash.reset)
        self.power_on()

    @property
    def variant(self) -> Variant:
        """Which chip of the family it is; after a change it has to be powered on anew."""
        return self.core.variant

    @variant.setter
    def variant(self, variant: Variant) -> None:
        self.core.variant = self.flash.variant = variant

    def power_on(self) -> None:
        """A power-on reset; what a debugger did before is forgotten."""
        self.powered = True
        self._debugged = self.flash.hidden = False
        self._registers.clear()
        self.core.power_on()

    def power_off(self) -> None:
        """The supply is gone."""
        self.powered = False
        self.core.hold()

    @property
    def protected(self) -> bool:
        """The read protection, level 1."""
        return self.flash.options.protected

    @protected.setter
    def protected(self, value: bool) -> None:
        self.flash.options.protected = value
        self._hide()

    def debugger_attached(self) -> None:
        """From now on until the next power-on, a read-protected flash is hidden, from the core too."""
        self._debugged = True
        self._hide()

    def _hide(self) -> None:
        self.flash.hidden = self.protected and self._debugged
        if self.flash.hidden:
            self.core.lose_flash()

    def read(self, address: int, length: int) -> bytes:
        """What a debugger reads by one access, or by a block of them within one memory.

        Raises:
            BusFaultError: there is nothing, or it is protected.
        """
        if address < _PPB:
            return self._bus_read(address, length)
        return self._words(address, length, self._read_private)

    def write(self, address: int, data: bytes) -> None:
        """What a debugger writes by one access, or by a block of words into RAM.

        Raises:
            BusFaultError: there is nothing, or it is protected.
        """
        if address < _PPB:
            self._bus_write(address, data)
        elif address < _PPB + _PPB_SIZE:
            value = int.from_bytes(data, "little")
            if not self.core.write(address, value):
                self._registers[address] = value
        else:
            raise BusFaultError(address)

    def is_ram(self, address: int, length: int) -> bool:
        """Whether all of it is RAM."""
        return RAM_BASE <= address <= RAM_BASE + self.variant.ram - length or 0 <= address <= ITCM_SIZE - length

    def _bus_read(self, address: int, length: int) -> bytes:
        if self.is_ram(address, length):
            return self.core.engine.read_ram(address, length)
        if FLASH_BASE <= address < FLASH_BASE + flash_controller.LARGEST:
            return self.flash.read(address, length)
        if _SYSTEM <= address < _SYSTEM + _SYSTEM_SIZE:
            return self._words(address, length, self._read_system)
        if PERIPHERALS <= address < PERIPHERALS + PERIPHERALS_SIZE:
            return self._words(address, length, self._read_peripheral)
        raise BusFaultError(address)

    def _bus_write(self, address: int, data: bytes) -> None:
        if self.is_ram(address, len(data)):
            self.core.engine.write_ram(address, data)
        elif FLASH_BASE <= address < FLASH_BASE + flash_controller.LARGEST:
            self.flash.write(address, data)
        elif flash_controller.REGISTERS <= address < flash_controller.REGISTERS + 0x400:
            self.flash.write_register(address, int.from_bytes(data, "little"))
        elif PERIPHERALS <= address < PERIPHERALS + PERIPHERALS_SIZE:
            self._registers[address] = int.from_bytes(data, "little")
        else:
            raise BusFaultError(address)

    @staticmethod
    def _words(address: int, length: int, read: Callable[[int], int]) -> bytes:
        """Any bytes of a range that is read word by word."""
        start = address & ~3
        words = b"".join(read(word).to_bytes(4, "little") for word in range(start, address + length, 4))
        return words[address - start : address - start + length]

    def _read_peripheral(self, address: int) -> int:
        if flash_controller.REGISTERS <= address < flash_controller.REGISTERS + 0x400:
            return self.flash.read_register(address)
        return self._registers.get(address, 0)

    def _read_system(self, address: int) -> int:
        """The factory's data; the size of the flash is a half-word in the upper half of its word."""
        if UNIQUE_ID <= address < UNIQUE_ID + len(self._unique):
            return int.from_bytes(self._unique[address - UNIQUE_ID :][:4], "little")
        return (self.variant.flash // 1024) << 16 if address == FLASH_SIZE & ~3 else 0

    def _read_private(self, address: int) -> int:
        """The private peripheral bus: debug, identification."""
        if address >= _PPB + _PPB_SIZE:
            raise BusFaultError(address)
        for value in (self.core.read(address), self._fixed().get(address), rom_word(address, self.variant.device_id)):
            if value is not None:
                return value
        return self._registers.get(address, 0)

    def _fixed(self) -> dict[int, int]:
        variant = self.variant
        return {
            DBGMCU_IDCODE: variant.revision << 16 | 0x6000 | variant.device_id,
            CPUID: variant.cpuid,
            MVFR0: variant.mvfr[0],
            MVFR1: variant.mvfr[1],
            FP_CTRL: _EIGHT_BREAKPOINTS,
            DWT_CTRL: _FOUR_WATCHPOINTS,
        }
