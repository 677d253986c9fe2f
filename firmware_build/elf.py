"""What an ELF file says about itself: for which processor, which build, how large."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.constants import P_FLAGS
from elftools.elf.elffile import ELFFile

from firmware_build.errors import ImageRefused

if TYPE_CHECKING:
    from pathlib import Path

# kernel/banner.c joins the whole line when it is compiled, so it stands in the image as it appears on the console.
_BANNER = re.compile(rb"Booting Zephyr OS build ([!-~]+)")


@dataclass(frozen=True, slots=True)
class Footprint:
    """The memory that an image takes, in bytes, counted as the lines "Memory region" of Zephyr's linker count it.

    Attributes:
        flash: What is stored: code, constants, and the initial values of variables.
        ram: What is occupied when it runs, in all RAM regions together: variables, stacks, heaps; for x86 and
            native_sim, which run from RAM, the code and the constants too.
    """

    flash: int
    ram: int


@dataclass(frozen=True, slots=True)
class Elf:
    """What `read_elf` found.

    Attributes:
        machine: The processor, by its ELF name: ``EM_386``, ``EM_X86_64``, ``EM_ARM``, …
        hosted: True for a program that the host's dynamic linker starts.
        build: What follows "Booting Zephyr OS build" in the boot banner; None for an image without a banner.
        footprint: Its size.
    """

    machine: str
    hosted: bool
    build: str | None
    footprint: Footprint


def banner_build(path: Path) -> str | None:
    """What the boot banner of an image will show after "Booting Zephyr OS build", or None without a banner."""
    found = _BANNER.search(path.read_bytes())
    return found[1].decode("ascii") if found else None


def read_elf(path: Path) -> Elf:
    """Read an ELF file.

    Raises:
        ImageRefused: There is no such file, or it is no ELF file.
    """
    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            return Elf(
                machine=str(elf["e_machine"]),
                hosted=any(segment["p_type"] == "PT_INTERP" for segment in elf.iter_segments()),
                build=banner_build(path),
                footprint=_footprint(elf),
            )
    except (OSError, ELFError) as error:
        raise ImageRefused(
            f"{path} is no readable ELF file: {error}",
            cure="give the zephyr.elf or zephyr.exe of a finished build",
        ) from error


def _footprint(elf: ELFFile) -> Footprint:
    runs_from_ram = elf["e_machine"] != "EM_ARM"
    flash = ram = 0
    for segment in elf.iter_segments("PT_LOAD"):
        stored, occupied = segment["p_filesz"], segment["p_memsz"]
        flash += stored
        # Variables are stored at one address and live at another, or are not stored at all. Zephyr's .last_section,
        # four bytes that close the flash, is marked writable but stays where it is stored.
        moves = segment["p_vaddr"] != segment["p_paddr"] or stored < occupied
        if runs_from_ram or (segment["p_flags"] & P_FLAGS.PF_W and moves):
            ram += occupied
    return Footprint(flash, ram)
