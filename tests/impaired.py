"""A tap between two raw ends on loopback: both see bytes, and say bytes."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from websockets.frames import Opcode

from central_system.caller import Caller
from central_system.events import ConnectionClosed, Direction, Frame, Impaired, WireEvent
from central_system.impairments.connection import Connection, Directions
from central_system.impairments.frames import frame_bytes
from central_system.impairments.standing import Impairments
from central_system.security.limits import Limits
from central_system.tap import Tap

WITHIN_S = 20.0
QUIET_S = 0.015
"""As long as nothing comes for, where nothing is to come."""
FOR_EVER = 3600

ASKS = b"GET /zephyr HTTP/1.1\r\nHost: here\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
ACCEPTS = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"


def call(uid: str, action: str = "Heartbeat") -> bytes:
    return f'[2,"{uid}","{action}",{{}}]'.encode()


def answer(uid: str) -> bytes:
    return f'[3,"{uid}",{{}}]'.encode()


@dataclass
class End:
    """One end of the connection, in its own words: `says` is what it sends as."""

    says: Direction
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def frame(self, payload: bytes, opcode: int = Opcode.TEXT, *, final: bool = True) -> bytes:
        """Say a frame; returns its bytes."""
        raw = frame_bytes(opcode, payload, mask=self.says == "CP>", final=final)
        self.writer.write(raw)
        return raw

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def hears(self, expected: bytes) -> float:
        """It hears these bytes next; returns when it had."""
        assert await self.reader.readexactly(len(expected)) == expected
        return time.monotonic()

    async def hears_nothing(self) -> None:
        """Neither a byte nor the end for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                raise AssertionError(f"it hears {await self.reader.read(1000)!r}")

    async def hears_the_end(self) -> None:
        assert await self.reader.read() == b""

    async def hears_frame(self) -> tuple[int, bytes, bool, bool]:
        """The next frame: opcode, payload, whether it is final, whether it was masked."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        key = await self.reader.readexactly(4) if second & 0x80 else b""
        payload = await self.reader.readexactly(length)
        if key:
            payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
        return first & 0x0F, payload, bool(first & 0x80), bool(key)


@dataclass
class Between:
    """The tap, the ends of its one connection, and what it told."""

    tap: Tap
    seen: list[WireEvent]
    servers: asyncio.Queue[End]
    told: asyncio.Event
    ends_to_close: contextlib.AsyncExitStack
    charge_point: End = field(init=False)
    server: End = field(init=False)

    def impair(self, sender: Directions, text: str) -> None:
        self.tap.link.impair(sender, Impairments.parse(text))

    def ends(self, sender: Direction) -> tuple[End, End]:
        """Who says what passes in this direction, and who hears it."""
        ends = (self.charge_point, self.server)
        return ends if sender == "CP>" else (ends[1], ends[0])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what the tap tells makes this true."""
        while not condition():
            self.told.clear()
            await self.told.wait()

    @property
    def connection(self) -> Connection:
        return self.tap.link.connection(1)

    async def connect(self) -> End:
        """Another charge point's end; `accepted` gives the server's."""
        end = End("CP>", *await asyncio.open_connection("127.0.0.1", self.tap.port))
        self.ends_to_close.push_async_callback(end.close)
        return end

    async def accepted(self) -> End:
        end = await self.servers.get()
        self.ends_to_close.push_async_callback(end.close)
        return end

    async def shake_hands(self) -> None:
        self.charge_point.writer.write(ASKS)
        await self.server.hears(ASKS)
        self.server.writer.write(ACCEPTS)
        await self.charge_point.hears(ACCEPTS)

    def impaired(self, how: str = "shaped") -> list[Impaired]:
        return [event for event in self.seen if isinstance(event, Impaired) and event.how == how]

    def frames(self, sender: Direction) -> list[str | None]:
        return [event.text for event in self.seen if isinstance(event, Frame) and event.sender == sender]

    @property
    def closed_by(self) -> Direction:
        (closed,) = [event for event in self.seen if isinstance(event, ConnectionClosed)]
        return closed.by


def between(
    scenario: Callable[[Between], Awaitable[None]],
    *,
    from_the_start: Sequence[tuple[Direction, str]] = (),
    shake_hands: bool = True,
    limits: Limits | None = None,
) -> Between:
    """Play a scenario with a connection whose WebSocket is open, and see that no task stays behind.

    `from_the_start` impairs before it connects.
    """

    async def play() -> Between:
        seen: list[WireEvent] = []
        servers: asyncio.Queue[End] = asyncio.Queue()
        listening = await asyncio.start_server(
            lambda reader, writer: servers.put_nowait(End("CS>", reader, writer)), "127.0.0.1", 0
        )
        port: int = listening.sockets[0].getsockname()[1]

        async def dial(_: Caller) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection("127.0.0.1", port)

        told = asyncio.Event()

        def observe(event: WireEvent) -> None:
            seen.append(event)
            told.set()

        async with (
            asyncio.timeout(WITHIN_S),
            listening,
            contextlib.AsyncExitStack() as ends,
            Tap("127.0.0.1", 0, dial=dial, observe=observe, limits=limits) as tap,
        ):
            made = Between(tap, seen, servers, told, ends)
            for sender, text in from_the_start:
                made.impair(sender, text)
            made.charge_point = await made.connect()
            made.server = await made.accepted()
            if shake_hands:
                await made.shake_hands()
            await scenario(made)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return made

    return asyncio.run(play())
