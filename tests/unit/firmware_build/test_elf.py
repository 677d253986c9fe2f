"""What is read from an ELF file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import Footprint, ImageRefused
from firmware_build.elf import banner_build, read_elf

MakeElf = Callable[..., Path]


READ_EXECUTE, READ_WRITE = 5, 6


def test_flash_and_ram_of_an_arm_image_are_what_the_linker_reports(make_elf: MakeElf) -> None:
    """The segments of the real image for mps2/an385: FLASH 129484 B, RAM 90600 B."""
    path = make_elf(
        segments=[
            (0x0, 0x0, 126_808, 126_808, READ_EXECUTE),  # code and constants
            (0x2000_0000, 0x1_EF58, 2_672, 2_672, READ_WRITE),  # variables, with their initial values in flash
            (0x1_F9C8, 0x1_F9C8, 4, 4, READ_WRITE),  # .last_section
            (0x2000_0A70, 0x2000_0A70, 0, 87_928, READ_WRITE),  # zeroed variables, stacks, heaps
        ]
    )

    assert read_elf(path).footprint == Footprint(flash=129_484, ram=90_600)


def test_an_x86_image_runs_from_ram(make_elf: MakeElf) -> None:
    """The segments of the real image for qemu_x86: RAM 415048 B."""
    path = make_elf(
        machine="EM_386",
        segments=[
            (0x10_0000, 0x10_0000, 159_744, 159_744, READ_EXECUTE),
            (0x12_7000, 0x12_7000, 49_184, 255_304, READ_WRITE),
        ],
    )

    assert read_elf(path).footprint == Footprint(flash=208_928, ram=415_048)


@pytest.mark.parametrize(("machine", "hosted"), [("EM_ARM", False), ("EM_386", True), ("EM_X86_64", True)])
def test_the_header_tells_machine_and_kind(make_elf: MakeElf, machine: str, hosted: bool) -> None:
    elf = read_elf(make_elf(machine=machine, hosted=hosted))

    assert (elf.machine, elf.hosted, elf.build) == (machine, hosted, "0123456789ab")


def test_the_build_is_what_the_banner_will_show(make_elf: MakeElf) -> None:
    assert banner_build(make_elf(build="v4.3.0-12-gabcdef")) == "v4.3.0-12-gabcdef"
    assert banner_build(make_elf(build=None)) is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b":10010000214601360121470136007EFE09D2190140\n"])
def test_what_is_no_elf_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zephyr.elf"
    path.write_bytes(content)

    with pytest.raises(ImageRefused, match=r"zephyr\.elf is no readable ELF file"):
        read_elf(path)
