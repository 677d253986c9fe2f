"""What is asked of a chip before anything is written, and how what is read back is compared."""

from __future__ import annotations

import contextlib
import socket
from typing import cast

import pytest
from pyocd.core import exceptions
from pyocd.core.soc_target import SoCTarget
from pyocd.probe.debug_probe import DebugProbe
from pyocd.utility.sockets import ClientSocket

from firmware_build.flash import ChipLocked, FlashError, NoPower, WrongChip
from firmware_build.flash.chips import STM32F76X
from firmware_build.flash.image import Image
from firmware_build.flash.link import ConnectChecks, check_chip, check_open, heed_a_closed_connection
from firmware_build.flash.program import Difference, compare

IDCODE, OPTCR = STM32F76X.idcode, STM32F76X.option_control
FACTORY = 0xFFFFAAFD
"""FLASH_OPTCR as ST delivers it (RM0410): level 0, no sector protected, one bank."""
IMAGE = Image(((0x08000000, bytes(144_000)),))
"""Sectors 0 to 4."""


class Registers:
    """Stands in for pyOCD's target: words by address, a bus fault elsewhere."""

    def __init__(self, words: dict[int, int]) -> None:
        self._words = words

    def read32(self, address: int) -> int:
        if address not in self._words:
            raise exceptions.TransferFaultError(fault_address=address)  # type: ignore[no-untyped-call, unused-ignore]
        return self._words[address]


def target(words: dict[int, int]) -> SoCTarget:
    return cast("SoCTarget", Registers(words))


@pytest.mark.parametrize("revision", [0x1000, 0x1001, 0x2001])
def test_the_chip_of_the_board_passes_in_every_revision(revision: int) -> None:
    check_chip(target({IDCODE: revision << 16 | 0x451}), STM32F76X)


def test_another_chip_is_named_with_both_numbers() -> None:
    with pytest.raises(WrongChip, match=r"DEV_ID is 0x449 \(STM32F74x/F75x\), and STM32F76x/F77x has 0x451"):
        check_chip(target({IDCODE: 0x10000449}), STM32F76X)


def test_a_chip_without_that_register_is_another_chip() -> None:
    with pytest.raises(WrongChip, match="no DBGMCU_IDCODE at 0xe0042000"):
        check_chip(target({}), STM32F76X)


def test_a_chip_as_delivered_may_be_flashed() -> None:
    check_open(target({OPTCR: FACTORY}), STM32F76X, IMAGE)


@pytest.mark.parametrize("rdp", [0x00, 0x55, 0xFF])
def test_a_read_protected_chip_is_locked(rdp: int) -> None:
    with pytest.raises(ChipLocked, match=f"RDP is 0x{rdp:02x}, not 0xaa") as locked:
        check_open(target({OPTCR: FACTORY & ~0xFF00 | rdp << 8}), STM32F76X, IMAGE)
    assert "this erases the chip" in locked.value.cure


def test_write_protected_sectors_are_named_where_the_image_needs_them() -> None:
    protected = FACTORY & ~(1 << 16 + 1 | 1 << 16 + 4 | 1 << 16 + 9)

    with pytest.raises(ChipLocked, match=r"sectors \[1, 4\], which are write-protected"):
        check_open(target({OPTCR: protected}), STM32F76X, IMAGE)


def test_a_write_protected_sector_that_the_image_does_not_need_does_no_harm() -> None:
    check_open(target({OPTCR: FACTORY & ~(1 << 16 + 9)}), STM32F76X, IMAGE)


def test_a_flash_of_two_banks_is_refused_because_its_sectors_lie_elsewhere() -> None:
    with pytest.raises(FlashError, match="nDBANK = 0"):
        check_open(target({OPTCR: FACTORY & ~(1 << 29)}), STM32F76X, IMAGE)


class StLink:
    """What pyOCD keeps the voltage of an ST-LINK in."""

    unique_id = "PROBE1"

    def __init__(self, target_voltage: float | None) -> None:
        self._link = self
        self.target_voltage = target_voltage


def test_a_supply_voltage_that_is_too_low_is_told_before_the_chip_is_asked() -> None:
    checks = ConnectChecks(cast("DebugProbe", StLink(1.42)), STM32F76X)

    with pytest.raises(NoPower, match=r"PROBE1 measures 1\.42 V at the chip, which needs 1\.7 V"):
        checks.will_connect(board=None)


@pytest.mark.parametrize("voltage", [3.27, 1.8, None])
def test_a_good_voltage_or_one_that_is_not_told_lets_it_go_on(voltage: float | None) -> None:
    ConnectChecks(cast("DebugProbe", StLink(voltage)), STM32F76X).will_connect(board=None)


def test_equal_bytes_are_no_difference() -> None:
    assert compare(iter([(0x08000000, b"abc", b"abc"), (0x08000003, b"", b"")])) is None


def test_the_first_byte_that_differs_is_told_and_all_are_counted() -> None:
    pieces = [(0x08000000, b"abcd", b"abcd"), (0x08000004, b"efgh", b"eFgH"), (0x08000008, b"ijkl", b"\0jkl")]

    assert compare(iter(pieces)) == Difference(address=0x08000005, wanted=ord("f"), found=ord("F"), count=3)


def test_pyocds_client_of_a_probe_server_sees_that_the_server_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientSocket, "read", ClientSocket.read)  # put back afterwards
    heed_a_closed_connection()
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = ClientSocket(*server.getsockname())
        client.connect()
        with contextlib.closing(server.accept()[0]) as connection:
            connection.sendall(b"an answer\nhalf of an")

    assert client.readline() == b"an answer\n"
    with pytest.raises(ConnectionResetError, match="the pyOCD server closed the connection"):
        client.readline()
    client.close()
