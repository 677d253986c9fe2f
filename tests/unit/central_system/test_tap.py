"""The tap: what goes through it, goes through unchanged and in the right portions."""

import asyncio
import socket
from dataclasses import dataclass, field
from typing import cast

from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from central_system.caller import Caller
from central_system.events import Direction, Frame, Undecodable, WireEvent
from central_system.relay import Relay
from central_system.security.limits import Limits

ACCEPTANCE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
FRAMES = [WebSocketFrame(Opcode.TEXT, text).serialize(mask=False) for text in (b"[3,1,{}]", b"[3,2,{}]")]


@dataclass
class Writer:
    """Remembers each write, and what is set at its socket."""

    written: list[bytes] = field(default_factory=list)
    options: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def transport(self) -> "Writer":
        return self

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, _: str) -> "Writer":
        return self

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append((level, option, value))


@dataclass
class Pumped:
    """What went to either side, and what the tap told."""

    server: Writer = field(default_factory=Writer)
    charge_point: Writer = field(default_factory=Writer)
    seen: list[WireEvent] = field(default_factory=list)


def pumped(sender: Direction, *chunks: bytes) -> Pumped:
    """What comes of it when one side sends these chunks."""
    result = Pumped()
    server, charge_point = (cast("asyncio.StreamWriter", each) for each in (result.server, result.charge_point))

    async def pump() -> None:
        relay = Relay(Caller(1, "peer"), dial=None, observe=result.seen.append, limits=Limits(), secure=None)
        reader = asyncio.StreamReader()
        if sender == "CP>":
            running = asyncio.create_task(relay.from_charge_point(reader, server, charge_point))
        else:
            running = asyncio.create_task(relay.from_server(reader, charge_point))
        for chunk in chunks:
            reader.feed_data(chunk)
            await asyncio.sleep(0)
        reader.feed_eof()
        await running

    asyncio.run(pump())
    return result


def test_two_frames_of_ours_that_come_together_leave_one_by_one() -> None:
    """The firmware answers the second of two frames in one segment only when a third arrives (finding 8)."""
    result = pumped("CS>", ACCEPTANCE + FRAMES[0] + FRAMES[1])
    assert result.charge_point.written == [ACCEPTANCE, *FRAMES]
    assert [event.text for event in result.seen if isinstance(event, Frame)] == ["[3,1,{}]", "[3,2,{}]"]


def test_half_a_frame_of_ours_waits_for_its_other_half() -> None:
    result = pumped("CS>", ACCEPTANCE + FRAMES[0][:4], FRAMES[0][4:])
    assert result.charge_point.written == [ACCEPTANCE, FRAMES[0]]


def test_each_segment_of_the_charge_point_is_acknowledged_at_once() -> None:
    """Else its next message waits 40 ms for that (Nagle): at 20 times real time longer than it waits for its answer."""
    result = pumped("CP>", b"one", b"two")
    assert result.charge_point.options == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)] * 2


def test_what_ends_within_a_frame_is_passed_on_and_told() -> None:
    result = pumped("CS>", ACCEPTANCE + FRAMES[0][:4])
    assert b"".join(result.charge_point.written) == ACCEPTANCE + FRAMES[0][:4]
    assert [event.why for event in result.seen if isinstance(event, Undecodable)] == ["the connection closed within it"]


def test_the_charge_points_bytes_go_on_as_they_come() -> None:
    result = pumped("CP>", b"no HTTP", b" at all\r\n", b"\x00\xff")
    assert result.server.written == [b"no HTTP", b" at all\r\n", b"\x00\xff"]
    undecodable = [bytes.fromhex(event.data) for event in result.seen if isinstance(event, Undecodable)]
    assert b"".join(undecodable) == b"".join(result.server.written)
