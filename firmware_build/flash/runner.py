"""Flash by ``west flash`` with a runner of Zephyr's, for benches that must or would rather use ST's tool or OpenOCD."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_build.errors import ImageRefused
from firmware_build.flash.errors import RunnerFailed
from firmware_build.flash.facts import Progress
from firmware_build.interpreter import find_interpreter
from firmware_build.workspace import find_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firmware_build.firmware import Firmware
    from firmware_build.flash.budget import Budget


@dataclass(frozen=True, slots=True)
class WestRunner:
    """A runner of ``west flash``.

    Attributes:
        program: What it runs.
        verify: Makes it read back what it wrote.
        choose: Names the probe, as Zephyr's twister does it (scripts/pylib/pytest-twister-harness, hardware adapter).
    """

    program: str
    verify: str
    choose: str


WEST_RUNNERS: dict[str, WestRunner] = {
    "openocd": WestRunner("openocd", "--verify", "--cmd-pre-init=adapter serial {probe}"),
    "stm32cubeprogrammer": WestRunner("STM32_Programmer_CLI", "--download-modifiers=-v", "--tool-opt=sn={probe}"),
}
RUNNERS = ("pyocd", *WEST_RUNNERS)
"""Who can flash; pyocd is this package itself."""

_LAST_LINES = 12


def west_flash(firmware: Firmware, name: str, *, probe: str | None, parameters: Sequence[str], budget: Budget) -> None:
    """Flash the image of a build folder.

    Raises:
        RunnerFailed: There is no such runner, or it ended with an error, which its last lines tell.
        FlashCancelled: Somebody ended it.
        FlashTimeout: It took too long.
        ImageRefused: The image is not in a build folder.
        WorkspaceNotFound: There is no Zephyr.
        ToolchainMissing: West cannot be run.
    """
    runner = WEST_RUNNERS.get(name)
    if runner is None:
        raise RunnerFailed(f"runner {name!r} is not known here", cure=f"choose one of: {', '.join(RUNNERS)}")
    tree = build_tree(firmware)
    workspace = find_workspace()
    python = find_interpreter(workspace)
    # Zephyr 4.3 calls it --no-rebuild and still takes the older name; before, there is no other.
    command: list[str | Path] = [python, "-m", "west", "flash", "--skip-rebuild", "-d", tree, "--runner", name]
    choice = [runner.choose.format(probe=probe)] if probe else []
    budget.progress(Progress(name, 0.0))
    finished = budget.run(
        [*command, runner.verify, *choice, *parameters],
        cwd=workspace.topdir,
        environ={**os.environ, "ZEPHYR_BASE": str(workspace.zephyr_base)},
        on_line=lambda _: None,
    )
    log = "\n".join(finished.output)
    if finished.status != 0:
        budget.check(log)
        last = "\n  ".join(finished.output[-_LAST_LINES:])
        raise RunnerFailed(
            f"west flash --runner {name} ended with status {finished.status}:\n  {last}",
            cure=f"see that {runner.program} is installed and finds probe {probe or '(any)'}, or use runner pyocd, "
            "which tells more",
            log=log,
        )
    budget.progress(Progress(name, 1.0))


def build_tree(firmware: Firmware) -> Path:
    """The build folder that the image lies in.

    Raises:
        ImageRefused: It lies in none.
    """
    output = firmware.image.parent
    if output.name != "zephyr" or not (output / "runners.yaml").is_file():
        raise ImageRefused(
            f"{firmware.image} is in no build folder, without which `west flash` cannot work (there is no "
            f"{output / 'runners.yaml'})",
            cure="use runner pyocd, or give the image in its build folder",
        )
    return output.parent
