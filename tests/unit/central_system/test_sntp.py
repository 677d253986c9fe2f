"""The SNTP responder, on RFC 4330's own terms."""

import asyncio
import socket
import struct

import pytest

from central_system.clock import WorldClock
from central_system.events import SntpExchange, WireEvent
from central_system.sntp import NTP_EPOCH_S, PACKET, SntpResponder, ntp_timestamp, reply_to

TRANSMIT = 0x1234_5678_9ABC_DEF0
NOW = 1_795_343_248.5


def request(version: int = 3, mode: int = 3, length: int = 48) -> bytes:
    packet = PACKET.pack(version << 3 | mode, 0, 6, 0, 0, 0, b"\0\0\0\0", 0, 0, 0, TRANSMIT)
    return (packet + bytes(length))[:length]


def test_the_reply_is_that_of_a_server() -> None:
    reply = reply_to(request(), NOW)
    assert reply is not None
    first, stratum, poll, _, _, _, _, reference, originate, receive, transmit = PACKET.unpack(reply)
    assert (first >> 6, first >> 3 & 7, first & 7) == (0, 3, 4)
    assert 1 <= stratum <= 15
    assert poll == 6
    assert originate == TRANSMIT
    assert reference <= receive <= transmit
    assert transmit >> 32 == int(NOW) + NTP_EPOCH_S
    assert transmit & 0xFFFF_FFFF == 1 << 31


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_version_is_echoed(version: int) -> None:
    reply = reply_to(request(version), NOW)
    assert reply is not None
    assert reply[0] >> 3 & 7 == version


@pytest.mark.parametrize(
    "packet", [b"", request(length=47), request(mode=4), request(mode=1), request(version=0)], ids=repr
)
def test_what_is_no_client_request_gets_no_answer(packet: bytes) -> None:
    assert reply_to(packet, NOW) is None


def test_the_era_of_2036_rolls_over() -> None:
    roll_over = (1 << 32) - NTP_EPOCH_S
    assert ntp_timestamp(roll_over) == 0
    assert ntp_timestamp(roll_over + 1) >> 32 == 1


def test_a_client_on_loopback_is_told_the_time_of_the_world_clock() -> None:
    seen: list[WireEvent] = []

    async def scenario() -> bytes:
        async with SntpResponder("127.0.0.1", 0, now=lambda: NOW, observe=seen.append) as responder:
            loop = asyncio.get_running_loop()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setblocking(False)
                client.connect(("127.0.0.1", responder.port))
                await loop.sock_sendall(client, b"garbage")
                await loop.sock_sendall(client, request())
                async with asyncio.timeout(5):
                    return await loop.sock_recv(client, 512)

    reply = asyncio.run(scenario())
    (seconds,) = struct.unpack_from("!I", reply, 40)
    assert seconds - NTP_EPOCH_S == int(NOW)
    garbage, answered = seen
    assert isinstance(garbage, SntpExchange)
    assert (garbage.reply, garbage.epoch_s) == (None, None)
    assert isinstance(answered, SntpExchange)
    assert (answered.request, answered.epoch_s) == (request().hex(), NOW)


def test_an_accelerated_world_runs_as_fast_as_its_device() -> None:
    host = iter([100.0, 101.0, 101.5])
    clock = WorldClock(NOW, ratio=20, host=lambda: next(host))
    assert clock.now() == NOW + 20
    assert clock.iso() == "2026-11-22T10:27:58Z"
