"""The wire decoder: whole frames from bytes in any cut, with the very bytes that they were made of."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from central_system.wire import MAX_FRAME, Undecoded, Unit, WireDecoder, payload_of

UPGRADE = (
    b"GET /steve/websocket/CentralSystemService/zephyr HTTP/1.1\r\nHost: 10.0.2.2:8180\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: TauUgkYZqRrdmzaZKY5EtA==\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)
TEXTS = [b'[2,"1","Heartbeat",{}]', b"", b"x" * 126, "Überwachung".encode(), b"y" * 70000]
FRAMES = [Frame(Opcode.TEXT, text).serialize(mask=True) for text in TEXTS]
STREAM = UPGRADE + b"".join(FRAMES)


def decode(*chunks: bytes) -> list[Unit]:
    decoder = WireDecoder(from_charge_point=True)
    return [unit for chunk in chunks for unit in decoder.feed(chunk)]


def test_an_upgrade_and_frames_are_told_apart_and_keep_their_bytes() -> None:
    upgrade, *frames = decode(STREAM)
    assert isinstance(upgrade.what, Request)
    assert (upgrade.what.path, upgrade.raw) == ("/steve/websocket/CentralSystemService/zephyr", UPGRADE)
    assert [unit.raw for unit in frames] == FRAMES
    assert [bytes(unit.what.data) for unit in frames if isinstance(unit.what, Frame)] == TEXTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_the_cut_makes_no_difference(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [unit.raw for unit in decode(*chunks)] == [unit.raw for unit in decode(STREAM)]


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10))
def test_no_byte_of_garbage_is_lost(chunks: list[bytes]) -> None:
    decoder = WireDecoder(from_charge_point=True)
    units = [unit for chunk in chunks for unit in decoder.feed(chunk)]
    assert b"".join(unit.raw for unit in units) + decoder.rest() == b"".join(chunks)


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), "incorrect masking"),
        (b"\x83\x80\0\0\0\0", "invalid opcode"),
        (b"\x81\xff" + (MAX_FRAME + 1).to_bytes(8, "big"), "exceeds limit"),
    ],
)
def test_what_is_no_websocket_says_why_and_what_follows_is_kept(damaged: bytes, why: str) -> None:
    decoder = WireDecoder(from_charge_point=True)
    decoder.feed(UPGRADE)
    (broken,) = decoder.feed(damaged)
    assert isinstance(broken.what, Undecoded)
    assert why in broken.what.why
    assert [unit.raw for unit in decoder.feed(b"more")] == [b"more"]


def test_a_payload_that_is_no_text_is_given_in_hex() -> None:
    assert payload_of(Frame(Opcode.TEXT, b"\xff\xfe")) == (None, "fffe")
    assert payload_of(Frame(Opcode.PING, b"ab")) == (None, "6162")
    assert payload_of(Frame(Opcode.TEXT, b"ab")) == ("ab", None)
