"""The command line of the virtual board."""

import argparse
import asyncio
import contextlib
import math
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_build import BuildError, load_firmware
from rig import netns
from rig.errors import BenchError, UsageError
from rig.twin.defects import Defect
from rig.virtual_board.faults import FAULTS, parse_fault
from rig.virtual_board.wire import LONGEST_ID, socket_name

DESCRIPTION = """\
An STM32F769I-DISCO as a process: pyOCD finds, flashes and resets it as the real one, and its console is a
pseudo-terminal, told in one line of JSON on standard output when it is ready. It runs until SIGTERM.
"""
LOOPBACK = "127.0.0.1"
_BACKLOG = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser this command's options."""
    faults = "\n".join(f"  {name:<14}{meaning}" for name, meaning in FAULTS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, f"faults:\n{faults}"
    parser.add_argument("--id", required=True, help="the unique id of its probe")
    parser.add_argument("--ratio", type=float, default=1.0, metavar="N", help="seconds of its time in a second")
    parser.add_argument("--flash", type=Path, metavar="FILE", help="keeps the flash contents; without it, blank")
    parser.add_argument(
        "--fault", action="append", default=[], dest="faults", metavar="NAME[=VALUE]", help="what is wrong with it"
    )
    parser.add_argument(
        "--defect", action="append", default=[], dest="defects", choices=[*map(str, Defect)], metavar="NAME",
        help="of the twin that runs in it; `ocpp-rig twin --list-defects` names them",
    )  # fmt: skip
    parser.add_argument(
        "--image", action="append", default=[], dest="images", type=Path, metavar="FOLDER",
        help="of a firmware that it is to recognise, besides those of the build cache",
    )  # fmt: skip
    parser.add_argument("--console-port", type=int, metavar="N", help="TCP port of loopback with the console, too")
    parser.add_argument("--namespace", action="store_true", help="let its network be a namespace of its own")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input ends")


def run(options: argparse.Namespace) -> int:
    """Be the board until SIGTERM or SIGINT.

    Raises:
        UsageError: the options make no sense.
        BenchError: Unicorn is not installed, or the id, the port, the namespace or the file is not to be had.
    """
    if not re.fullmatch(rf"[\w.-]{{1,{LONGEST_ID}}}", options.id, re.ASCII):
        raise UsageError(f"the id {options.id!r} is not made of letters, digits, '.', '_' and '-'")
    if not 0 < options.ratio < math.inf:
        raise UsageError(f"--ratio {options.ratio}: give a positive number; 1 is real time")
    for folder in options.images:
        try:
            load_firmware(folder)
        except BuildError as error:
            raise UsageError(f"--image {folder}: {error}") from error
    faults = [parse_fault(text) for text in options.faults]
    try:
        from rig.virtual_board.life import serve  # noqa: PLC0415  (a clear error where Unicorn is missing)
    except ModuleNotFoundError as error:
        if error.name != "unicorn":
            raise
        cure = "pip install 'zephyr-ocpp-rig[virtual-board]'"
        raise BenchError("a virtual board needs the Unicorn emulator, which is not installed", cure) from error
    # Before the namespace is entered: who looks for the probe, or for the console's port, is outside.
    with _listen(options.id) as listening, _console_listener(options.console_port) as console_socket:
        if options.namespace:
            _enter_namespace()
        asyncio.run(serve(options, faults, listening, console_socket))
    return 0


def main(argv: Sequence[str]) -> int:
    """`python -m rig.virtual_board`; returns the exit code: 0, 2 for a usage error, 3 where the board cannot be."""
    parser = argparse.ArgumentParser(prog="python -m rig.virtual_board")
    add_options(parser)
    try:
        return run(parser.parse_args(argv))
    except (UsageError, BenchError) as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2 if isinstance(error, UsageError) else 3


def _listen(board: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(socket_name(board))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        cure = "end the other one, or choose another --id"
        raise BenchError(f"cannot be the board {board}: {error.strerror}", cure) from error
    return listening


def _console_listener(port: int | None) -> socket.socket | contextlib.nullcontext[None]:
    if port is None:
        return contextlib.nullcontext()
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        cure = "choose another --console-port, or 0"
        raise BenchError(f"no console on port {port}: {error.strerror}", cure) from error


def _enter_namespace() -> None:
    try:
        netns.enter()
    except OSError as error:
        cure = f"run as root, or allow user namespaces: {netns.ALLOW}"
        raise BenchError(str(error), cure) from error
