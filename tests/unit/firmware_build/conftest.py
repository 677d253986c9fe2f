"""A workspace, tools and images small enough to be read, for tests that need no Zephyr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from firmware_build import Workspace
from tests.elf_files import Segment, elf_headers


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
        path.write_bytes(elf_headers(machine, hosted=hosted, segments=segments) + banner)
        return path

    return make


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
