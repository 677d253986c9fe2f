"""The SNTP responder, on RFC 4330's own terms."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_system.clock import WorldClock
from central_system.events import SntpExchange, WireEvent
from central_system.sntp import SntpResponder, reply_to
from central_system.sntp_packet import ERA_S, NTP_EPOCH_S, PACKET, ROLL_OVER_S, SntpPacket, ntp_timestamp

TRANSMIT = 0x1234_5678_9ABC_DEF0
NOW = 1_795_343_248.5
LOOPBACK = "127.0.0.1"


def request(version: int = 3, mode: int = 3, length: int = 48, transmit: int = TRANSMIT) -> bytes:
    packet = PACKET.pack(version << 3 | mode, 0, 6, 0, 0, 0, b"\0\0\0\0", 0, 0, 0, transmit)
    return (packet + bytes(length))[:length]


@contextlib.contextmanager
def client_of(port: int, host: str = LOOPBACK) -> Iterator[socket.socket]:
    """A client's socket, which like Zephyr's takes answers from the address that it asks and from no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((host, port))
        yield client


async def answer_to(client: socket.socket, datagram: bytes) -> bytes:
    """The next answer that a client gets once it has sent this."""
    client.send(datagram)
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recv(client, 512)


def test_the_reply_is_that_of_a_server() -> None:
    reply = reply_to(request(), NOW)
    assert reply is not None
    now = ntp_timestamp(NOW)
    assert SntpPacket.unpack(reply) == SntpPacket(
        leap=0,
        version=3,
        mode=4,
        stratum=1,
        poll=6,
        precision=-20,
        root_delay=0,
        root_dispersion=0,
        reference_id=b"LOCL",
        reference=now,
        originate=TRANSMIT,
        receive=now,
        transmit=now,
    )
    assert now >> 32 == int(NOW) + NTP_EPOCH_S
    assert now & 0xFFFF_FFFF == 1 << 31


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_version_is_echoed(version: int) -> None:
    reply = reply_to(request(version), NOW)
    assert reply is not None
    assert SntpPacket.unpack(reply).version == version


def test_a_peer_is_answered_as_a_peer() -> None:
    reply = reply_to(request(mode=1), NOW)
    assert reply is not None
    assert SntpPacket.unpack(reply).mode == 2


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"", id="empty"),
        pytest.param(request(length=47), id="a byte short"),
        *(pytest.param(request(mode=mode), id=f"mode {mode}") for mode in (0, 2, 4, 5, 6, 7)),
        *(pytest.param(request(version=version), id=f"version {version}") for version in (0, 5, 6, 7)),
    ],
)
def test_what_is_no_client_request_gets_no_answer(packet: bytes) -> None:
    assert reply_to(packet, NOW) is None


def test_extension_fields_and_an_authenticator_are_passed_over() -> None:
    assert reply_to(request(length=200), NOW) == reply_to(request(), NOW)


@given(st.binary(max_size=80), st.floats(-ERA_S, ERA_S))
def test_no_datagram_is_too_much_and_no_answer_is_longer_than_its_request(datagram: bytes, now_s: float) -> None:
    reply = reply_to(datagram, now_s)
    if reply is not None:
        assert len(reply) <= len(datagram)
        assert SntpPacket.unpack(reply).pack() == reply
        # Nor is an answer ever a request: two responders cannot keep each other busy.
        assert reply_to(reply, now_s) is None


def test_the_era_of_2036_rolls_over() -> None:
    assert ntp_timestamp(ROLL_OVER_S - 1) >> 32 == ERA_S - 1
    assert ntp_timestamp(ROLL_OVER_S) == 0
    assert ntp_timestamp(ROLL_OVER_S + 1) >> 32 == 1


def test_the_time_stamp_that_means_unavailable_is_never_told() -> None:
    reply = reply_to(request(), ROLL_OVER_S)
    assert reply is not None
    packet = SntpPacket.unpack(reply)
    assert (packet.reference, packet.receive, packet.transmit) == (1, 1, 1)


def test_a_client_on_loopback_is_told_the_time_of_the_world_clock() -> None:
    seen: list[WireEvent] = []

    async def scenario() -> tuple[bytes, str]:
        async with SntpResponder(LOOPBACK, 0, now=lambda: NOW, observe=seen.append) as responder:
            with client_of(responder.port) as client:
                client.send(b"garbage")
                reply = await answer_to(client, request())
                return reply, f"{LOOPBACK}:{client.getsockname()[1]}"

    reply, peer = asyncio.run(scenario())
    assert reply == reply_to(request(), NOW)
    assert seen == [
        SntpExchange(peer, b"garbage".hex(), None, None),
        SntpExchange(peer, request().hex(), reply.hex(), NOW),
    ]


def test_the_answer_comes_from_the_address_that_was_asked() -> None:
    everywhere = "0.0.0.0"  # noqa: S104  (loopback has enough addresses to show it)

    async def scenario() -> bytes:
        async with SntpResponder(everywhere, 0, now=lambda: NOW, observe=lambda _: None) as responder:
            with client_of(responder.port, "127.0.0.2") as client:
                assert client.getsockname()[0] == LOOPBACK, "an answer sent there leaves from there, left to itself"
                return await answer_to(client, request())

    assert asyncio.run(scenario()) == reply_to(request(), NOW)


def test_an_accelerated_world_runs_as_fast_as_its_device() -> None:
    host = iter([100.0, 101.0, 101.5])
    clock = WorldClock(NOW, ratio=20, host=lambda: next(host))
    assert clock.now() == NOW + 20
    assert clock.iso() == "2026-11-22T10:27:58Z"


def test_a_packet_is_read_as_it_is_written() -> None:
    packet = SntpPacket.unpack(request())
    assert (packet.version, packet.mode, packet.poll, packet.transmit) == (3, 3, 6, TRANSMIT)
    assert SntpPacket.unpack(replace(packet, leap=3, precision=-6).pack()) == replace(packet, leap=3, precision=-6)
