"""What a relay passes on at its limits, byte by byte."""

import asyncio
import socket
from asyncio.trsock import TransportSocket
from typing import cast

import pytest
from websockets.frames import Frame, Opcode

from central_system.caller import Caller
from central_system.events import Frame as WireFrame
from central_system.events import WireEvent
from central_system.limit_reached import LimitReachedError
from central_system.relay import Relay
from central_system.security.limits import Limits
from central_system.socket_options import keep_alive
from tests.doorstep import REQUEST


class Stuck:
    """A writer whose `unread` bytes are never read; 0 takes everything."""

    transport = property(lambda self: self)
    written: list[bytes]

    def __init__(self, unread: int) -> None:
        self.unread = unread
        self.written = []

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, _: str) -> "Stuck":
        return self

    def setsockopt(self, *_: int) -> None: ...

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        if self.unread:
            await asyncio.Event().wait()


def test_nothing_more_is_taken_from_who_does_not_read() -> None:
    """Else its pings alone, which the server answers without waiting, would fill the memory."""
    charge_point, server = Stuck(unread=1), Stuck(unread=0)

    async def scenario() -> None:
        limits = Limits(unread_s=0.05, header_bytes=1 << 20)
        relay = Relay(Caller(1, "peer"), dial=None, observe=lambda _: None, limits=limits, secure=None)
        reader = asyncio.StreamReader()
        reader.feed_data(b"x" * 200_000)
        with pytest.raises(LimitReachedError, match=r"it has not read what it is told for 0.05 s"):
            await relay.from_charge_point(
                reader, cast("asyncio.StreamWriter", server), cast("asyncio.StreamWriter", charge_point)
            )

    asyncio.run(scenario())
    assert [len(each) for each in server.written] == [65536]


def test_what_is_told_of_before_a_limit_has_been_passed_on_and_nothing_else() -> None:
    told: list[WireEvent] = []
    frames = [Frame(Opcode.TEXT, b"%d" % n).serialize(mask=True) for n in range(5)]
    request = REQUEST + b"\r\n"
    server = Stuck(unread=0)

    async def scenario() -> None:
        limits = Limits(messages_per_s=0.5, message_burst=3)
        relay = Relay(Caller(1, "peer"), dial=None, observe=told.append, limits=limits, secure=None)
        reader = asyncio.StreamReader()
        reader.feed_data(request + b"".join(frames))
        charge_point = Stuck(unread=0)
        with pytest.raises(LimitReachedError):
            async with relay._header_time:
                await relay.from_charge_point(
                    reader, cast("asyncio.StreamWriter", server), cast("asyncio.StreamWriter", charge_point)
                )

    asyncio.run(scenario())
    assert [event.text for event in told if isinstance(event, WireFrame)] == ["0", "1", "2"]
    assert b"".join(server.written) == request + b"".join(frames[:3])


def test_a_connection_whose_other_end_vanished_is_found_out_by_the_kernel() -> None:
    with socket.socket() as device:
        keep_alive(TransportSocket(device))
        assert device.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert device.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
