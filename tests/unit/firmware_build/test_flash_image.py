"""The bytes that are flashed, and the sectors that they lie in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from firmware_build import ImageRefused, UnknownBoard
from firmware_build.flash.chips import STM32F76X, find_chip
from firmware_build.flash.image import Image, read_image
from tests.hex_firmware import START, content, firmware_of


def test_an_image_has_the_segments_of_its_hex_file_and_nothing_between_them(tmp_path: Path) -> None:
    vectors, code = content(0x200), content(70_001, seed=2)
    path = firmware_of(tmp_path / "zephyr.hex", (START, vectors), (START + 0x8000, code)).hex

    image = read_image(path, STM32F76X)

    assert image.segments == ((START, vectors), (START + 0x8000, code))
    assert image.size == 0x200 + 70_001
    assert image.sha256 == hashlib.sha256(vectors + code).hexdigest()


@pytest.mark.parametrize("address", [START - 1, START + 2 * 1024 * 1024 - 3, 0x20000000, 0x1FFF0000])
def test_bytes_outside_the_flash_memory_are_refused_with_their_address(tmp_path: Path, address: int) -> None:
    path = firmware_of(tmp_path / "zephyr.hex", (START, b"code"), (address, b"\1\2\3\4")).hex

    with pytest.raises(ImageRefused, match=rf"bytes at 0x{address:08x}–.* 0x08000000–0x081fffff"):
        read_image(path, STM32F76X)


def test_the_last_byte_of_the_flash_memory_may_be_written(tmp_path: Path) -> None:
    last = START + 2 * 1024 * 1024 - 4
    path = firmware_of(tmp_path / "zephyr.hex", (last, b"\1\2\3\4")).hex

    assert STM32F76X.sectors_of(read_image(path, STM32F76X)) == [11]


def test_a_file_that_is_no_hex_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "zephyr.hex"
    for wrong in (b"\x7fELF\1\1\1", b":00000001FE\n", b""):
        path.write_bytes(wrong)
        with pytest.raises(ImageRefused, match=r"zephyr\.hex"):
            read_image(path, STM32F76X)


def test_a_firmware_without_a_hex_file_is_refused() -> None:
    with pytest.raises(ImageRefused) as refused:
        read_image(None, STM32F76X)
    assert "CONFIG_BUILD_OUTPUT_HEX" in refused.value.cure


@pytest.mark.parametrize(
    ("address", "sector"),
    [
        (0x08000000, 0),
        (0x08007FFF, 0),
        (0x08008000, 1),
        (0x0801FFFF, 3),
        (0x08020000, 4),
        (0x08040000, 5),
        (0x081FFFFF, 11),
    ],
)
def test_sectors_are_those_of_single_bank_mode(address: int, sector: int) -> None:
    assert STM32F76X.sector_of(address) == sector


def test_a_segment_takes_every_sector_between_its_ends() -> None:
    assert STM32F76X.sectors_of(Image(((0x08007FFF, bytes(0x20002)), (0x08140000, b"x")))) == [0, 1, 2, 3, 4, 9]


def test_a_board_that_is_not_flashed_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownBoard, match="native_sim cannot be flashed") as refused:
        find_chip("native_sim")
    assert "stm32f769i_disco" in refused.value.cure
