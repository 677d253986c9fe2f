"""Read protection as RM0410 3.5.1 has it."""

import pytest

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.option_bytes import KEYS, OptionBytes

OPTCR = 0x4002_3C14
LOCK, START = 0b01, 0b10


class Counted:
    """Counts mass erasures."""

    def __init__(self) -> None:
        self.erased = 0
        self.options = OptionBytes(self._erase)

    def _erase(self) -> None:
        self.erased += 1

    def protected(self) -> bool:
        return self.options.protected

    def set_rdp(self, value: int) -> None:
        for key in KEYS:
            self.options.key(key)
        self.options.write(OPTCR, self.options.control & ~0xFF00 | value << 8)
        self.options.write(OPTCR, self.options.control | START)
        self.options.write(OPTCR, self.options.control | LOCK)


def test_factory_setting_is_one_bank_without_any_protection() -> None:
    options = Counted().options
    assert options.control == 0xFFFF_AAFD
    assert not options.protected
    assert not any(options.write_protected(sector) for sector in range(12))


def test_nothing_is_written_while_locked() -> None:
    options = Counted().options
    options.write(OPTCR, 0)
    assert options.control == 0xFFFF_AAFD


def test_wrong_key_is_a_bus_fault_until_reset() -> None:
    options = Counted().options
    with pytest.raises(BusFaultError):
        options.key(KEYS[1])
    with pytest.raises(BusFaultError):
        options.key(KEYS[0])
    options.reset()
    options.key(KEYS[0])
    options.key(KEYS[1])
    assert not options.locked


def test_what_is_not_started_is_forgotten_at_reset() -> None:
    options = Counted().options
    for key in KEYS:
        options.key(key)
    options.write(OPTCR, options.control & ~0xFF00)
    options.reset()
    assert options.control == 0xFFFF_AAFD


def test_going_back_from_level_1_erases_the_flash() -> None:
    counted = Counted()
    counted.set_rdp(0x55)
    assert counted.protected()
    assert counted.erased == 0
    counted.set_rdp(0xAA)
    assert not counted.protected()
    assert counted.erased == 1


def test_there_is_no_way_back_from_level_2() -> None:
    counted = Counted()
    counted.set_rdp(0xCC)
    counted.set_rdp(0xAA)
    assert counted.protected()
    assert counted.erased == 0
