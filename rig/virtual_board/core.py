"""The Cortex-M7 as a debugger sees it: halting, core registers, reset (Armv7-M Architecture Reference Manual)."""

from collections.abc import Callable
from enum import StrEnum

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.engine import PC, REGISTERS, Engine, Read, Stop
from rig.virtual_board.variant import FLASH_BASE, RAM_BASE, Variant

AIRCR, DFSR, DHCSR, DCRSR, DCRDR, DEMCR = (
    *(0xE000_ED0C, 0xE000_ED30),
    *(0xE000_EDF0, 0xE000_EDF4, 0xE000_EDF8, 0xE000_EDFC),
)
C_DEBUGEN, C_HALT, C_STEP = 1 << 0, 1 << 1, 1 << 2
S_REGRDY, S_HALT, S_LOCKUP, S_RETIRE_ST, S_RESET_ST = 1 << 16, 1 << 17, 1 << 19, 1 << 24, 1 << 25
VC_CORERESET = 1 << 0
DFSR_HALTED, DFSR_BKPT, DFSR_VCATCH = 1 << 0, 1 << 1, 1 << 3
SYSRESETREQ, VECTRESET = 1 << 2, 1 << 0
_DBGKEY, _VECTKEY, _VECTKEYSTAT = 0xA05F, 0x05FA, 0xFA05
_SP, _XPSR, _MSP = 13, 16, 17
_THUMB = 1 << 24
_REGWNR, _REGSEL = 1 << 16, 0x7F


class Application(StrEnum):
    """What becomes of the program in flash."""

    OFF = "off"
    """The core is in reset, locked up, or has not left its reset vector."""
    RUNNING = "running"
    PAUSED = "paused"
    """The debugger has the core."""


class Core:
    """One core. Code in RAM is executed; code in flash is only known to run, from its reset handler on."""

    def __init__(self, variant: Variant, engine: Engine, read: Read, system_reset: Callable[[], None]) -> None:
        self.variant = variant
        self.engine = engine
        self._read = read
        self._system_reset = system_reset
        self.resets = 0
        """How often a program has been started or prevented from starting."""
        self.halted = False
        self.in_reset = False
        self._locked_up = False
        self._started = False
        self._pc = 0
        self._others: dict[int, int] = {}
        self._dhcsr = self._demcr = self._dfsr = self._dcrdr = 0
        self._reset_seen = True

    @property
    def application(self) -> Application:
        """What the program in flash is doing."""
        if self.in_reset or self._locked_up or not self._started:
            return Application.OFF
        return Application.PAUSED if self.halted or not self._in_flash() else Application.RUNNING

    @property
    def executing(self) -> bool:
        """Whether there is code in RAM to be executed now."""
        return not (self.halted or self.in_reset or self._locked_up or self._in_flash())

    def power_on(self) -> None:
        """A power-on reset: debug state is lost, too."""
        self._dhcsr = self._demcr = self._dfsr = self._dcrdr = 0
        self.reset()

    def hold(self) -> None:
        """Reset is asserted."""
        self.in_reset = True
        self.resets += 1

    def reset(self) -> None:
        """Reset ends: load stack pointer and reset vector, then run, or halt where the debugger asked for it."""
        self.resets += 1
        self.in_reset = self._locked_up = self._started = False
        self._reset_seen = False
        self._system_reset()
        self._others = {_XPSR: _THUMB}
        for number in range(PC):
            self.engine.set_register(number, 0)
        vector = self._load_vectors()
        self.halted = bool(self._dhcsr & C_DEBUGEN and (self._demcr & VC_CORERESET or self._dhcsr & C_HALT))
        if self.halted:
            self._dfsr |= DFSR_VCATCH
            self._dhcsr |= C_HALT  # by the core itself, whatever halts it (DHCSR.C_HALT)
        elif vector:
            self._go()
        else:
            self._locked_up = True

    def _load_vectors(self) -> bool:
        """Whether they lead anywhere: a stack in RAM, Thumb code in flash."""
        try:
            vectors = self._read(FLASH_BASE, 8)
        except BusFaultError:
            self._pc = 0xFFFF_FFFE
            return False
        stack, entry = (int.from_bytes(vectors[at : at + 4], "little") for at in (0, 4))
        self.engine.set_register(_SP, stack & ~0b11)
        self._pc = entry & ~1
        return bool(
            RAM_BASE < stack <= RAM_BASE + self.variant.ram
            and entry & 1
            and FLASH_BASE <= entry < FLASH_BASE + self.variant.flash
        )

    def lose_flash(self) -> None:
        """The program can no longer be read by the core itself."""
        if self._started and not self.halted and self._in_flash():
            self._locked_up = True

    def run(self) -> None:
        """Execute code in RAM for a while."""
        if not self.executing:
            return
        stopped = self.engine.run(self._pc)
        self._pc = self.engine.register(PC) & ~1
        if stopped is Stop.BREAKPOINT and self._dhcsr & C_DEBUGEN:
            self.halted = True
            self._dfsr |= DFSR_BKPT
            self._dhcsr |= C_HALT
        elif stopped is not Stop.NOT:
            self._locked_up = True

    def read(self, address: int) -> int | None:
        """A debug register; None where there is none."""
        match address:
            case 0xE000_ED0C:
                return _VECTKEYSTAT << 16
            case 0xE000_ED30:
                return self._dfsr
            case 0xE000_EDF0:
                return self._status()
            case 0xE000_EDF8:
                return self._dcrdr
            case 0xE000_EDFC:
                return self._demcr
        return None

    def write(self, address: int, value: int) -> bool:
        """A debug register; whether there is one."""
        match address:
            case 0xE000_ED0C:
                if value >> 16 == _VECTKEY and value & (SYSRESETREQ | VECTRESET):
                    self.reset()
            case 0xE000_ED30:
                self._dfsr &= ~value
            case 0xE000_EDF0:
                if value >> 16 == _DBGKEY:
                    self._control(value)
            case 0xE000_EDF4:
                self._transfer(value & _REGSEL, write=bool(value & _REGWNR))
            case 0xE000_EDF8:
                self._dcrdr = value
            case 0xE000_EDFC:
                self._demcr = value
            case _:
                return False
        return True

    def _status(self) -> int:
        status = self._dhcsr | S_REGRDY | S_RETIRE_ST
        status |= S_HALT if self.halted else 0
        status |= S_LOCKUP if self._locked_up and not self.halted else 0
        status |= 0 if self._reset_seen else S_RESET_ST
        self._reset_seen = not self.in_reset
        return status

    def _control(self, value: int) -> None:
        self._dhcsr = value & (C_DEBUGEN | C_HALT | C_STEP | 1 << 3)
        if self.in_reset:
            return
        if value & C_DEBUGEN and value & C_HALT:
            if not self.halted:
                self.halted = True
                self._dfsr |= DFSR_HALTED
        elif self.halted and value & C_DEBUGEN and value & C_STEP:
            self._step()
        elif self.halted:
            self._go()

    def _go(self) -> None:
        self.halted = self._locked_up = False
        if self._in_flash():
            try:
                self._read(self._pc, 2)
            except BusFaultError:
                self._locked_up = True
            else:
                self._started = True

    def _step(self) -> None:
        """One instruction; of the program in flash, none."""
        self._dfsr |= DFSR_HALTED
        if not self._in_flash():
            self.engine.run(self._pc, instructions=1)
            self._pc = self.engine.register(PC) & ~1

    def _in_flash(self) -> bool:
        return FLASH_BASE <= self._pc < FLASH_BASE + self.variant.flash

    def _transfer(self, selector: int, *, write: bool) -> None:
        """Between DCRDR and a core register. SP and the main stack pointer are one, as no code here uses the other."""
        number = _SP if selector == _MSP else selector
        if number == PC:
            if write:
                self._pc = self._dcrdr & ~1
            else:
                self._dcrdr = self._pc
        elif number < len(REGISTERS):
            if write:
                self.engine.set_register(number, self._dcrdr)
            else:
                self._dcrdr = self.engine.register(number)
        elif write:
            self._others[number] = self._dcrdr
        else:
            self._dcrdr = self._others.get(number, 0)
