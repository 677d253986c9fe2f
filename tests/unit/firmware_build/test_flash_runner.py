"""Flashing by `west flash`: what west is asked for, and what becomes of its end. West is a script here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from firmware_build import Firmware, ImageRefused, Workspace
from firmware_build.flash import FlashTimeout, Progress, RunnerFailed, flash_firmware
from tests.hex_firmware import START, content, firmware_of

FAKE_WEST = """
import json, os, pathlib, signal, sys

call = {"arguments": sys.argv[1:], "base": os.environ["ZEPHYR_BASE"], "folder": os.getcwd()}
pathlib.Path(os.environ["FAKE_WEST_CALLS"]).write_text(json.dumps(call))
if "hangs" in os.environ["FAKE_WEST_DOES"]:
    signal.pause()
if "fails" in os.environ["FAKE_WEST_DOES"]:
    print("Error: open failed")
    sys.exit("FATAL ERROR: command exited with status 1: openocd")
"""


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    """In a build folder, as west leaves it."""
    output = tmp_path / "build" / "zephyr"
    output.mkdir(parents=True)
    (output / "runners.yaml").touch()
    return firmware_of(output / "zephyr.hex", (START, content(64)))


@pytest.fixture
def calls(tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    west = tmp_path / "modules" / "west"
    west.mkdir(parents=True)
    (west / "__init__.py").touch()
    (west / "__main__.py").write_text(FAKE_WEST)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setenv("ZEPHYR_BASE", str(workspace.zephyr_base))
    monkeypatch.setenv("FAKE_WEST_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("FAKE_WEST_DOES", "well")
    return tmp_path / "calls"


@pytest.mark.parametrize(
    ("runner", "probe", "options"),
    [
        ("openocd", "0668FF", ["--verify", "--cmd-pre-init=adapter serial 0668FF"]),
        ("openocd", None, ["--verify"]),
        ("stm32cubeprogrammer", "0668FF", ["--download-modifiers=-v", "--tool-opt=sn=0668FF"]),
        ("stm32cubeprogrammer", None, ["--download-modifiers=-v"]),
    ],
)
def test_west_flashes_what_was_built_through_the_named_probe_and_verifies(  # noqa: PLR0917 - fixtures
    firmware: Firmware, calls: Path, workspace: Workspace, runner: str, probe: str | None, options: list[str]
) -> None:
    seen: list[Progress] = []

    flashed = flash_firmware(firmware, probe=probe, runner=runner, on_progress=seen.append)

    tree = str(firmware.image.parents[1])
    assert json.loads(calls.read_text()) == {
        "arguments": ["flash", "--skip-rebuild", "-d", tree, "--runner", runner, *options],
        "base": str(workspace.zephyr_base),
        "folder": str(workspace.topdir),
    }
    assert seen == [Progress(runner, 0.0), Progress(runner, 1.0)]
    assert (flashed.skipped, flashed.bytes, flashed.probe, flashed.target) == (False, 64, probe, None)


def test_further_arguments_of_the_bench_file_come_last(firmware: Firmware, calls: Path) -> None:
    flash_firmware(firmware, probe=None, runner="openocd", runner_params=["--cmd-pre-init", "adapter speed 1000"])

    assert json.loads(calls.read_text())["arguments"][-2:] == ["--cmd-pre-init", "adapter speed 1000"]


@pytest.mark.usefixtures("calls")
def test_a_runner_that_fails_is_told_with_its_last_lines(firmware: Firmware, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_WEST_DOES", "fails")

    with pytest.raises(RunnerFailed, match="--runner openocd ended with status 1:\n") as failed:
        flash_firmware(firmware, probe="0668FF", runner="openocd")

    assert "see that openocd is installed and finds probe 0668FF" in failed.value.cure
    # Its two outputs are one here, in whichever order they come.
    for words in ("Error: open failed", "FATAL ERROR: command exited with status 1: openocd"):
        assert f"  {words}" in failed.value.message
        assert words in failed.value.log.splitlines()
    assert [attempt.error for attempt in failed.value.attempts] == [failed.value.message]


@pytest.mark.usefixtures("calls")
def test_a_runner_has_a_budget_too(firmware: Firmware, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_WEST_DOES", "hangs")

    with pytest.raises(FlashTimeout, match="ended in phase openocd"):
        flash_firmware(firmware, probe=None, runner="openocd", budget_s=1.0)


def test_a_runner_that_is_not_known_is_refused_with_those_that_are(firmware: Firmware, calls: Path) -> None:
    with pytest.raises(RunnerFailed, match="'blackmagic' is not known") as failed:
        flash_firmware(firmware, probe=None, runner="blackmagic")

    assert failed.value.cure == "choose one of: pyocd, openocd, stm32cubeprogrammer"
    assert not calls.exists()


def test_an_image_outside_a_build_folder_cannot_be_flashed_by_west(firmware: Firmware, tmp_path: Path) -> None:
    alone = tmp_path / "zephyr.hex"
    firmware.image.rename(alone)

    with pytest.raises(ImageRefused, match="in no build folder") as refused:
        flash_firmware(dataclasses.replace(firmware, image=alone, hex=alone), probe=None, runner="openocd")

    assert "use runner pyocd" in refused.value.cure
