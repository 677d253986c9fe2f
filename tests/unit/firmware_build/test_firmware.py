"""Firmware: kept as a record, or taken from a file that somebody else built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import (
    Firmware,
    Footprint,
    ImageRefused,
    UnknownBoard,
    firmware_from_file,
    load_firmware,
)
from firmware_build.firmware import record_of
from firmware_build.sample import OCPP_PATH

MakeElf = Callable[..., Path]


def firmware_in(folder: Path, config: dict[str, str]) -> Firmware:
    return Firmware(
        board="mps2/an385",
        image=folder / "zephyr.elf",
        elf=folder / "zephyr.elf",
        hex=None,
        build="0123456789ab",
        zephyr_version="4.3.0",
        zephyr_revision="8f2a1c",
        config=config,
        footprint=Footprint(129_484, 90_600),
        folder=folder,
    )


def test_a_saved_firmware_is_loaded_as_it_was(tmp_path: Path) -> None:
    firmware = firmware_in(tmp_path, {"CONFIG_BOARD": "mps2"})
    firmware.save()

    assert load_firmware(tmp_path) == firmware


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    record_of(tmp_path).write_text('{"board": "native_sim"')

    with pytest.raises(ImageRefused, match="no readable record"):
        load_firmware(tmp_path)


def test_addresses_and_ports_come_from_the_configuration(tmp_path: Path) -> None:
    firmware = firmware_in(
        tmp_path,
        {
            "CONFIG_NET_SAMPLE_OCPP_SERVER": "10.0.2.2",
            "CONFIG_NET_SAMPLE_OCPP_PORT": "9000",
            "CONFIG_NET_SAMPLE_OCPP_WS_PATH": "/ocpp/zephyr",
            "CONFIG_NET_SAMPLE_SNTP_SERVER": "10.0.2.3",
            "CONFIG_NET_SAMPLE_SNTP_SERVER_PORT": "1123",
        },
    )

    assert (firmware.server_address, firmware.ocpp_port, firmware.ocpp_path) == ("10.0.2.2", 9000, "/ocpp/zephyr")
    assert (firmware.sntp_address, firmware.sntp_port) == ("10.0.2.3", 1123)


def test_what_the_older_sample_fixes_in_its_source_is_known(tmp_path: Path) -> None:
    firmware = firmware_in(tmp_path, {})

    assert (firmware.ocpp_port, firmware.ocpp_path, firmware.sntp_port) == (8180, OCPP_PATH, 123)


@pytest.mark.parametrize(
    ("machine", "hosted", "board"),
    [("EM_386", True, "native_sim"), ("EM_X86_64", True, "native_sim/native/64"), ("EM_386", False, "qemu_x86")],
)
def test_the_header_tells_the_board_where_only_one_fits(
    make_elf: MakeElf, machine: str, hosted: bool, board: str
) -> None:
    firmware = firmware_from_file(make_elf(machine=machine, hosted=hosted))

    assert (firmware.board, firmware.build, firmware.config) == (board, "0123456789ab", {})


def test_an_image_in_its_build_folder_brings_its_configuration(tmp_path: Path, make_elf: MakeElf) -> None:
    image = make_elf(tmp_path / "build" / "zephyr" / "zephyr.elf")
    (image.parent / ".config").write_text(
        'CONFIG_BOARD_TARGET="mps2/an385"\nCONFIG_NET_SAMPLE_OCPP_PORT=9000\n# CONFIG_NET_DHCPV6 is not set\n'
    )

    firmware = firmware_from_file(image)

    assert (firmware.board, firmware.ocpp_port) == ("mps2/an385", 9000)


def test_for_a_board_that_is_flashed_the_hex_file_is_the_image(make_elf: MakeElf) -> None:
    elf = make_elf()
    hex_path = elf.with_suffix(".hex")
    hex_path.write_text(":00000001FF\n")

    firmware = firmware_from_file(hex_path, board="stm32f769i_disco")

    assert (firmware.image, firmware.hex, firmware.elf) == (hex_path, hex_path, elf)


def test_an_arm_image_alone_could_be_for_several_boards(make_elf: MakeElf) -> None:
    image = make_elf(machine="EM_ARM")

    with pytest.raises(ImageRefused, match="name the board"):
        firmware_from_file(image)
    assert firmware_from_file(image, board="qemu_cortex_m3").board == "qemu_cortex_m3"


def test_an_image_for_another_architecture_is_refused(make_elf: MakeElf) -> None:
    with pytest.raises(ImageRefused, match="bare-metal image for EM_ARM and cannot run on native_sim"):
        firmware_from_file(make_elf(machine="EM_ARM"), board="native_sim")


def test_an_image_of_another_build_is_refused(make_elf: MakeElf) -> None:
    with pytest.raises(ImageRefused, match="is build 0123456789ab, not other"):
        firmware_from_file(make_elf(), expect_build="other", board="mps2/an385")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="there is no image"):
        firmware_from_file(tmp_path / "zephyr.elf")


def test_an_unknown_board_is_refused(make_elf: MakeElf) -> None:
    with pytest.raises(UnknownBoard):
        firmware_from_file(make_elf(), board="frdm_k64f")
