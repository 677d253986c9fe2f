"""What ends a connection at the central system's limits, and that nobody else notices."""

import asyncio
import contextlib
import errno
import resource
import socket
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from central_system import tap
from central_system.events import ConnectionClosed as Closed
from central_system.events import UpgradeAnswer
from central_system.security.limits import Bucket, Limits
from central_system.security.tls import Tls
from tests.doorstep import HEARTBEAT, REQUEST, Door, at_the_door, is_served, issue


async def close_code(charge_point: ClientConnection) -> tuple[int, str]:
    """Read what comes until the central system closes; its code and reason."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await charge_point.recv()
    return charge_point.close_code or 0, charge_point.close_reason or ""


def test_a_limit_is_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="message_bytes must be more than 0"):
        Limits(message_bytes=0)


def test_connections_are_limited_by_the_descriptors_of_the_process() -> None:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert Limits.of_this_process().connections == (allowed - 128) // 3


def test_one_too_many_is_answered_503_until_another_leaves() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point("first") as first:
            async with door.charge_point("second") as second:
                for _ in range(3):
                    with pytest.raises(InvalidStatus, match="503"):
                        async with door.charge_point("third"):
                            pass
                assert await is_served(first)
                assert await is_served(second)
            third = await _let_in(door, "third")
            assert await is_served(third)
            assert await is_served(first)
            await third.close()

    door = at_the_door(scenario, limits=Limits(connections=2))
    told = door.turned_away[0]
    assert (told.connection, told.status, told.why) == (3, 503, "there are as many connections as may be")
    assert UpgradeAnswer(3, 503, None) in door.seen
    assert Closed(3, "CS>") in door.seen


async def _let_in(door: Door, identity: str) -> ClientConnection:
    """Connect as soon as there is room: the other side closes a little later than this one."""
    while True:
        with contextlib.suppress(InvalidStatus):
            return await door.charge_point(identity).__aenter__()


def test_a_crowd_at_the_door_is_closed_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "AT_THE_DOOR", 0)

    async def scenario(door: Door) -> None:
        async with door.charge_point("first") as first:
            assert await door.exchange(REQUEST + b"\r\n") == b""
            assert await is_served(first)

    (told,) = at_the_door(scenario, limits=Limits(connections=1)).turned_away
    assert (told.connection, told.status) == (2, None)


@pytest.mark.parametrize("length", [1001, 300_000])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_message_that_is_too_long_ends_in_1009(length: int, parts: int) -> None:
    """In one frame, or as the sum of its fragments."""
    text = "x" * length
    pieces = [text[n * length // parts : (n + 1) * length // parts] for n in range(parts)]

    async def scenario(door: Door) -> None:
        async with door.charge_point("other") as other, door.charge_point("greedy") as greedy:
            with contextlib.suppress(ConnectionClosed):
                await greedy.send(text if parts == 1 else pieces)
            code, _ = await close_code(greedy)
            assert code == 1009
            assert await is_served(other)

    limits = Limits(message_bytes=1000) if length < 2000 else Limits()
    (told,) = at_the_door(scenario, limits=limits).turned_away
    assert (told.charge_point, told.status) == ("greedy", 1009)
    assert "exceeds limit" in told.why or "bytes" in told.why


def test_a_message_as_long_as_may_be_is_answered() -> None:
    message = HEARTBEAT.replace("{}", '{"x":"' + "x" * (1000 - len(HEARTBEAT) - 6) + '"}')

    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            await charge_point.send(message)
            assert str(await charge_point.recv()).startswith("[3,")

    assert len(message) == 1000
    assert not at_the_door(scenario, limits=Limits(message_bytes=1000)).turned_away


@pytest.mark.parametrize("pings", [False, True])
def test_who_sends_too_much_is_closed_with_1008(pings: bool) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point("other") as other, door.charge_point("greedy") as greedy:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(4):
                    await (greedy.ping() if pings else greedy.send(HEARTBEAT))
            assert await close_code(greedy) == (1008, "it sends more than 0.5 messages a second")
            assert await is_served(other)

    (told,) = at_the_door(scenario, limits=Limits(messages_per_s=0.5, message_burst=3)).turned_away
    assert (told.charge_point, told.status) == ("greedy", 1008)


def test_a_burst_is_allowed_again_when_it_was_quiet_for_long_enough() -> None:
    bucket = Bucket(rate=2.0, burst=3, now=10.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(10.5), bucket.take(10.5)] == [True, False]
    assert [bucket.take(99.0) for _ in range(4)] == [True, True, True, False]


def test_without_a_limit_of_messages_thousands_at_once_are_answered() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            sending = asyncio.create_task(_send(charge_point, 3000))
            for _ in range(3000):
                await charge_point.recv()
            await sending

    assert not at_the_door(scenario).turned_away


async def _send(charge_point: ClientConnection, messages: int) -> None:
    for _ in range(messages):
        await charge_point.send(HEARTBEAT)


@pytest.mark.parametrize("sent", [b"", b"GET /zephyr HT", REQUEST])
def test_who_does_not_finish_his_request_is_closed_and_who_has_is_not(sent: bytes) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await door.exchange(sent) == b""
            assert await is_served(charge_point)

    (told,) = at_the_door(scenario, limits=Limits(header_s=0.1)).turned_away
    assert (told.connection, told.status, told.why) == (2, None, "no whole request came within 0.1 s")


def test_the_tls_handshake_is_in_the_time_for_the_request(certificate: Tls) -> None:
    async def scenario(door: Door) -> None:
        assert await door.exchange(b"\x16\x03\x01\x02\x00\x01") == b""

    (told,) = at_the_door(scenario, limits=Limits(header_s=0.1), tls=certificate).turned_away
    assert (told.status, told.why) == (None, "no whole request came within 0.1 s")


@pytest.fixture
def certificate(tmp_path: Path) -> Tls:
    files = issue(trustme.CA(), tmp_path / "server", "127.0.0.1")
    return Tls(files.certificate, files.key)


@pytest.mark.parametrize(
    "flood",
    [
        REQUEST + b"".join(b"X-Header-%d: flood\r\n" % n for n in range(100)) + b"\r\n",
        REQUEST + b"X-Header: " + b"x" * 900,
        b"GET /" + b"x" * 2000,
        REQUEST + b"X-Header: " + b"x" * 100_000,
    ],
    ids=["whole", "a header that never ends", "a path that never ends", "far more than is read"],
)
def test_a_request_that_is_too_long_is_answered_431(flood: bytes) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert (await door.exchange(flood)).startswith(b"HTTP/1.1 431 ")
            assert await is_served(charge_point)

    (told,) = at_the_door(scenario, limits=Limits(header_bytes=1000)).turned_away
    assert (told.status, told.why) == (431, "its request is longer than 1000 bytes")


def test_a_request_as_websockets_itself_refuses_it_is_told_too() -> None:
    async def scenario(door: Door) -> None:
        answer = await door.exchange(REQUEST + b"X-Header: " + b"x" * 9000 + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert (await door.exchange(b"GET /zephyr HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 426 ")
        assert await door.exchange(b"no HTTP\r\n") == b""

    door = at_the_door(scenario)
    assert [told.status for told in door.turned_away] == [431, 426, None]
    assert door.turned_away[2].why.startswith("invalid HTTP request line")


def test_who_never_reads_is_dropped_and_nobody_waits_for_him() -> None:
    async def scenario(door: Door) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            greedy.setblocking(False)
            await loop.sock_connect(greedy, ("127.0.0.1", door.central_system.port))
            await loop.sock_sendall(greedy, REQUEST + b"\r\n")
            question = Frame(Opcode.TEXT, b'[2,"%s","None",{}]' % (b"x" * 30_000)).serialize(mask=True)
            flood = asyncio.create_task(_flood(greedy, question))
            async with door.charge_point() as charge_point:
                while not door.turned_away:
                    assert await is_served(charge_point)
            flood.cancel()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await flood

    (told,) = at_the_door(scenario, limits=Limits(unread_s=0.2)).turned_away
    assert (told.charge_point, told.status) == ("greedy", None)
    assert told.why == "it has not read what it is told for 0.2 s"


async def _flood(greedy: socket.socket, question: bytes) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(greedy, question)


def test_who_sends_too_many_bytes_is_closed() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            await charge_point.send("x" * 5000)
            assert await close_code(charge_point) == (1008, "it sends more than 100 bytes a second")

    (told,) = at_the_door(scenario, limits=Limits(bytes_per_s=100, bytes_burst=4000)).turned_away
    assert (told.status, told.why) == (1008, "it sends more than 100 bytes a second")


def test_who_finds_no_descriptor_free_is_accepted_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accept, failures = socket.socket.accept, [OSError(errno.EMFILE, "Too many open files")]

    def accept_later(self: socket.socket) -> tuple[socket.socket, Any]:
        if self.family is socket.AF_INET and failures:
            raise failures.pop()
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", accept_later)
    monkeypatch.setattr(tap, "RETRY_S", 0.01)

    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario)
    assert "no connection can be accepted for 0.01 s: [Errno 24] Too many open files" in caplog.text


def test_who_is_accepted_with_the_last_descriptor_is_answered_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_way(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            monkeypatch.setattr(door.central_system._tap, "_dial", no_way)
            assert (await door.exchange(REQUEST + b"\r\n")).startswith(b"HTTP/1.1 503 ")
            assert await is_served(charge_point)

    (told,) = at_the_door(scenario).turned_away
    assert told.why == "the tap cannot reach its server: [Errno 24] Too many open files"
