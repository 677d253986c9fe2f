"""A board from its start to its end."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from rig.virtual_board.application import KnownImages
from rig.virtual_board.board import Board
from rig.virtual_board.console import Console
from rig.virtual_board.faults import Fault
from rig.virtual_board.server import Server


async def serve(
    options: argparse.Namespace, faults: Sequence[Fault], listening: socket.socket, console_socket: socket.socket | None
) -> None:
    """Be the board that the command line describes until SIGTERM, SIGINT, or the end of its lifeline."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def breathe() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            ended.set()

    if options.lifeline:
        loop.add_reader(sys.stdin.fileno(), breathe)
    console = Console(console_socket)
    board = Board(
        serial=options.id,
        console=console,
        images=KnownImages(options.images, os.environ),
        ratio=options.ratio,
        defects=options.defects,
        flash_file=options.flash,
    )

    def facts() -> dict[str, Any]:
        return {
            "id": options.id,
            "console": console.path,
            "pid": os.getpid(),
            "namespace": f"/proc/{os.getpid()}/ns/net" if options.namespace else None,
            "console_port": console_socket.getsockname()[1] if console_socket else None,
        }

    try:
        await console.start()
        for fault in faults:
            board.suffer(fault, on=True)
        await Server(board, facts).start(listening)
        sys.stdout.write(json.dumps(facts()) + "\n")
        sys.stdout.flush()
        board.settle()
        await ended.wait()
    finally:
        board.stop()
        await console.stop()
