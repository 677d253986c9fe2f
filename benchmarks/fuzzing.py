"""Garbage for a central system: handshakes, frames, messages and datagrams, made from a seed, each repeatable."""

import asyncio
import contextlib
import itertools
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from benchmarks.charge_points import CallFailedError, ChargePoint, connected, frame
from benchmarks.malformed import http, ocpp, sntp, websocket
from benchmarks.serving import Served

WORKERS = 16
LEVELS = ("http", "websocket", "ocpp", "sntp")
SHARES = (25, 25, 45, 5)
"""Of each level, in percent."""
LISTENING_S = 0.03
"""How long whoever sent garbage listens to what becomes of it."""
STRETCH = 20
"""OCPP messages between two Heartbeats that must be answered: no message ends its connection."""
RECONNECTING = 300
"""Messages until a connection is given up for a new one: a central system may limit how many come at once."""
POLICY_VIOLATION = 1008
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Garbage:
    """Number `number` of a seed's garbage: what goes out, at which level."""

    number: int
    level: str
    data: bytes


@dataclass
class Thrown:
    """How much of each level was sent, and what should not have become of it.

    `limited` is how often it was more than a charge point may send, and its connection closed for that.
    """

    sent: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    limited: int = 0


def garbage(seed: int, number: int) -> Garbage:
    """The same for the same numbers, whatever came before."""
    random = Random(f"{seed}:{number}")  # noqa: S311  (garbage, no secrets)
    (level,) = random.choices(LEVELS, SHARES)
    match level:
        case "http":
            data = http.handshake(random)
        case "websocket":
            data = websocket.frames(random)
        case "sntp":
            data = sntp.datagram(random)
        case _:
            data = frame(ocpp.message(random).encode(), random.choices((0x81, 0x82), (9, 1))[0])
    return Garbage(number, level, data)


async def throw(served: Served, seed: int, numbers: range) -> Thrown:
    """Throw all of it at a central system, from several charge points at once."""
    thrown = Thrown()
    left = iter(numbers)
    async with asyncio.TaskGroup() as workers:
        for worker in range(WORKERS):
            workers.create_task(_Worker(served, seed, f"fuzz-{worker}", thrown).throw(left))
    return thrown


class _Worker:
    """One that throws: OCPP messages on a connection of its own, everything else on a new one each."""

    def __init__(self, served: Served, seed: int, identity: str, thrown: Thrown) -> None:
        self._served = served
        self._seed = seed
        self._identity = identity
        self._thrown = thrown
        self._charge_point: ChargePoint | None = None
        self._since_heartbeat: list[int] = []
        self._count = itertools.count(1)

    async def throw(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            thing = garbage(self._seed, number)
            self._thrown.sent[thing.level] += 1
            try:
                match thing.level:
                    case "http":
                        await self._http(thing)
                    case "websocket":
                        await self._websocket(thing)
                    case "sntp":
                        await self._sntp(thing)
                    case _:
                        await self._ocpp(thing)
            except (OSError, TimeoutError) as error:
                self._wrong(number, f"nobody served it: {error!r}")
                if not self._served.alive:
                    return
        await self._heartbeat()
        if self._charge_point:
            await self._charge_point.gone()

    def _wrong(self, number: int, what: str) -> None:
        self._thrown.wrong.append(f"garbage {number} of seed {self._seed} ({self._identity}): {what}")

    async def _http(self, thing: Garbage) -> None:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._served.port)
        # A refusal with the request half read ends in a reset: that is all right.
        with contextlib.suppress(ConnectionError):
            try:
                writer.write(thing.data)
                if thing.number % 3 == 0:
                    writer.write_eof()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LISTENING_S):
                        while await reader.read(65536):
                            pass
            finally:
                writer.transport.abort() if thing.number % 2 else writer.close()
                await writer.wait_closed()

    async def _websocket(self, thing: Garbage) -> None:
        async with asyncio.timeout(PATIENCE_S):
            charge_point = await connected(f"{self._identity}-ws", self._served.port)
        try:
            charge_point.send(thing.data)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LISTENING_S):
                    await charge_point.lost.wait()
        finally:
            await charge_point.gone()

    async def _sntp(self, thing: Garbage) -> None:
        if self._served.sntp_port is None:
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sending.sendto(thing.data, ("127.0.0.1", self._served.sntp_port))

    async def _ocpp(self, thing: Garbage) -> None:
        if next(self._count) % RECONNECTING == 0 and self._charge_point:
            await self._heartbeat()
            await self._charge_point.gone()
            self._charge_point = None
        if self._charge_point is None or self._charge_point.lost.is_set():
            async with asyncio.timeout(PATIENCE_S):
                self._charge_point = await connected(self._identity, self._served.port)
        self._since_heartbeat.append(thing.number)
        self._charge_point.send(thing.data)
        if len(self._since_heartbeat) >= STRETCH:
            await self._heartbeat()

    async def _heartbeat(self) -> None:
        """What was sent so far did not end the connection: a Heartbeat is answered."""
        if not self._charge_point or not self._since_heartbeat:
            return
        since, self._since_heartbeat = self._since_heartbeat, []
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._charge_point.call("Heartbeat", {})
        except (OSError, TimeoutError, CallFailedError) as error:
            if self._charge_point.close_code == POLICY_VIOLATION:
                self._thrown.limited += 1
                return
            self._wrong(since[-1], f"after {since} a Heartbeat was not answered: {error!r}")
            await self._charge_point.gone()
