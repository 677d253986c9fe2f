"""The tap: what goes through it, goes through unchanged and in the right portions."""

import asyncio
import socket
from asyncio.trsock import TransportSocket
from typing import cast

from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from central_system.events import Direction, Frame, Undecodable, WireEvent
from central_system.tap import Tap

ACCEPTANCE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
FRAMES = [WebSocketFrame(Opcode.TEXT, text).serialize(mask=False) for text in (b"[3,1,{}]", b"[3,2,{}]")]


class Writer:
    """Remembers each write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        pass


def pumped(
    sender: Direction, *chunks: bytes, device: TransportSocket | None = None
) -> tuple[list[bytes], list[WireEvent]]:
    """What the tap writes, and what it tells, when one side sends these chunks."""
    seen: list[WireEvent] = []
    writer = Writer()

    async def pump() -> None:
        tap = Tap("127.0.0.1", 0, dial=asyncio.open_connection, observe=seen.append)
        reader = asyncio.StreamReader()
        running = asyncio.create_task(tap._pump(1, sender, reader, cast("asyncio.StreamWriter", writer), device))
        for chunk in chunks:
            reader.feed_data(chunk)
            await asyncio.sleep(0)
        reader.feed_eof()
        await running
        tap._socket.close()

    asyncio.run(pump())
    return writer.written, seen


def test_two_frames_of_ours_that_come_together_leave_one_by_one() -> None:
    """The firmware answers the second of two frames in one segment only when a third arrives (finding 8)."""
    written, seen = pumped("CS>", ACCEPTANCE + FRAMES[0] + FRAMES[1])
    assert written == [ACCEPTANCE, *FRAMES]
    assert [event.text for event in seen if isinstance(event, Frame)] == ["[3,1,{}]", "[3,2,{}]"]


def test_half_a_frame_of_ours_waits_for_its_other_half() -> None:
    written, _ = pumped("CS>", ACCEPTANCE + FRAMES[0][:4], FRAMES[0][4:])
    assert written == [ACCEPTANCE, FRAMES[0]]


def test_each_segment_of_the_charge_point_is_acknowledged_at_once() -> None:
    """Else its next message waits 40 ms for that (Nagle): at 20 times real time longer than it waits for its answer."""
    options: list[tuple[int, int, int]] = []

    class Device:
        def setsockopt(self, level: int, option: int, value: int) -> None:
            options.append((level, option, value))

    pumped("CP>", b"one", b"two", device=cast("TransportSocket", Device()))
    assert options == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)] * 2


def test_what_ends_within_a_frame_is_passed_on_and_told() -> None:
    written, seen = pumped("CS>", ACCEPTANCE + FRAMES[0][:4])
    assert b"".join(written) == ACCEPTANCE + FRAMES[0][:4]
    assert [event.why for event in seen if isinstance(event, Undecodable)] == ["the connection closed within it"]


def test_the_charge_points_bytes_go_on_as_they_come() -> None:
    written, seen = pumped("CP>", b"no HTTP", b" at all\r\n", b"\x00\xff")
    assert written == [b"no HTTP", b" at all\r\n", b"\x00\xff"]
    assert b"".join(bytes.fromhex(e.data) for e in seen if isinstance(e, Undecodable)) == b"".join(written)
