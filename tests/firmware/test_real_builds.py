"""The sample, built by the real Zephyr: minutes where the cache is empty, seconds where it is not."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import (
    BOARDS,
    BuildFailed,
    Firmware,
    FragmentRefused,
    Workspace,
    firmware_from_file,
    read_sample,
)
from firmware_build.folder import BuildFolder
from firmware_build.process import ignore

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

Build = Callable[..., Firmware]


@pytest.mark.parametrize("board", [board.name for board in BOARDS])
def test_a_board_is_built_and_its_image_carries_the_nonce(build: Build, board: str) -> None:
    firmware = build(board)

    assert f"*** Booting Zephyr OS build {firmware.build} ***".encode() in firmware.elf.read_bytes()
    assert firmware.image.is_file()
    assert firmware.config["CONFIG_OCPP"] == "y"
    again = firmware_from_file(firmware.elf)
    assert (again.board, again.build, again.config) == (firmware.board, firmware.build, firmware.config)


def test_native_sim_boots_and_shows_the_nonce(build: Build) -> None:
    firmware = build("native_sim")

    console = subprocess.run([firmware.image, "-stop_at=0.1"], capture_output=True, text=True, timeout=20, check=False)

    assert f"*** Booting Zephyr OS build {firmware.build} ***" in console.stdout


def test_where_nothing_changed_nothing_is_built(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build("native_sim")

    monkeypatch.setattr("firmware_build.build.run", lambda *_, **__: pytest.fail("west was run"))

    assert build("native_sim") == first


@pytest.mark.parametrize("board", ["qemu_x86", "mps2/an385", "qemu_cortex_m3", "stm32f769i_disco"])
def test_the_footprint_is_what_zephyrs_linker_reports(build: Build, board: str) -> None:
    firmware = build(board)
    log = (firmware.folder / "build.log").read_text()
    reported = {region: int(size) for region, size in re.findall(r"(\w+):\s+(\d+) B ", log)}

    assert firmware.footprint.flash == reported.pop("FLASH", firmware.footprint.flash)
    assert firmware.footprint.ram == sum(reported.values()), "RAM, and DTCM on stm32f769i_disco"


@pytest.mark.parametrize(
    ("board", "symbol", "reason"),
    [
        ("native_sim", "CONFIG_NET_QEMU_USER", "wanted 'y', got 'n'"),
        ("native_sim", "CONFIG_NET_SAMPLE_NO_SUCH_SYMBOL", "does not exist in this Zephyr"),
        ("native_sim", "CONFIG_NET_INIT_PRIO", "cannot be set by hand"),
    ],
)
def test_a_symbol_that_kconfig_refuses_is_named(build: Build, board: str, symbol: str, reason: str) -> None:
    with pytest.raises(FragmentRefused, match=f"{symbol}.*{reason}") as error:
        build(board, kconfig={symbol: 7 if symbol.endswith("PRIO") else "y"})

    assert error.value.log is not None
    assert symbol.removeprefix("CONFIG_") in error.value.log.read_text()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, empty."""
    monkeypatch.setenv("OCPP_RIG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def copied_sample(zephyr: Workspace, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample, which may be edited, built in place of the workspace's own."""
    sample = read_sample(zephyr)
    copy = shutil.copytree(sample.path, own_cache.with_name("ocpp"))
    monkeypatch.setattr("firmware_build.build.read_sample", lambda _: dataclasses.replace(sample, path=copy))
    return copy


def test_an_edit_of_the_sample_is_noticed_and_a_broken_one_is_shown(build: Build, copied_sample: Path) -> None:
    first = build("native_sim")
    source = copied_sample / "src" / "main.c"
    original = source.read_text()

    source.write_text(original.replace("OCPP sample %s", "OCPP example %s"))
    second = build("native_sim")
    source.write_text(original + "\nint 1;\n")
    with pytest.raises(BuildFailed) as error:
        build("native_sim")

    assert second.build != first.build
    assert b"OCPP example %s" in second.elf.read_bytes()
    assert "main.c" in error.value.message


def test_nothing_of_a_killed_build_goes_on(zephyr: Workspace, own_cache: Path) -> None:
    program = (
        "import firmware_build as it; it.build_firmware('native_sim', on_line=lambda line: print(line, flush=True))"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ZEPHYR_BASE": str(zephyr.zephyr_base)}
    with subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True) as rig:
        assert rig.stdout is not None
        next(line for line in rig.stdout if line.startswith("[40/"))
        assert any("ninja" in line for line in running_in(own_cache))
        rig.send_signal(signal.SIGKILL)
        rig.wait()

    # The lock passes on when the last process of the killed build is gone.
    [folder] = (own_cache / "builds").iterdir()
    with BuildFolder(folder).locked(ignore):
        assert running_in(own_cache) == []


def running_in(folder: Path) -> list[str]:
    """The command lines of all processes that name a folder, or run in it."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in line or (process / "cwd").readlink().is_relative_to(folder):
                lines.append(line)
    return lines
