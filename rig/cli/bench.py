"""`ocpp-rig bench`: which boards are attached, what they lack, who uses them."""

import argparse
import sys
from pathlib import Path

from firmware_build.flash import FlashError
from rig.bench.bench_file import VARIABLE, default_bench, load_bench
from rig.bench.doctor import examine
from rig.bench.host import Host
from rig.bench.lock import lock_folder, locks
from rig.bench.merge import fresh, merged
from rig.bench.scan import UNKNOWN, scan
from rig.bench.show import picture
from rig.bench.yaml_edit import write
from rig.bench.yaml_text import YamlText
from rig.errors import UsageError
from rig.virtual_board.entry import completed

DESCRIPTION = f"""\
The bench file is Zephyr's hardware map, as `twister --generate-hardware-map` writes it, with the rig's own keys below
`ocpp_rig` in an entry. The one in use: --bench, ${VARIABLE}, ./bench.yaml, ~/.config/ocpp-rig/bench.yaml.

  ocpp-rig bench scan --out bench.yaml --platform stm32f769i_disco     write or update it from what is plugged in
  ocpp-rig bench show                                                  draw it, and tell what is missing
  ocpp-rig bench locks                                                 who has which board
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "bench",
        help="the attached boards: find, draw, who has them",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(call=show_bench, bench=None)
    actions = command.add_subparsers(metavar="ACTION")

    action = actions.add_parser("scan", help="write a bench file of what is plugged in, or bring one up to date")
    action.set_defaults(call=scan_bench)
    action.add_argument("--out", type=Path, metavar="FILE", help="the bench file; else it is printed")
    action.add_argument(
        "--platform",
        default=UNKNOWN,
        metavar="BOARD",
        help="Zephyr's board name for what is new or of platform unknown",
    )

    action = actions.add_parser("show", help="draw the bench, and tell what is missing (the default)")
    action.set_defaults(call=show_bench)
    action.add_argument("bench", nargs="?", type=Path, metavar="FILE", help="the bench file")

    action = actions.add_parser("locks", help="who has which board")
    action.set_defaults(call=show_locks)


def scan_bench(arguments: argparse.Namespace) -> int:
    """Print, write or update a bench file. Returns the exit code.

    Raises:
        UsageError: the file has mistakes, or cannot be written.
    """
    host = Host()
    try:
        probes = host.probes()
    except FlashError as error:
        _tell(f"pyOCD cannot be asked: {error.message}\n  cure: {error.cure}")
        probes = []
    scanned = scan(host, probes)
    file: Path | None = arguments.out
    update = file is not None and file.exists()
    new = (
        merged(YamlText.read(file), scanned, arguments.platform)
        if file and update
        else fresh(scanned, arguments.platform)
    )
    if file is None:
        print(new.text, end="")
    else:
        write(file, new.text)
    _tell("\n".join(new.news) or ("nothing new" if update else "no probe is plugged in"))
    if f"platform: {UNKNOWN}" in new.text:
        _tell(f"some platforms are {UNKNOWN}: set them in the file, or scan with --platform (e.g. stm32f769i_disco)")
    return 0


def show_bench(arguments: argparse.Namespace) -> int:
    """Draw the bench. Returns the exit code.

    Raises:
        UsageError: there is no bench file, or it has mistakes.
    """
    path = bench_in_use(arguments.bench)
    print(f"bench {path}")
    for device, findings in examine([completed(each) for each in load_bench(path)], Host()):
        print("", *picture(device, findings), sep="\n")
    return 0


def show_locks(arguments: argparse.Namespace) -> int:
    """Print who has which board. Returns the exit code."""
    del arguments
    held = locks()
    for owner in held:
        print(f"{owner.device}  {owner}")
    if not held:
        print(f"no board is in use (locks lie in {lock_folder()})")
    return 0


def bench_in_use(named: Path | None) -> Path:
    """The bench file to work with.

    Raises:
        UsageError: there is none.
    """
    path = default_bench(named)
    if path is None:
        raise UsageError(f"no bench file (--bench, ${VARIABLE}, ./bench.yaml): `ocpp-rig bench scan --out bench.yaml`")
    return path


def _tell(lines: str) -> None:
    print(lines, file=sys.stderr)
