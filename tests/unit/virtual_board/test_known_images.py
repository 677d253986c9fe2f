"""Only an image that is known, and all of it, is taken for a program."""

from pathlib import Path

import pytest

from rig.virtual_board.application import KnownImages
from tests.hex_firmware import START, content, firmware_of

BUILD = "0123456789ab"
IMAGE = content(3000) + f"*** Booting Zephyr OS build {BUILD} ***\n\0".encode()
TABLE = content(64, seed=2)
TABLE_AT = 8192


@pytest.fixture
def chip() -> bytearray:
    """The flash with both segments of the image, and what an earlier image left between them."""
    flash = bytearray(b"\x5a") * 16384
    flash[: len(IMAGE)] = IMAGE
    flash[TABLE_AT : TABLE_AT + len(TABLE)] = TABLE
    return flash


def save(folder: Path) -> Path:
    folder.mkdir(parents=True)
    firmware_of(folder / "zephyr.hex", (START, IMAGE), (START + TABLE_AT, TABLE)).save()
    return folder


def recognised(images: KnownImages, flash: bytearray) -> str | None:
    firmware = images.recognise(bytes(flash), START)
    return firmware.build if firmware else None


def test_image_of_a_given_folder_is_known(tmp_path: Path, chip: bytearray) -> None:
    images = KnownImages([save(tmp_path / "mine")], {"OCPP_RIG_CACHE": str(tmp_path)})
    assert recognised(images, chip) == BUILD


def test_image_that_the_build_cache_got_later_is_known(tmp_path: Path, chip: bytearray) -> None:
    images = KnownImages([], {"OCPP_RIG_CACHE": str(tmp_path)})
    assert recognised(images, chip) is None
    save(tmp_path / "builds" / "stm32f769i_disco-0123")
    assert recognised(images, chip) == BUILD


@pytest.mark.parametrize("at", [0, len(IMAGE) - 1, TABLE_AT, TABLE_AT + len(TABLE) - 1])
def test_one_wrong_bit_anywhere_is_another_image(tmp_path: Path, chip: bytearray, at: int) -> None:
    images = KnownImages([save(tmp_path / "mine")], {"OCPP_RIG_CACHE": str(tmp_path)})
    chip[at] ^= 1
    assert recognised(images, chip) is None


def test_folder_that_is_being_built_anew_is_passed_over(tmp_path: Path, chip: bytearray) -> None:
    broken, whole = save(tmp_path / "broken"), save(tmp_path / "whole")
    images = KnownImages([broken, whole], {"OCPP_RIG_CACHE": str(tmp_path)})
    (broken / "zephyr.hex").write_text(":00")
    assert recognised(images, chip) == BUILD
    (whole / "firmware.json").unlink()
    assert recognised(images, chip) is None
