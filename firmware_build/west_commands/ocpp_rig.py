"""`west ocpp-rig …`: the command `ocpp-rig` as an extension command of west.

west loads this file into its own interpreter, which may be older than the rig's, and need not have the rig: it only
finds the command and becomes it, so that options, exit codes and Ctrl-C are those of `ocpp-rig`.
(Zephyr documentation, "West Extensions".)
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from west.commands import WestCommand

if TYPE_CHECKING:
    import argparse

PACKAGE = "zephyr-ocpp-rig"
COMMAND = "ocpp-rig"
OLDEST_PYTHON = (3, 11)
REPOSITORY = Path(__file__).resolve().parents[2]
"""Where this file lies in a checkout of the rig."""


class OcppRig(WestCommand):
    """Hands everything to `ocpp-rig`."""

    def __init__(self) -> None:
        super().__init__(
            COMMAND,
            "run Zephyr's OCPP charge point and judge it (zephyr-ocpp-rig)",
            f"Everything behind `west {COMMAND}` goes to {COMMAND}.",
            accepts_unknown_args=True,
        )

    def do_add_parser(
        self, parser_adder: argparse._SubParsersAction[argparse.ArgumentParser]
    ) -> argparse.ArgumentParser:
        """No options of its own: --help too is that of `ocpp-rig`."""
        return parser_adder.add_parser(self.name, help=self.help, description=self.description, add_help=False)

    def do_run(self, args: argparse.Namespace, unknown: list[str]) -> None:
        """Become `ocpp-rig` with these arguments; where it is not installed, say how to (exit code 1)."""
        del args
        command = find_command()
        if not command:
            self.die(f"{COMMAND} is not installed where west looks for it.\n  cure: {pip_install()}")
        sys.stdout.flush()
        os.execv(command[0], [*command, *unknown])  # noqa: S606  (no shell is wanted)


def find_command() -> list[str]:
    """The program `ocpp-rig` on the PATH, or the package in this interpreter; empty where neither is there."""
    if program := shutil.which(COMMAND):
        return [program]
    try:
        distribution(PACKAGE)
    except PackageNotFoundError:
        return []
    return [sys.executable, "-P", "-m", "rig.cli"]


def pip_install() -> str:
    """The command that installs it; from the checkout that this file lies in, where it lies in one."""
    source = str(REPOSITORY) if (REPOSITORY / "pyproject.toml").is_file() else f"CHECKOUT-OF-{PACKAGE}"
    python = sys.executable if sys.version_info >= OLDEST_PYTHON else "python3.11"
    return f"{python} -m pip install {source}"
