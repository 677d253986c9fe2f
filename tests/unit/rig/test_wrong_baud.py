"""Text that is read at another speed than it is written, bit by bit as a UART sees it."""

from itertools import pairwise

import pytest

from rig.console.wrong_baud import ENOUGH, looks_like_wrong_baud
from tests.recorded import ALL, console_bytes

SPEEDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


def line_of(data: bytes) -> list[int]:
    """The levels of a line, one for each bit time: start bit, eight bits, least first, stop bit; idle is 1."""
    bits = [1, 1]
    for byte in data:
        bits += [0, *(byte >> bit & 1 for bit in range(8)), 1]
    return bits + [1] * 20


def received(line: list[int], written: int, read: int) -> bytes:
    """What a UART makes of a line: it waits for a falling edge, then samples the middle of each of its own bits.

    A character whose stop bit is low is a framing error; Linux passes it on, and the next edge is waited for.
    """
    step = written / read  # the line's bit times in one of the reader's
    falls = [index for index, (before, now) in enumerate(pairwise(line), start=1) if before > now]
    data, free = bytearray(), 0.0
    for fall in falls:
        if fall < free or fall + 9.5 * step >= len(line):
            continue
        level = [line[int(fall + (bit + 0.5) * step)] for bit in range(10)]
        if level[0] == 0:  # else a glitch
            data.append(sum(bit << place for place, bit in enumerate(level[1:9])))
            free = fall + 9.5 * step
    return bytes(data)


@pytest.fixture(scope="module")
def text() -> bytes:
    """2 kB that the real firmware said."""
    return console_bytes("mps2_an385-lifecycle")[:2000]


@pytest.mark.parametrize("speed", SPEEDS)
def test_at_its_own_speed_text_arrives_as_it_is_and_looks_right(text: bytes, speed: int) -> None:
    assert received(line_of(text), speed, speed) == text
    assert not looks_like_wrong_baud(text)


@pytest.mark.parametrize("read", [speed for speed in SPEEDS if speed != 115200])
def test_at_any_other_speed_it_looks_wrong(text: bytes, read: int) -> None:
    data = received(line_of(text), 115200, read)
    assert len(data) >= ENOUGH
    assert looks_like_wrong_baud(data)


def test_a_slower_board_looks_wrong_too(text: bytes) -> None:
    assert looks_like_wrong_baud(received(line_of(text), 9600, 115200))


def test_a_clock_off_by_three_per_cent_does_no_harm(text: bytes) -> None:
    assert received(line_of(text), 115200, 111_544) == text


def test_text_of_any_language_with_colours_looks_right() -> None:
    line = "\x1b[1;31m<err> Ladesäule: 充電器が見つかりません, зарядка 50 %\x1b[0m\r\n"
    assert not looks_like_wrong_baud(line.encode() * 5)


def test_every_recorded_console_looks_right() -> None:
    assert [name for name in ALL if looks_like_wrong_baud(console_bytes(name))] == []


def test_the_few_bytes_of_a_reset_tell_nothing() -> None:
    assert not looks_like_wrong_baud(b"\x00\xff\xfe" * 10)
    assert not looks_like_wrong_baud(b"")


def test_text_with_the_garbage_of_a_reset_looks_right(text: bytes) -> None:
    assert not looks_like_wrong_baud(b"\x00\xff\xfe" * 10 + text)
