"""What a debugger sees of the chip through its debug port."""

import struct

import pytest

pytest.importorskip("unicorn", reason="the virtual board needs Unicorn: pip install 'zephyr-ocpp-rig[virtual-board]'")

from rig.virtual_board.chip import Chip
from rig.virtual_board.core import Application
from rig.virtual_board.debug_port import DebugPort
from rig.virtual_board.variant import STM32F746
from rig.virtual_board.wire import RefusedError, Status

FLASH, RAM = 0x0800_0000, 0x2000_0000
PROGRAM = struct.pack("<II", 0x2002_0000, 0x0800_0201)
CTRL_STAT, ABORT = 0x4, 0x0
CSW, TAR, DRW, BD1, IDR, BASE = 0x00, 0x04, 0x0C, 0x14, 0xFC, 0xF8
DHCSR, DCRSR, DCRDR, DEMCR, AIRCR, DFSR = 0xE000_EDF0, 0xE000_EDF4, 0xE000_EDF8, 0xE000_EDFC, 0xE000_ED0C, 0xE000_ED30
KEY, ENABLE, HALT, STEP = 0xA05F_0000, 0b001, 0b010, 0b100
S_HALT, S_LOCKUP, S_RESET = 1 << 17, 1 << 19, 1 << 25
RESET = 0x05FA_0004


class Bench:
    """A chip with a debugger at it."""

    def __init__(self, content: bytes = b"", *, attached: bool = True) -> None:
        self.chip = Chip()
        self.chip.flash.load(content)
        self.chip.power_on()
        self.port = DebugPort(self.chip)
        self.port.connect()
        if attached:
            self.port.write_dp(CTRL_STAT, 0x5000_0000)

    def application(self) -> Application:
        return self.chip.core.application

    def read(self, address: int) -> int:
        return int.from_bytes(self.port.read_memory(address, 4), "little")

    def write(self, address: int, *values: int) -> None:
        self.port.write_memory(4, address, struct.pack(f"<{len(values)}I", *values))

    def register(self, number: int) -> int:
        self.write(DCRSR, number)
        return self.read(DCRDR)

    def set_register(self, number: int, value: int) -> None:
        self.write(DCRDR, value)
        self.write(DCRSR, number | 1 << 16)

    def run_in_ram(self, *halfwords: int) -> None:
        """Execute Thumb code until it stops, or for a while."""
        self.write(DHCSR, KEY | ENABLE | HALT)
        self.port.write_memory(2, RAM, struct.pack(f"<{len(halfwords)}H", *halfwords))
        self.set_register(15, RAM)
        self.write(DHCSR, KEY | ENABLE)
        self.chip.core.run()


# ---- the debug port


def test_debug_port_and_access_port_have_their_identification() -> None:
    bench = Bench()
    assert bench.port.read_dp(0) == 0x5BA0_2477
    assert bench.port.read_ap(IDR, 1) == [0x7477_0001]
    assert bench.port.read_ap(1 << 24 | IDR, 1) == [0]
    assert bench.port.read_ap(BASE, 1) == [0xE00F_D003]


def test_access_port_wants_debug_power() -> None:
    bench = Bench(attached=False)
    with pytest.raises(RefusedError) as caught:
        bench.port.read_ap(IDR, 1)
    assert caught.value.status is Status.FAULT
    bench.port.write_dp(CTRL_STAT, 0x5000_0000)
    assert bench.port.read_dp(CTRL_STAT) == 0xF000_0000
    assert bench.port.read_ap(IDR, 1) == [0x7477_0001]


def test_addresses_go_on_within_one_kilobyte() -> None:
    bench = Bench()
    bench.write(RAM + 0x3FC, 1)
    bench.write(RAM, 2)
    bench.port.write_ap(CSW, (0x2300_0012,))
    bench.port.write_ap(TAR, (RAM + 0x3FC,))
    assert bench.port.read_ap(DRW, 2) == [1, 2]
    assert bench.port.read_ap(TAR, 1) == [RAM + 4]


def test_bytes_travel_in_their_lanes() -> None:
    bench = Bench()
    bench.port.write_ap(CSW, (0x2300_0010,))
    bench.port.write_ap(TAR, (RAM + 1,))
    bench.port.write_ap(DRW, (0x0000_AB00, 0x00CD_0000))
    assert bench.read(RAM) == 0x00CD_AB00


def test_banked_registers_reach_four_words() -> None:
    bench = Bench()
    bench.port.write_ap(TAR, (RAM + 0x10,))
    bench.port.write_ap(BD1, (0x1234,))
    assert bench.read(RAM + 0x14) == 0x1234


def test_bus_fault_sticks_until_it_is_cleared() -> None:
    bench = Bench()
    bench.port.write_ap(TAR, (0xA000_0000,))
    with pytest.raises(RefusedError) as caught:
        bench.port.read_ap(DRW, 1)
    assert (caught.value.status, caught.value.address) == (Status.FAULT, 0xA000_0000)
    assert bench.port.read_dp(CTRL_STAT) & 1 << 5
    with pytest.raises(RefusedError):
        bench.port.read_ap(IDR, 1)
    bench.port.write_dp(ABORT, 0x1E)
    assert bench.port.read_ap(IDR, 1) == [0x7477_0001]


def test_chip_without_power_acknowledges_nothing() -> None:
    bench = Bench()
    bench.chip.power_off()
    for access in (lambda: bench.port.read_dp(0), lambda: bench.port.read_ap(IDR, 1), lambda: bench.read(RAM)):
        with pytest.raises(RefusedError) as caught:
            access()
        assert caught.value.status is Status.NO_ACK
    with pytest.raises(RefusedError) as caught:
        bench.port.connect()
    assert caught.value.status is Status.NO_TARGET


# ---- what it is


def test_chip_tells_who_it_is() -> None:
    bench = Bench()
    assert bench.read(0xE004_2000) & 0xFFF == 0x451
    assert bench.read(0xE000_ED00) == 0x411F_C270
    assert bench.port.read_memory(0x1FF0_F442, 2) == (2048).to_bytes(2, "little")
    # The ROM table's peripheral id: part 0x451 of ST, JEP106 bank 0, 0x20.
    ids = [bench.read(0xE00F_D000 + offset) & 0xFF for offset in (0xFE0, 0xFE4, 0xFE8, 0xFD0)]
    assert ids == [0x51, 0x04, 0x0A, 0x00]


def test_other_chip_tells_that_it_is_another() -> None:
    bench = Bench()
    bench.chip.variant = STM32F746
    assert bench.read(0xE004_2000) & 0xFFF == 0x449
    assert bench.read(0xE00F_DFE0) == 0x49
    assert bench.port.read_memory(0x1FF0_F442, 2) == (1024).to_bytes(2, "little")
    with pytest.raises(RefusedError):
        bench.read(RAM + 320 * 1024)


# ---- halting and reset


def test_program_runs_from_power_on() -> None:
    assert Bench(PROGRAM).application() is Application.RUNNING


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param(b"\xff" * 8, id="blank"),
        pytest.param(struct.pack("<II", 0x2002_0000, 0x0800_0200), id="no Thumb code"),
        pytest.param(struct.pack("<II", 0x1000_0000, 0x0800_0201), id="no stack in RAM"),
        pytest.param(struct.pack("<II", 0x2002_0000, 0x2000_0201), id="entry in RAM"),
    ],
)
def test_core_locks_up_without_valid_vectors(vectors: bytes) -> None:
    bench = Bench(vectors)
    assert bench.application() is Application.OFF
    assert bench.read(DHCSR) & S_LOCKUP
    bench.write(DHCSR, KEY | ENABLE | HALT)
    assert bench.read(DHCSR) & (S_HALT | S_LOCKUP) == S_HALT


def test_halting_pauses_the_program() -> None:
    bench = Bench(PROGRAM)
    bench.write(DHCSR, KEY | ENABLE | HALT)
    assert bench.application() is Application.PAUSED
    bench.write(DHCSR, KEY | ENABLE)
    assert bench.application() is Application.RUNNING


def test_without_its_key_the_halting_register_is_not_written() -> None:
    bench = Bench(PROGRAM)
    bench.write(DHCSR, ENABLE | HALT)
    assert not bench.read(DHCSR) & S_HALT


def test_vector_catch_halts_at_the_reset_vector() -> None:
    bench = Bench(PROGRAM)
    bench.write(DHCSR, KEY | ENABLE)
    bench.write(DEMCR, 1)
    bench.write(AIRCR, RESET)
    assert bench.read(DHCSR) & (S_HALT | S_RESET) == S_HALT | S_RESET
    assert not bench.read(DHCSR) & S_RESET
    assert bench.read(DFSR) & 1 << 3
    assert (bench.register(13), bench.register(15)) == (0x2002_0000, 0x0800_0200)
    assert bench.application() is Application.OFF
    bench.write(DHCSR, KEY | ENABLE)
    assert bench.application() is Application.RUNNING


def test_reset_line_holds_the_core() -> None:
    bench = Bench(PROGRAM)
    bench.chip.core.hold()
    assert bench.application() is Application.OFF
    bench.chip.core.reset()
    assert bench.application() is Application.RUNNING


def test_reset_locks_the_flash_again() -> None:
    bench = Bench(PROGRAM)
    bench.write(0x4002_3C04, 0x4567_0123)
    bench.write(0x4002_3C04, 0xCDEF_89AB)
    assert bench.read(0x4002_3C10) == 0
    bench.write(AIRCR, RESET)
    assert bench.read(0x4002_3C10) == 1 << 31


def test_power_on_forgets_the_debugger() -> None:
    bench = Bench(PROGRAM)
    bench.write(DHCSR, KEY | ENABLE)
    bench.write(DEMCR, 1)
    bench.chip.power_on()
    assert bench.application() is Application.RUNNING


# ---- code in RAM


def test_code_in_ram_runs_to_its_breakpoint() -> None:
    bench = Bench()
    bench.run_in_ram(0x202A, 0xBE00)  # movs r0, #42; bkpt
    assert bench.read(DHCSR) & S_HALT
    assert (bench.register(0), bench.register(15)) == (42, RAM + 2)
    assert bench.read(DFSR) & 0b10


def test_endless_code_goes_on_until_it_is_halted() -> None:
    bench = Bench()
    bench.run_in_ram(0xE7FE)  # b .
    assert not bench.read(DHCSR) & S_HALT
    assert bench.chip.core.executing
    bench.write(DHCSR, KEY | ENABLE | HALT)
    assert bench.read(DHCSR) & S_HALT
    assert bench.register(15) == RAM


def test_fault_in_ram_locks_the_core_up() -> None:
    bench = Bench()
    bench.run_in_ram(0x6800)  # ldr r0, [r0], with 0xA0000000 in r0
    bench.write(DHCSR, KEY | ENABLE | HALT)
    bench.set_register(0, 0xA000_0000)
    bench.set_register(15, RAM)
    bench.write(DHCSR, KEY | ENABLE)
    bench.chip.core.run()
    assert bench.read(DHCSR) & S_LOCKUP


def test_one_step_is_one_instruction() -> None:
    bench = Bench()
    bench.write(DHCSR, KEY | ENABLE | HALT)
    bench.port.write_memory(2, RAM, struct.pack("<2H", 0x2001, 0x2002))  # movs r0, #1; movs r0, #2
    bench.set_register(15, RAM)
    bench.write(DHCSR, KEY | ENABLE | STEP)
    assert (bench.register(0), bench.register(15)) == (1, RAM + 2)
    assert bench.read(DHCSR) & S_HALT


def test_code_that_was_replaced_is_not_executed_again() -> None:
    bench = Bench()
    bench.run_in_ram(0x2001, 0xBE00)
    bench.run_in_ram(0x2002, 0xBE00)
    assert bench.register(0) == 2


# ---- read protection


def test_protected_program_runs_as_long_as_nobody_debugs() -> None:
    bench = Bench(PROGRAM, attached=False)
    bench.chip.protected = True
    bench.chip.power_on()
    assert bench.application() is Application.RUNNING
    bench.port.write_dp(CTRL_STAT, 0x5000_0000)
    assert bench.application() is Application.OFF
    with pytest.raises(RefusedError) as caught:
        bench.read(FLASH)
    assert (caught.value.status, caught.value.address) == (Status.FAULT, FLASH)
    bench.write(DHCSR, KEY | ENABLE | HALT)
    bench.write(DHCSR, KEY | ENABLE)
    assert bench.application() is Application.OFF
    bench.write(AIRCR, RESET)
    assert bench.application() is Application.OFF
    bench.chip.power_on()
    assert bench.application() is Application.RUNNING
