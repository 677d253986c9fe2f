"""A workspace, tools and images small enough to be read, for tests that need no Zephyr."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from firmware_build import Workspace

Segment = tuple[int, int, int, int, int]
"""As in the ELF specification: p_vaddr, p_paddr, p_filesz, p_memsz, p_flags."""

_MACHINES = {"EM_386": 3, "EM_ARM": 40, "EM_X86_64": 62}
_LOAD, _INTERPRETER = 1, 3


@pytest.fixture
def make_elf(tmp_path: Path) -> Callable[..., Path]:
    """Write an ELF file with the headers and the boot banner of a Zephyr image."""

    def make(
        path: Path | None = None,
        machine: str = "EM_ARM",
        *,
        hosted: bool = False,
        build: str | None = "0123456789ab",
        segments: Sequence[Segment] = (),
    ) -> Path:
        path = path or tmp_path / "zephyr.elf"
        path.parent.mkdir(parents=True, exist_ok=True)
        banner = f"*** Booting Zephyr OS build {build} ***\n\0".encode() if build else b""
        path.write_bytes(_elf(machine, hosted, segments) + banner)
        return path

    return make


def _elf(machine: str, hosted: bool, segments: Sequence[Segment]) -> bytes:
    """The headers of a little-endian ELF file of the machine's own width."""
    wide = machine == "EM_X86_64"
    word = "Q" if wide else "I"
    header_size, segment_size = (64, 56) if wide else (52, 32)
    table = b""
    for kind, (address, stored_at, size, occupied, flags) in [
        *([(_INTERPRETER, (0, 0, 0, 0, 0))] if hosted else []),
        *((_LOAD, segment) for segment in segments),
    ]:
        if wide:
            table += struct.pack("<II6Q", kind, flags, 0, address, stored_at, size, occupied, 1)
        else:
            table += struct.pack("<8I", kind, 0, address, stored_at, size, occupied, flags, 1)
    header = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    header += struct.pack(
        f"<HHI{3 * word}IHHHHHH",
        *(2, _MACHINES[machine], 1, 0, header_size, 0, 0, header_size),
        *(segment_size, len(table) // segment_size, 0, 0, 0),
    )
    return header + table


@pytest.fixture
def make_workspace() -> Callable[[Path], Path]:
    """Lay out the few files of a west workspace that this package reads; gives its top folder."""

    def make(topdir: Path) -> Path:
        sample = topdir / "zephyr" / "samples" / "net" / "ocpp"
        (sample / "src").mkdir(parents=True)
        (topdir / ".west").mkdir()
        (topdir / ".west" / "config").write_text("[manifest]\npath = zephyr\nfile = west.yml\n")
        (topdir / "zephyr" / "VERSION").write_text(
            "VERSION_MAJOR = 4\nVERSION_MINOR = 3\nPATCHLEVEL = 0\nVERSION_TWEAK = 0\nEXTRAVERSION =\n"
        )
        (sample / "Kconfig").write_text(
            'config NET_SAMPLE_OCPP_SERVER\n\tstring "OCPP server ip"\n'
            'config NET_SAMPLE_OCPP_PORT\n\tint "OCPP server port"\n'
            'config NET_SAMPLE_SNTP_SERVER\n\tstring "SNTP server ip"\nsource "Kconfig.zephyr"\n'
        )
        (sample / "prj.conf").write_text('CONFIG_NET_SAMPLE_OCPP_SERVER=""\nCONFIG_NET_SAMPLE_OCPP_PORT=8180\n')
        (sample / "src" / "main.c").write_text("int main(void) { return 0; }\n")
        return topdir

    return make


@pytest.fixture
def workspace(tmp_path: Path, make_workspace: Callable[[Path], Path]) -> Workspace:
    """A workspace with a sample of the 4.3 generation."""
    topdir = make_workspace(tmp_path / "workspace")
    return Workspace(topdir=topdir, zephyr_base=topdir / "zephyr", version="4.3.0", revision=None)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """An empty folder to be the whole PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


@pytest.fixture
def add_tool(tools: Path) -> Callable[..., Path]:
    """Put a program of this name, a shell script, into `tools`."""

    def add(name: str, script: str = "exit 0") -> Path:
        path = tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return add
