"""`west flash` of the real Zephyr with its real runners, up to the tools themselves, which are scripts here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import Firmware
from firmware_build.flash import RunnerFailed, flash_firmware

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

TOOL = """#!/bin/sh
if [ "$1" = --version ]; then echo "Open On-Chip Debugger 0.12.0" >&2; exit 0; fi
printf '%s\\n' "$@" > "$CALLS"
exit "$STATUS"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tools note their arguments."""
    for name in ("openocd", "STM32_Programmer_CLI"):
        (tmp_path / name).write_text(TOOL)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("STATUS", "0")
    return tmp_path / "calls"


def test_openocd_is_told_image_and_probe_and_verifies(build: Callable[..., Firmware], calls: Path) -> None:
    firmware = build("stm32f769i_disco")

    flashed = flash_firmware(firmware, probe="0668FF", runner="openocd")

    told = calls.read_text().splitlines()
    assert "adapter serial 0668FF" in told
    assert told.index("adapter serial 0668FF") < told.index("-c init")
    assert f"flash write_image erase {firmware.hex}" in told
    assert f"verify_image {firmware.hex}" in told
    assert flashed.bytes > 50_000


def test_stm32cubeprogrammer_is_told_image_and_probe_and_verifies(build: Callable[..., Firmware], calls: Path) -> None:
    firmware = build("stm32f769i_disco")

    flash_firmware(firmware, probe="0668FF", runner="stm32cubeprogrammer")

    told = calls.read_text().splitlines()
    assert told[told.index("--connect") + 2] == "sn=0668FF"
    assert told[told.index("--download") + 1 :][:2] == [str(firmware.hex), "-v"]


@pytest.mark.parametrize("runner", ["openocd", "stm32cubeprogrammer"])
@pytest.mark.usefixtures("calls")
def test_a_tool_that_fails_is_a_runner_that_failed(
    build: Callable[..., Firmware], runner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware = build("stm32f769i_disco")
    monkeypatch.setenv("STATUS", "1")

    with pytest.raises(RunnerFailed, match=f"--runner {runner} ended with status 1"):
        flash_firmware(firmware, probe=None, runner=runner)
