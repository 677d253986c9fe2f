"""The option bytes: read protection, write protection, and the key that guards them (RM0410, "FLASH option bytes")."""

from collections.abc import Callable

from rig.virtual_board.bus_fault import BusFaultError

KEYS = (0x0819_2A3B, 0x4C5D_6E7F)
LOCK, START = 1 << 0, 1 << 1
RDP_SHIFT = 8
RDP_NONE, RDP_FOR_GOOD = 0xAA, 0xCC
N_WRP_SHIFT = 16
N_DBANK = 1 << 29
FACTORY = 0xFFFF_AAFD
FACTORY_BOOT = 0x0040_0080
_OPTCR, _OPTCR1 = 0x4002_3C14, 0x4002_3C18


class OptionBytes:
    """FLASH_OPTKEYR, FLASH_OPTCR and FLASH_OPTCR1. `mass_erase` is called when the read protection is taken away."""

    def __init__(self, mass_erase: Callable[[], None]) -> None:
        self._mass_erase = mass_erase
        self._programmed = FACTORY & ~(LOCK | START)
        self._boot = FACTORY_BOOT
        self._shadow = self._programmed
        self._keys: tuple[int, ...] = ()
        self.locked = True

    @property
    def control(self) -> int:
        """FLASH_OPTCR as it reads."""
        return self._shadow | (LOCK if self.locked else 0)

    @property
    def boot(self) -> int:
        """FLASH_OPTCR1."""
        return self._boot

    @property
    def protected(self) -> bool:
        """Whether a debugger must not see the flash: read protection level 1 or 2."""
        return self._rdp() != RDP_NONE

    @protected.setter
    def protected(self, value: bool) -> None:
        self._set_rdp(0x55 if value else RDP_NONE)

    def write_protected(self, sector: int) -> bool:
        """Whether this sector can be neither erased nor programmed: its nWRP bit is 0."""
        return not self._programmed >> (N_WRP_SHIFT + sector) & 1

    def reset(self) -> None:
        """A system reset: the lock closes, the registers are loaded anew."""
        self.locked, self._keys, self._shadow = True, (), self._programmed

    def key(self, value: int) -> None:
        """FLASH_OPTKEYR.

        Raises:
            BusFaultError: the key is wrong; the lock stays closed until the next reset.
        """
        self._keys = (*self._keys, value)
        if self._keys != KEYS[: len(self._keys)]:
            self._keys = (0,)  # whatever comes now is wrong
            raise BusFaultError(0x4002_3C08)
        if self._keys == KEYS:
            self.locked, self._keys = False, ()

    def write(self, address: int, value: int) -> None:
        """FLASH_OPTCR or FLASH_OPTCR1; ignored while locked. OPTSTRT programs what was written before."""
        if self.locked:
            return
        if address == _OPTCR1:
            self._boot = value
            return
        self.locked = bool(value & LOCK)
        self._shadow = value & ~(LOCK | START)
        if value & START:
            self._program()

    def _program(self) -> None:
        before = self._rdp()
        if before == RDP_FOR_GOOD:  # level 2 is irrevocable
            self._shadow = self._programmed
            return
        self._programmed = self._shadow
        if before != RDP_NONE and self._rdp() == RDP_NONE:
            self._mass_erase()

    def _rdp(self) -> int:
        return self._programmed >> RDP_SHIFT & 0xFF

    def _set_rdp(self, value: int) -> None:
        self._programmed = self._programmed & ~(0xFF << RDP_SHIFT) | value << RDP_SHIFT
        self._shadow = self._programmed
