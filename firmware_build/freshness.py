"""Whether a finished build is still what a new build would give, found out in a fraction of a second."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from firmware_build.elf import banner_build
from firmware_build.errors import ImageRefused
from firmware_build.firmware import Firmware, load_firmware

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firmware_build.folder import BuildFolder
    from firmware_build.workspace import Workspace


def unchanged_firmware(folder: BuildFolder, workspace: Workspace) -> Firmware | None:
    """The firmware of a build folder where nothing that went into it has changed since, else None.

    Ninja knows every file that went into the image, from the sample and Zephyr's headers to Kconfig and CMake files,
    and its dry run compares their times without running anything.
    """
    try:
        firmware = load_firmware(folder.path)
    except ImageRefused:
        return None  # never built, or the last attempt did not end well
    if firmware.zephyr_revision != workspace.revision:
        return None
    if not firmware.image.is_file() or not firmware.elf.is_file():
        return None
    if banner_build(firmware.elf) != firmware.build:
        return None  # somebody else built here
    return firmware if _nothing_to_do(firmware, folder, workspace) else None


def _nothing_to_do(firmware: Firmware, folder: BuildFolder, workspace: Workspace) -> bool:
    # The ELF file alone: the default target has steps that ninja always runs.
    dry_run = _quietly(["ninja", "-n", "zephyr/zephyr.elf"], folder.tree)
    if dry_run is None or "no work to do" not in dry_run.stdout:
        return False
    if firmware.image.suffix != ".exe":
        return True
    # native_sim's program is made from the ELF file by a make that keeps times of its own (Zephyr's CMakeLists.txt,
    # native_runner_executable).
    makefile = workspace.zephyr_base / "scripts" / "native_simulator" / "Makefile"
    config = folder.output / "NSI" / "nsi_config"
    return _quietly(["make", "-q", "-r", "-f", makefile, "all", f"NSI_CONFIG_FILE={config}"], folder.output) is not None


def _quietly(command: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str] | None:
    """Run a short command; None where it fails or is not installed."""
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
