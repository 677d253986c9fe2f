"""`ocpp-rig build`: build the sample's image for a board."""

import argparse
import sys

from firmware_build import BOARDS, available_fragments, build_firmware
from rig.building import build_errors
from rig.errors import UsageError


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "build",
        help="build the sample with west",
        description="Build samples/net/ocpp with west and print where the image is and what memory it takes.",
        epilog="fragments: " + ", ".join(fragment.name for fragment in available_fragments()),
    )
    command.set_defaults(call=build)
    boards = ", ".join(board.name for board in BOARDS)
    command.add_argument("--board", required=True, metavar="BOARD", help=boards)
    command.add_argument("--fragment", action="append", default=[], metavar="NAME", help="a Kconfig fragment to add")
    command.add_argument(
        "--kconfig", action="append", default=[], metavar="CONFIG_X=value", help="a Kconfig symbol to set"
    )
    command.add_argument("--pristine", action="store_true", help="build from scratch")


def build(arguments: argparse.Namespace) -> int:
    """Build and print. Returns the exit code.

    Raises:
        UsageError: a --kconfig is no assignment.
        BenchError: it cannot be built.
    """
    pairs = [assignment.partition("=") for assignment in arguments.kconfig]
    if wrong := [name for name, equals, _ in pairs if not equals or not name.startswith("CONFIG_")]:
        raise UsageError(f"--kconfig {wrong[0]}: write CONFIG_NAME=value")
    with build_errors():
        firmware = build_firmware(
            arguments.board,
            fragments=tuple(arguments.fragment),
            kconfig={name: value for name, _, value in pairs} or None,
            pristine=arguments.pristine,
            on_line=lambda line: print(line, file=sys.stderr, flush=True),
        )
    print(f"board      {firmware.board}")
    print(f"image      {firmware.image}")
    print(f"build      {firmware.build}")
    print(f"Zephyr     {firmware.zephyr_version} ({firmware.zephyr_revision or 'no revision'})")
    print(f"flash      {firmware.footprint.flash:,} bytes")
    print(f"RAM        {firmware.footprint.ram:,} bytes")
    return 0
