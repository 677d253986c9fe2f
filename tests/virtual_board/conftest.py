"""Images small enough to be made here, and pyOCD as everybody uses it."""

import contextlib
import os
import random
import select
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from intelhex import IntelHex
from pyocd.core.helpers import ConnectHelper
from pyocd.core.session import Session
from pyocd.coresight.coresight_target import CoreSightTarget
from pyocd.flash.file_programmer import FileProgrammer
from pyocd.probe.debug_probe import DebugProbe

from firmware_build import Firmware, Footprint
from rig.virtual_board import BOARD
from tests.benches import bench_with_it, board_on_its_own_segment  # noqa: F401  (fixtures of this folder too)
from tests.elf_files import elf_headers

FLASH, STACK, ENTRY = 0x0800_0000, 0x2002_0000, 0x0800_0201
SIZE = 40_000
"""Bytes of an image: a sector and a bit."""
SPEAKS_S = 20.0
"""Wall seconds until a twin has booted, on a busy host."""
MakeFirmware = Callable[..., Firmware]


def image_of(build: str) -> bytes:
    """A vector table, noise for code, and the banner."""
    banner = f"*** Booting Zephyr OS build {build} ***\n\0".encode()
    code = random.Random(build).randbytes(SIZE - 8 - len(banner))
    return struct.pack("<II", STACK, ENTRY) + code + banner


@pytest.fixture
def make_firmware(tmp_path: Path) -> MakeFirmware:
    """A firmware folder, as `firmware_build` leaves it."""

    def make(build: str = "0123456789ab", board: str = BOARD, folder: Path | None = None) -> Firmware:
        folder = folder or tmp_path / build
        folder.mkdir(parents=True)
        image = IntelHex()
        image.puts(FLASH, image_of(build))
        image.write_hex_file(str(folder / "zephyr.hex"))
        (folder / "zephyr.elf").write_bytes(elf_headers("EM_ARM") + image_of(build))
        firmware = Firmware(
            board=board,
            image=folder / "zephyr.hex",
            elf=folder / "zephyr.elf",
            hex=folder / "zephyr.hex",
            build=build,
            zephyr_version=None,
            zephyr_revision=None,
            config={"CONFIG_NET_SAMPLE_OCPP_SERVER": "127.0.0.1", "CONFIG_NET_SAMPLE_SNTP_SERVER": "127.0.0.1"},
            footprint=Footprint(SIZE, 0),
            folder=folder,
        )
        firmware.save()
        return firmware

    return make


@pytest.fixture(autouse=True)
def cached_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the build cache would keep its builds: not the user's own, and not there."""
    monkeypatch.setenv("OCPP_RIG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "builds"


@dataclass(frozen=True)
class Debugger:
    """A session of pyOCD."""

    session: Session
    target: CoreSightTarget
    probe: DebugProbe


@contextlib.contextmanager
def pyocd(probe: str, connect_mode: str = "under-reset") -> Iterator[Debugger]:
    """PyOCD at the probe of this id."""
    options = {"target_override": "stm32f767zi", "connect_mode": connect_mode, "no_config": True, "project_dir": "/"}
    session = ConnectHelper.session_with_chosen_probe(unique_id=probe, blocking=False, options=options)
    assert session is not None
    with session:
        assert isinstance(session.target, CoreSightTarget)
        assert session.probe is not None
        yield Debugger(session, session.target, session.probe)


def program(debugger: Debugger, firmware: Firmware) -> None:
    """Flash it."""
    FileProgrammer(debugger.session, progress=lambda _: None).program(str(firmware.hex))


def read_flash(debugger: Debugger, length: int = SIZE) -> bytes:
    """Read from the beginning of the flash."""
    return bytes(debugger.target.read_memory_block8(FLASH, length))


def flash_and_run(probe: str, firmware: Firmware) -> bytes:
    """Flash it, reset, let it run; what was read back."""
    with pyocd(probe) as debugger:
        program(debugger, firmware)
        content = read_flash(debugger)
        debugger.target.reset()
    return content


class Console:
    """The reading end of a board's console."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.data = b""

    def read_until(self, text: str) -> str:
        """Read until this has come; an EOFError when the console ended before, a TimeoutError when it fell silent."""
        while text.encode() not in self.data:
            self.read()
        return self.data.decode("utf-8", "replace")

    def read(self) -> bytes:
        """The next bytes."""
        if not select.select([self.fd], [], [], SPEAKS_S)[0]:
            raise TimeoutError(self.data)
        try:
            data = os.read(self.fd, 4096)
        except OSError as error:
            raise EOFError(self.data) from error
        if not data:
            raise EOFError(self.data)
        self.data += data
        return data


@contextlib.contextmanager
def console_of(path: str | None) -> Iterator[Console]:
    """Open a board's terminal."""
    assert path
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield Console(fd)
    finally:
        os.close(fd)


def children(pid: int) -> list[int]:
    """The processes that this one has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
