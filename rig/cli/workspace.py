"""`ocpp-rig workspace`: show the Zephyr workspace in use, or make one."""

import argparse
import sys
from pathlib import Path

from firmware_build import find_workspace, init_workspace, read_sample
from rig.building import build_errors


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "workspace",
        help="find or make a Zephyr workspace",
        description="Show the Zephyr workspace that would be used: ZEPHYR_BASE, `west topdir` here, ~/zephyrproject. "
        "Or make one from the rig's pinned manifest.",
    )
    command.set_defaults(call=show)
    actions = command.add_subparsers(metavar="ACTION")
    init = actions.add_parser("init", help="make a workspace with west, with what the rig's boards need")
    init.add_argument("folder", type=Path, nargs="?", default=Path("~/zephyrproject"), help="(default: %(default)s)")
    init.set_defaults(call=make)


def show(arguments: argparse.Namespace) -> int:
    """Print what is found. Returns the exit code.

    Raises:
        BenchError: nothing usable is found.
    """
    del arguments
    with build_errors():
        workspace = find_workspace()
        print(f"workspace  {workspace.topdir}\nZephyr     {workspace.version} ({workspace.revision or 'no revision'})")
        print(f"sample     {read_sample(workspace).path}")
    return 0


def make(arguments: argparse.Namespace) -> int:
    """Make a workspace. Returns the exit code.

    Raises:
        BenchError: west could not make it; nothing half-made is left behind.
    """
    with build_errors():
        workspace = init_workspace(arguments.folder, lambda line: print(line, file=sys.stderr, flush=True))
    print(f"workspace  {workspace.topdir}\nZephyr     {workspace.version}")
    return 0
