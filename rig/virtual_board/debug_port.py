"""The serial wire debug port and the AHB access port (Arm Debug Interface v5.2; RM0410, "Debug support")."""

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.chip import Chip
from rig.virtual_board.rom_table import ROM_TABLE
from rig.virtual_board.wire import RefusedError, Status

IDCODE = 0x5BA0_2477
AHB_AP_IDR = 0x7477_0001
_IDR_OR_ABORT, _CTRL_STAT, _RDBUFF = 0x0, 0x4, 0xC
_STKERRCLR = 1 << 2
_STICKYERR = 1 << 5
_POWER_REQUESTS = 1 << 30 | 1 << 28  # CSYSPWRUPREQ, CDBGPWRUPREQ; each is acknowledged by the bit above it
_CSW, _TAR, _DRW, _BD0, _BASE, _IDR = 0x00, 0x04, 0x0C, 0x10, 0xF8, 0xFC
_CSW_FIXED, _CSW_DEVICE_ENABLED, _CSW_INCREMENTS = 0x2300_0000, 1 << 6, 0b11 << 4
_CSW_WRITABLE = 0x7F00_0F37
_INCREMENT_WRAPS = 0x3FF


class DebugPort:
    """What a probe can ask of the chip. Each method raises `RefusedError` with what the chip answers instead."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.failing_connects = 0
        """Connections from now on in which the debug port does not get beyond WAIT."""
        self._waiting = False
        self._control = 0
        self._last_read = 0
        self._csw = _CSW_FIXED | 2
        self._tar = 0

    def connect(self) -> None:
        """A line reset, and reading the identification."""
        if not self._chip.powered:
            raise RefusedError(Status.NO_TARGET, "the target does not answer")
        self._waiting = self.failing_connects > 0
        self.failing_connects -= self._waiting

    def power_on(self) -> None:
        """A power-on reset of the chip resets the debug port, too."""
        self._control = self._last_read = self._tar = 0
        self._csw = _CSW_FIXED | 2

    def read_dp(self, address: int) -> int:
        """A register of the debug port; its bank in the upper half of the address."""
        self._acknowledged()
        control = self._control | (self._control & _POWER_REQUESTS) << 1
        return {_IDR_OR_ABORT: IDCODE, _CTRL_STAT: control, _RDBUFF: self._last_read}.get(address, 0)

    def write_dp(self, address: int, value: int) -> None:
        """A register of the debug port."""
        self._acknowledged()
        if address == _IDR_OR_ABORT and value & _STKERRCLR:
            self._control &= ~_STICKYERR
        elif address == _CTRL_STAT:
            if self._waiting:
                raise RefusedError(Status.WAIT, "the debug port answers WAIT")
            self._control = self._control & _STICKYERR | value & _POWER_REQUESTS
            if value & _POWER_REQUESTS:
                self._chip.debugger_attached()

    def read_ap(self, address: int, count: int) -> list[int]:
        """`count` readings of one register of an access port."""
        self._accessible()
        values = [self._read_ap(address) for _ in range(count)]
        self._last_read = values[-1] if values else 0
        return values

    def write_ap(self, address: int, values: tuple[int, ...]) -> None:
        """One register of an access port, again and again."""
        self._accessible()
        for value in values:
            self._write_ap(address, value)

    def read_memory(self, address: int, length: int) -> bytes:
        """A block of memory."""
        self._accessible()
        try:
            return self._chip.read(address, length)
        except BusFaultError as fault:
            raise RefusedError(Status.FAULT, "read", fault.address) from fault

    def write_memory(self, width: int, address: int, data: bytes) -> None:
        """A block of memory, by accesses of that width."""
        self._accessible()
        try:
            if self._chip.is_ram(address, len(data)):
                self._chip.write(address, data)
                return
            for offset in range(0, len(data), width):
                self._chip.write(address + offset, data[offset : offset + width])
        except BusFaultError as fault:
            raise RefusedError(Status.FAULT, "write", fault.address) from fault

    def _acknowledged(self) -> None:
        if not self._chip.powered:
            raise RefusedError(Status.NO_ACK, "the target does not acknowledge")

    def _accessible(self) -> None:
        self._acknowledged()
        if self._waiting:
            raise RefusedError(Status.WAIT, "the access port answers WAIT")
        if self._control & _STICKYERR or self._control & _POWER_REQUESTS != _POWER_REQUESTS:
            raise RefusedError(Status.FAULT, "sticky error, or debug power is off", self._tar)

    def _read_ap(self, address: int) -> int:
        port, register = address >> 24, address & 0xFC
        if port:
            return 0  # there is no other access port
        if register == _DRW:
            return self._transfer(None)
        if _BD0 <= register < _BD0 + 0x10:
            return self._banked(register, None)
        fixed = {_CSW: self._csw | _CSW_DEVICE_ENABLED, _TAR: self._tar, _BASE: ROM_TABLE | 0b11, _IDR: AHB_AP_IDR}
        return fixed.get(register, 0)

    def _write_ap(self, address: int, value: int) -> None:
        port, register = address >> 24, address & 0xFC
        if port:
            return
        if register == _DRW:
            self._transfer(value)
        elif _BD0 <= register < _BD0 + 0x10:
            self._banked(register, value)
        elif register == _CSW:
            self._csw = value & _CSW_WRITABLE
        elif register == _TAR:
            self._tar = value

    def _banked(self, register: int, value: int | None) -> int:
        return self._access((self._tar & ~0xF) + register - _BD0, 4, value)

    def _transfer(self, value: int | None) -> int:
        """DRW: one access of the width that CSW says, in its byte lanes, and the address goes on."""
        width = 1 << (self._csw & 0b111)
        result = self._access(self._tar, width, value)
        if self._csw & _CSW_INCREMENTS:
            self._tar = self._tar & ~_INCREMENT_WRAPS | self._tar + width & _INCREMENT_WRAPS
        return result

    def _access(self, address: int, width: int, value: int | None) -> int:
        lane = 8 * (address & 3)
        try:
            if value is None:
                return int.from_bytes(self._chip.read(address, width), "little") << lane
            octets = (value >> lane & (1 << 8 * width) - 1).to_bytes(width, "little")
            self._chip.write(address, octets)
        except BusFaultError as fault:
            self._control |= _STICKYERR
            raise RefusedError(Status.FAULT, "memory access", fault.address) from fault
        return 0
