"""What garbage once brought to light, each with the bytes that did: refused or answered, and no error of ours."""

import asyncio
import logging
import time

import pytest

from central_system.clock import WorldClock
from central_system.events import Undecodable, Upgrade, WireEvent
from central_system.frame_log import FrameLog
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.server import CentralSystem

GOOD = (
    b"GET /fuzz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)
HEARTBEAT = b'\x81\x96\0\0\0\0[2,"1","Heartbeat",{}]'


def answer_to(sent: bytes, *, strangers: bool = True) -> tuple[bytes, list[WireEvent]]:
    """What comes back before the connection ends or is quiet, and what the observer saw."""
    seen: list[WireEvent] = []

    async def run() -> bytes:
        clock = WorldClock(time.time())
        registry = Registry(Rules(strangers=strangers), now=clock.now)
        async with (
            CentralSystem("127.0.0.1", 0, clock=clock, observe=seen.append, registry=registry) as central_system,
            asyncio.timeout(10),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", central_system.port)
            writer.write(sent)
            received = b""
            while b"\r\n\r\n" not in received or (HEARTBEAT in sent and b"currentTime" not in received):
                if not (chunk := await reader.read(65536)):
                    break
                received += chunk
            writer.close()
            await writer.wait_closed()
            return received

    return asyncio.run(run()), seen


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR or each.exc_info]


def test_bytes_behind_a_request_that_is_refused_are_no_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    received, _ = answer_to(GOOD + b"junk\0\0", strangers=False)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert complaints(caplog) == []


def test_a_frame_right_behind_the_request_is_answered() -> None:
    received, _ = answer_to(GOOD + HEARTBEAT)
    assert received.startswith(b"HTTP/1.1 101 ")
    assert b'[3,"1",{"currentTime":' in received


def test_sub_protocols_in_two_headers_are_read_as_one(caplog: pytest.LogCaptureFixture) -> None:
    _, seen = answer_to(GOOD.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"))
    (upgrade,) = [each for each in seen if isinstance(each, Upgrade)]
    assert upgrade.subprotocols == ("ocpp1.6", "ocpp2.0.1")
    assert complaints(caplog) == []


def test_a_transfer_coding_is_undecodable_and_no_error_of_the_tap(caplog: pytest.LogCaptureFixture) -> None:
    _, seen = answer_to(GOOD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"))
    (undecodable,) = [each for each in seen if isinstance(each, Undecodable)]
    assert "transfer codings" in undecodable.why
    assert complaints(caplog) == []


def test_the_frame_log_forgets_what_would_fill_the_memory() -> None:
    log = FrameLog(time.time)
    for number in range(1_000):
        log(Undecodable(1, "CP>", f"{number:06}" * 20_000, "long"))
    kept = [each.event.data for each in log.seen if isinstance(each.event, Undecodable)]
    assert kept[-1].startswith("000999")
    assert sum(map(len, kept)) <= 16 << 20
