"""The instructions of code that a debugger puts into RAM, executed by Unicorn."""

from collections.abc import Callable
from enum import Enum, auto

from unicorn import arm_const
from unicorn.unicorn_const import UC_ARCH_ARM, UC_HOOK_INTR, UC_MODE_MCLASS, UC_MODE_THUMB
from unicorn.unicorn_py3.unicorn import Uc, UcError

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.flash import LARGEST as FLASH_SIZE
from rig.virtual_board.variant import FLASH_BASE, RAM_BASE, STM32F769

ITCM_SIZE = 0x4000
PERIPHERALS, PERIPHERALS_SIZE = 0x4000_0000, 0x1000_0000
REGISTERS = (
    *(getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(13)),
    *(arm_const.UC_ARM_REG_SP, arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_PC),
)
PC = 15
SLICE_US = 50_000
"""Wall microseconds that code runs before the board looks after its debugger again."""
_BKPT = 7
"""QEMU's EXCP_BKPT, which Unicorn hands to interrupt hooks."""
_NOWHERE = 0xFFFF_FFFE

Read = Callable[[int, int], bytes]
"""Address and length; raises `BusFaultError`."""
Write = Callable[[int, bytes], None]


class Stop(Enum):
    """Why code stopped."""

    NOT = auto()
    """Its time was over; it goes on."""
    BREAKPOINT = auto()
    FAULT = auto()
    """A fault for which code in RAM has no handler."""


class Engine:
    """The processor's registers, RAM, and execution; all other memory is read and written through the bus."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read, self._write = read, write
        self._uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M7)
        self._uc.mem_map(0, ITCM_SIZE)
        self._uc.mem_map(RAM_BASE, STM32F769.ram)
        for base, size in ((FLASH_BASE, FLASH_SIZE), (PERIPHERALS, PERIPHERALS_SIZE)):
            self._uc.mmio_map(base, size, self._mmio_read, base, self._mmio_write, base)
        self._uc.hook_add(UC_HOOK_INTR, self._exception)
        self._stop = Stop.NOT

    def read_ram(self, address: int, length: int) -> bytes:
        """RAM, ITCM included."""
        return bytes(self._uc.mem_read(address, length))

    def write_ram(self, address: int, data: bytes) -> None:
        """RAM, ITCM included; what was translated of code that lay there is forgotten."""
        self._uc.mem_write(address, data)
        self._uc.ctl_remove_cache(address, address + len(data))

    def register(self, number: int) -> int:
        """R0 to R15."""
        return int(self._uc.reg_read(REGISTERS[number]))

    def set_register(self, number: int, value: int) -> None:
        """R0 to R15."""
        self._uc.reg_write(REGISTERS[number], value)

    def run(self, pc: int, instructions: int = 0) -> Stop:
        """Execute from `pc` for SLICE_US at the most, or that many instructions; register 15 tells where it stopped."""
        self._stop = Stop.NOT
        try:
            self._uc.emu_start(pc | 1, _NOWHERE, timeout=SLICE_US, count=instructions)
        except (UcError, BusFaultError):
            self._stop = Stop.FAULT
        return self._stop

    def _mmio_read(self, _uc: Uc, offset: int, size: int, base: int) -> int:
        return int.from_bytes(self._read(base + offset, size), "little")

    def _mmio_write(self, _uc: Uc, offset: int, size: int, value: int, base: int) -> None:
        self._write(base + offset, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))

    def _exception(self, uc: Uc, number: int, _data: object) -> None:
        self._stop = Stop.BREAKPOINT if number == _BKPT else Stop.FAULT
        uc.emu_stop()
