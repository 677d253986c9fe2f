"""Messages between probe and board, and finding a board."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rig.errors import UsageError
from rig.virtual_board.faults import FAULTS, Fault, parse_fault
from rig.virtual_board.wire import (
    BoardGoneError,
    Connection,
    Operation,
    RefusedError,
    Status,
    boards,
    framed,
    socket_name,
    split,
)

NAME = "unit-test-of-the-wire"


@contextmanager
def answering(answer: bytes) -> Iterator[None]:
    """A board that gives this answer to the first request of every connection, then hangs up."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(socket_name(NAME))
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    connected, _ = listening.accept()
                except OSError:
                    return
                with connected:
                    if connected.recv(4096):
                        connected.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_messages_come_out_whole_at_every_chunk_boundary() -> None:
    stream = framed(b"first") + framed(b"second")
    for cut in range(len(stream) + 1):
        buffer = bytearray()
        bodies: list[bytes] = []
        for chunk in (stream[:cut], stream[cut:]):
            buffer += chunk
            bodies += split(buffer)
        assert bodies == [b"first", b"second"]
        assert not buffer


@pytest.mark.parametrize("length", [0, 1 << 30])
def test_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"a message of {length} bytes"):
        next(split(bytearray(length.to_bytes(4, "little"))))


def test_answer_holds_what_was_asked_for() -> None:
    with answering(framed(bytes([Status.OK]), b"1234")), Connection(NAME) as connection:
        assert connection.ask(Operation.READ_DP, b"\0") == b"1234"


def test_refusal_tells_why_and_where() -> None:
    answer = framed(bytes([Status.FAULT]), (0x0800_0000).to_bytes(4, "little"), b"read")
    with answering(answer), Connection(NAME) as connection, pytest.raises(RefusedError, match="read") as caught:
        connection.ask(Operation.READ_MEMORY)
    assert (caught.value.status, caught.value.address) == (Status.FAULT, 0x0800_0000)


def test_board_that_hangs_up_is_gone() -> None:
    with answering(b""), Connection(NAME) as connection, pytest.raises(BoardGoneError):
        connection.ask(Operation.READ_DP)


def test_board_that_is_not_there_is_gone() -> None:
    with pytest.raises(BoardGoneError, match="no board nobody"):
        Connection("nobody")


def test_only_boards_with_their_probe_plugged_in_are_listed() -> None:
    with answering(framed(bytes([Status.OK]))):
        assert NAME in boards()
    with answering(framed(bytes([Status.ABSENT]), b"unplugged")):
        assert NAME not in boards()
    assert NAME not in boards()


def test_faults_are_understood_by_name() -> None:
    assert parse_fault("locked") == Fault("locked")
    assert parse_fault("bad-cell=0x08001000") == Fault("bad-cell", 0x0800_1000)
    assert parse_fault("transient=3") == Fault("transient", 3)
    assert {"bad-cell", "locked", "wrong-chip", "no-power", "transient", "unplug-after", "garbage"} <= set(FAULTS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nonsense", "there is no fault 'nonsense'; there are: bad-cell, "),
        ("bad-cell", "the fault bad-cell takes ADDRESS"),
        ("locked=1", "the fault locked takes no value"),
        ("bad-cell=0x20000000", "0x20000000 is no address of the flash, which begins at 0x08000000"),
        ("transient=many", "'many' is no number"),
    ],
)
def test_other_faults_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parse_fault(text)
