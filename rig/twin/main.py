"""The command line of the twin."""

import argparse
import asyncio
import math
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rig.twin.charge_point import ChargePoint
from rig.twin.config import ConfigError, TwinConfig, read_config
from rig.twin.defects import Defect
from rig.twin.profiles.profile import Profile

_ASK_AGAIN_S = 0.1
USAGE_ERROR = 2
"""Exit code for a command line or a configuration that makes no sense."""

_ALL = "all"


def main(argv: list[str]) -> int:
    """Run the twin until SIGTERM or SIGINT; its console is this process's stdout.

    Args:
        argv: the command line, without the program's name.

    Returns:
        The exit code: 0, or 2 for a usage error, explained on stderr.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if options.list_defects:
        width = max(map(len, Defect))
        sys.stdout.writelines(f"{defect:<{width}}  {defect.description}\n" for defect in Defect)
        return 0
    try:
        config = read_config(options.config) if options.config else TwinConfig()
    except ConfigError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return USAGE_ERROR
    config = replace(config, profiles=config.profiles.union(*options.profiles))
    twin = ChargePoint(config, options.build, options.time_scale, _write_to_stdout, frozenset(options.defects))
    asyncio.run(_run_until_terminated(twin))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rig.twin",
        description="The charge point that Zephyr's OCPP sample documents.",
        epilog=_profiles_explained(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="prj.conf; without it, the sample's documented defaults"
    )
    parser.add_argument(
        "--time-scale", type=_time_scale, default=1.0, metavar="N", help="seconds of device time in a second"
    )
    parser.add_argument("--build", default="twin", metavar="STRING", help="what the boot banner shows")
    parser.add_argument(
        "--profile", type=_profiles, action="append", default=[], dest="profiles", metavar="NAME",
        help="have this profile, too, or all of them; may be given more than once; without it, what the sample has",
    )  # fmt: skip
    parser.add_argument(
        "--defect", type=_defect, action="append", default=[], dest="defects", metavar="NAME",
        help="misbehave in this way; may be given more than once",
    )  # fmt: skip
    parser.add_argument("--list-defects", action="store_true", help="name and explain all defects, and exit")
    return parser


def _time_scale(text: str) -> float:
    with suppress(ValueError):
        scale = float(text)
        if math.isfinite(scale) and scale > 0:
            return scale
    raise argparse.ArgumentTypeError(f"{text!r} is no positive number; 1 is real time, 100 a hundred times faster")


def _profiles(name: str) -> frozenset[Profile]:
    if name == _ALL:
        return frozenset(Profile)
    for profile in Profile:
        if profile == name:
            return frozenset({profile})
    known = ", ".join([*Profile, _ALL])
    raise argparse.ArgumentTypeError(f"unknown profile {name!r}; there are {known}")


def _profiles_explained() -> str:
    width = max(map(len, Profile))
    lines = (f"  {profile:<{width}}  {profile.description}\n  {'':<{width}}  {profile.symbol}=y" for profile in Profile)
    title = "profiles, and what switches each of them on in prj.conf (any of them brings core along):"
    return "\n".join((title, *lines))


def _defect(name: str) -> Defect:
    for defect in Defect:
        if defect == name:
            return defect
    raise argparse.ArgumentTypeError(f"unknown defect {name!r}; --list-defects names them all")


async def _run_until_terminated(twin: ChargePoint) -> None:
    task = asyncio.ensure_future(twin.run())
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    told = asyncio.ensure_future(told_to_end.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    while not task.done():
        # Again, if need be: a task group that ends by an error, as at a restart, forgets to be cancelled meanwhile.
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_S)
    told.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _write_to_stdout(data: bytes) -> None:
    # A UART does not notice that nobody listens any more.
    with suppress(OSError):
        while data:
            data = data[os.write(1, data) :]
