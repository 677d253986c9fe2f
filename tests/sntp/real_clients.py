"""A real SNTP client asks the responder: what it says, and what the responder saw of it."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from central_system.events import SntpExchange, WireEvent
from central_system.ports import Bind, listening_socket
from central_system.sntp import SntpResponder
from central_system.sntp_faults import SntpFaults
from rig.programs import which

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
"""Wall seconds that a client may take at most, on a host that is very busy."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How a client ended, what it wrote (stdout and stderr), and its exchanges with the responder."""

    code: int
    said: str
    exchanges: tuple[SntpExchange, ...]


def program_or_skip(name: str, package: str) -> str:
    """The path of a client's program; without it, the test is skipped by name."""
    program = which(name)
    if program is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install {package})")
    return program


def ask(faults: str, command: Callable[[int], list[str]], *, port: int = 0, bind: Bind = listening_socket) -> Heard:
    """Run a client, by its command for a port, against a responder with these faults that tells this machine's time."""
    return asyncio.run(_ask(faults, command, port, bind))


async def _ask(faults: str, command: Callable[[int], list[str]], port: int, bind: Bind) -> Heard:
    seen: list[WireEvent] = []
    async with SntpResponder(
        LOOPBACK, port, now=time.time, observe=seen.append, bind=bind, faults=SntpFaults.parse(faults)
    ) as responder:
        client = await asyncio.create_subprocess_exec(
            *command(responder.port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                said, _ = await client.communicate()
        finally:
            if client.returncode is None:
                client.kill()
                await client.wait()
    assert client.returncode is not None
    exchanges = tuple(each for each in seen if isinstance(each, SntpExchange))
    return Heard(client.returncode, said.decode(), exchanges)
