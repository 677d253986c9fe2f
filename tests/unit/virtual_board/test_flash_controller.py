"""The flash controller does what RM0410 chapter 3 says, not what would be convenient."""

import pytest

from rig.virtual_board.bus_fault import BusFaultError
from rig.virtual_board.flash import ERSERR, KEYS, PGAERR, PGPERR, WRPERR, Flash
from rig.virtual_board.option_bytes import KEYS as OPTION_KEYS
from rig.virtual_board.variant import STM32F746, STM32F769

BASE = 0x0800_0000
KEYR, OPTKEYR, SR, CR, OPTCR = 0x4002_3C04, 0x4002_3C08, 0x4002_3C0C, 0x4002_3C10, 0x4002_3C14
PG, SER, MER, STRT, LOCK, BSY, EOP = 1 << 0, 1 << 1, 1 << 2, 1 << 16, 1 << 31, 1 << 16, 1 << 0
BYTE, WORD = 0 << 8, 2 << 8
KIB = 1024


@pytest.fixture
def flash() -> Flash:
    """A blank one, unlocked."""
    blank = Flash(STM32F769)
    for key in KEYS:
        blank.write_register(KEYR, key)
    return blank


def program(flash: Flash, address: int, value: int) -> int:
    """Program one word; the error bits in FLASH_SR."""
    flash.write_register(CR, PG | WORD)
    flash.write(address, value.to_bytes(4, "little"))
    return errors(flash)


def erase_sector(flash: Flash, number: int) -> int:
    flash.write_register(CR, SER | number << 3)
    flash.write_register(CR, SER | number << 3 | STRT)
    return errors(flash)


def errors(flash: Flash) -> int:
    return flash.read_register(SR) & 0xF0


def word(flash: Flash, address: int) -> int:
    return int.from_bytes(flash.read(address, 4), "little")


def test_blank_flash_reads_as_ones() -> None:
    assert Flash(STM32F769).read(BASE, 2048 * KIB) == b"\xff" * (2048 * KIB)


def test_programming_only_clears_bits(flash: Flash) -> None:
    assert program(flash, BASE, 0xFFFF_00FF) == 0
    assert program(flash, BASE, 0x1234_FFFF) == 0
    assert word(flash, BASE) == 0x1234_00FF


def test_controller_is_busy_until_its_status_was_read(flash: Flash) -> None:
    flash.write_register(CR, PG | WORD)
    flash.write(BASE, bytes(4))
    assert flash.read_register(SR) & BSY
    assert not flash.read_register(SR) & BSY


def test_end_of_operation_shows_only_with_its_interrupt_enabled(flash: Flash) -> None:
    program(flash, BASE, 0)
    assert not flash.read_register(SR) & EOP
    flash.write_register(CR, PG | WORD | 1 << 24)
    flash.write(BASE + 4, bytes(4))
    assert flash.read_register(SR) & EOP
    flash.write_register(SR, EOP)
    assert not flash.read_register(SR) & EOP


@pytest.mark.parametrize(
    ("sector", "start", "size"), [(0, 0, 32), (3, 96, 32), (4, 128, 128), (5, 256, 256), (11, 1792, 256)]
)
def test_erasing_a_sector_erases_it_and_nothing_else(flash: Flash, sector: int, start: int, size: int) -> None:
    first, last = BASE + start * KIB, BASE + (start + size) * KIB - 4
    around = [address for address in (first - 4, last + 4) if BASE <= address < BASE + 2048 * KIB]
    for address in (first, last, *around):
        program(flash, address, 0)
    assert erase_sector(flash, sector) == 0
    assert [word(flash, address) for address in (first, last)] == [0xFFFF_FFFF] * 2
    assert [word(flash, address) for address in around] == [0] * len(around)


def test_mass_erase_erases_all(flash: Flash) -> None:
    program(flash, BASE, 0)
    program(flash, BASE + 2048 * KIB - 4, 0)
    flash.write_register(CR, MER)
    flash.write_register(CR, MER | STRT)
    assert flash.read(BASE, 2048 * KIB) == b"\xff" * (2048 * KIB)


def test_sector_that_does_not_exist_is_not_erased(flash: Flash) -> None:
    assert erase_sector(flash, 12) == ERSERR


def test_after_reset_the_controller_is_locked_and_refuses() -> None:
    flash = Flash(STM32F769)
    assert flash.read_register(CR) == LOCK
    assert program(flash, BASE, 0) & ERSERR
    assert flash.read_register(CR) == LOCK
    assert word(flash, BASE) == 0xFFFF_FFFF


def test_locking_again_refuses_again(flash: Flash) -> None:
    flash.write_register(CR, LOCK)
    assert program(flash, BASE, 0) & ERSERR
    assert word(flash, BASE) == 0xFFFF_FFFF


def test_wrong_key_is_a_bus_fault_and_locks_until_reset() -> None:
    flash = Flash(STM32F769)
    with pytest.raises(BusFaultError):
        flash.write_register(KEYR, 0x1234_5678)
    for key in KEYS:
        with pytest.raises(BusFaultError):
            flash.write_register(KEYR, key)
    assert flash.read_register(CR) == LOCK
    flash.reset()
    for key in KEYS:
        flash.write_register(KEYR, key)
    assert flash.read_register(CR) == 0


def test_error_stays_until_it_is_cleared_by_writing_one(flash: Flash) -> None:
    flash.write_register(CR, 0)
    flash.write(BASE, bytes(4))
    assert errors(flash) & ERSERR
    assert errors(flash) & ERSERR
    flash.write_register(SR, 0xF0)
    assert errors(flash) == 0


def test_access_of_another_width_than_psize_says_is_refused(flash: Flash) -> None:
    flash.write_register(CR, PG | BYTE)
    flash.write(BASE, bytes(4))
    assert errors(flash) == PGPERR
    assert word(flash, BASE) == 0xFFFF_FFFF


def test_access_across_a_row_is_refused(flash: Flash) -> None:
    assert program(flash, BASE + 14, 0) == PGAERR


def test_write_protected_sector_is_neither_programmed_nor_erased(flash: Flash) -> None:
    program(flash, BASE, 0x1234)
    for key in OPTION_KEYS:
        flash.write_register(OPTKEYR, key)
    flash.write_register(OPTCR, flash.read_register(OPTCR) & ~(1 << 16))  # nWRP of sector 0
    flash.write_register(OPTCR, flash.read_register(OPTCR) | 0b10)
    assert program(flash, BASE, 0) == WRPERR
    flash.write_register(SR, 0xF0)
    assert erase_sector(flash, 0) == WRPERR
    assert word(flash, BASE) == 0x1234
    flash.write_register(SR, 0xF0)
    assert program(flash, BASE + 32 * KIB, 0) == 0


def test_hidden_flash_is_a_bus_fault_and_cannot_be_changed(flash: Flash) -> None:
    flash.hidden = True
    with pytest.raises(BusFaultError):
        flash.read(BASE, 4)
    assert program(flash, BASE, 0) & WRPERR
    flash.write_register(SR, 0xF0)
    assert erase_sector(flash, 0) == WRPERR


def test_smaller_chip_ends_earlier() -> None:
    flash = Flash(STM32F746)
    assert len(flash.read(BASE, 1024 * KIB)) == 1024 * KIB
    with pytest.raises(BusFaultError):
        flash.read(BASE + 1024 * KIB, 4)


@pytest.mark.parametrize("value", [0x00, 0x01, 0xFE, 0xFF])
def test_bad_cell_never_reads_back_what_was_programmed(flash: Flash, value: int) -> None:
    flash.bad = {BASE + 5}
    flash.write_register(CR, PG | BYTE)
    flash.write(BASE + 5, bytes([value]))
    assert flash.read(BASE, 8) == b"\xff" * 5 + bytes([value ^ 1]) + b"\xff" * 2


def test_supply_that_fails_leaves_the_rest_unprogrammed(flash: Flash) -> None:
    flash.supply = 8
    for address in range(BASE, BASE + 16, 4):
        program(flash, address, 0)
    assert flash.read(BASE, 16) == bytes(8) + b"\xff" * 8


def test_what_was_stored_comes_back() -> None:
    flash = Flash(STM32F769)
    flash.load(b"\x01\x02")
    assert flash.read(BASE, 4) == b"\x01\x02\xff\xff"
    assert flash.content()[:4] == b"\x01\x02\xff\xff"
    assert not flash.changed
