"""The flash memory and its controller (RM0410, "Embedded Flash memory"), with the cells that are broken."""

from itertools import accumulate

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.option_bytes import OptionBytes
from rig.virtual_board.variant import FLASH_BASE, Variant

REGISTERS = 0x4002_3C00
_ACR, _KEYR, _OPTKEYR, _SR, _CR, _OPTCR, _OPTCR1 = range(REGISTERS, REGISTERS + 0x1C, 4)

KEYS = (0x4567_0123, 0xCDEF_89AB)

# FLASH_SR; ERSERR is what the F4 family calls PGSERR.
EOP, OPERR, WRPERR, PGAERR, PGPERR, ERSERR, BSY = 1 << 0, 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 16
_ERRORS = WRPERR | PGAERR | PGPERR | ERSERR
# FLASH_CR
PG, SER, MER, STRT, EOPIE, ERRIE, LOCK = 1 << 0, 1 << 1, 1 << 2, 1 << 16, 1 << 24, 1 << 25, 1 << 31
SNB_SHIFT, PSIZE_SHIFT = 3, 8
_CR_BITS = PG | SER | MER | 0x1F << SNB_SHIFT | 0b11 << PSIZE_SHIFT | EOPIE | ERRIE | LOCK

ERASED = 0xFF
_ROW = 16
"""Bytes; what is programmed at once may not cross such a boundary (PGAERR)."""
LARGEST = 2 << 20


class Flash:
    """The cells, seen from the bus, and the registers.

    An operation takes until FLASH_SR was read once with BSY set. While `hidden`, the bus refuses all access.
    """

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.options = OptionBytes(self._erase_all)
        self._cells = bytearray([ERASED]) * LARGEST
        self.bad: set[int] = set()
        """Addresses of bytes whose lowest bit reads back wrong."""
        self.hidden = False
        self.supply: int | None = None
        """Bytes that can still be programmed before the supply fails; None: no end."""
        self.changed = False
        """Set by every erasure and every programming."""
        self._access_control = 0
        self._control = LOCK
        self._status = 0
        self._keys: tuple[int, ...] = ()

    # ---- the cells

    def load(self, content: bytes) -> None:
        """Put in what another session left; bytes behind its end stay erased."""
        self._cells[: len(content)] = content[:LARGEST]

    def content(self) -> bytes:
        """What is stored, as bad cells do not show it."""
        return bytes(self._cells)

    def read(self, address: int, length: int) -> bytes:
        """What the bus sees.

        Raises:
            BusFaultError: it is beyond the flash, or hidden by the read protection.
        """
        start = self._offset(address, length)
        seen = bytearray(self._cells[start : start + length])
        for cell in self.bad:
            if address <= cell < address + length:
                seen[cell - address] ^= 1
        return bytes(seen)

    def write(self, address: int, data: bytes) -> None:
        """One access of the bus: it programs, which only ever clears bits, or leaves its error in FLASH_SR.

        Raises:
            BusFaultError: it is beyond the flash.
        """
        if not FLASH_BASE <= address <= FLASH_BASE + self.variant.flash - len(data):
            raise BusFaultError(address)
        start = address - FLASH_BASE
        self._status &= ~BSY
        if error := self._refusal(start, len(data)):
            self._fail(error)
            return
        if self.supply is not None:
            self.supply -= len(data)
            if self.supply < 0:
                return
        for offset, value in enumerate(data, start):
            self._cells[offset] &= value
        self._done()

    def _offset(self, address: int, length: int) -> int:
        if self.hidden or not FLASH_BASE <= address <= FLASH_BASE + self.variant.flash - length:
            raise BusFaultError(address)
        return address - FLASH_BASE

    def _refusal(self, offset: int, length: int) -> int:
        """The error bits of a write at `offset`; 0 when it is in order."""
        error = 0
        if self._control & LOCK or not self._control & PG:
            error |= ERSERR
        if length != 1 << (self._control >> PSIZE_SHIFT & 0b11):
            error |= PGPERR
        if offset % _ROW + length > _ROW:
            error |= PGAERR
        if self.hidden or self.options.write_protected(self.variant.sector_at(offset)):
            error |= WRPERR
        return error

    # ---- the registers

    def reset(self) -> None:
        """A system reset: everything but the cells."""
        self._access_control, self._control, self._status, self._keys = 0, LOCK, 0, ()
        self.options.reset()

    def read_register(self, address: int) -> int:
        """A 32-bit register; write-only ones read as 0."""
        match address:
            case 0x4002_3C00:
                return self._access_control
            case 0x4002_3C0C:
                seen = self._status
                self._status &= ~BSY
                return seen
            case 0x4002_3C10:
                return self._control
            case 0x4002_3C14:
                return self.options.control
            case 0x4002_3C18:
                return self.options.boot
        return 0

    def write_register(self, address: int, value: int) -> None:
        """A 32-bit register.

        Raises:
            BusFaultError: a wrong key; FLASH_CR then stays locked until the next reset.
        """
        match address:
            case 0x4002_3C00:
                self._access_control = value
            case 0x4002_3C04:
                self._key(value)
            case 0x4002_3C08:
                self.options.key(value)
            case 0x4002_3C0C:
                self._status &= ~(value & (EOP | OPERR | _ERRORS))
            case 0x4002_3C10:
                self._write_control(value)
            case 0x4002_3C14 | 0x4002_3C18:
                self.options.write(address, value)

    def _key(self, value: int) -> None:
        self._keys = (*self._keys, value)
        if self._keys != KEYS[: len(self._keys)]:
            self._control |= LOCK
            self._keys = (0,)  # whatever comes now is wrong
            raise BusFaultError(0x4002_3C04)
        if self._keys == KEYS:
            self._control &= ~LOCK
            self._keys = ()

    def _write_control(self, value: int) -> None:
        self._status &= ~BSY  # the bus waits for the end of the operation (RM0410, erase sequences)
        if self._control & LOCK:
            return
        self._control = value & _CR_BITS
        if value & STRT and not self._control & LOCK:
            self._erase()

    def _erase(self) -> None:
        sector = self._control >> SNB_SHIFT & 0x1F
        mode = self._control & (SER | MER | PG)
        if mode == MER:
            doomed = range(len(self.variant.sectors))
        elif mode == SER and sector < len(self.variant.sectors):
            doomed = range(sector, sector + 1)
        else:
            self._fail(ERSERR)
            return
        if self.hidden or any(map(self.options.write_protected, doomed)):
            self._fail(WRPERR)
            return
        ends = [0, *accumulate(self.variant.sectors)]
        start, end = ends[doomed.start], ends[doomed.stop]
        self._cells[start:end] = bytes([ERASED]) * (end - start)
        self._done()

    def _erase_all(self) -> None:
        """What taking away the read protection does."""
        self._cells[:] = bytes([ERASED]) * LARGEST
        self._done()

    def _done(self) -> None:
        self.changed = True
        self._status |= BSY | (EOP if self._control & EOPIE else 0)

    def _fail(self, error: int) -> None:
        self._status |= error | (OPERR if self._control & ERRIE else 0)
