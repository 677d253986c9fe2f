"""What the probe plug-in and the board say to each other, over an abstract unix socket.

A message is a length (four bytes, little endian) and a body. The body of a request begins with an `Operation`, that of
an answer with a `Status`. There is one answer to each request, in their order. Words are little endian.

An abstract socket has no file: nothing is left of a board that is killed. It belongs to a network namespace
(network_namespaces(7)): a board is seen only from the namespace that it was started in.
"""

import os
import socket
import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Self

PREFIX = "ocpp-rig-virtual-board/"
LONGEST_ID = 80
"""Characters; a unix socket's name has 108 (unix(7))."""
ANSWER_S = 10.0
"""Wall seconds after which a board that does not answer is taken for gone."""
LOOK_S = 1.0
"""The same for one who only looks which boards are there."""
LARGEST = 1 << 24
"""Bytes of a message."""

_LENGTH = struct.Struct("<I")
_CREDENTIALS = struct.Struct("3i")
_LISTED = "@" + PREFIX


class Operation(IntEnum):
    """What is asked for; behind it, the format of its arguments."""

    PRESENT = 0
    """Whether a probe is plugged in: no arguments."""
    OPEN = 1
    """Be the board's one debugger, until the connection ends: no arguments; answers `<f` the chip's supply in volts."""
    CONTROL = 2
    """Something happens to the board: a JSON object; so is the answer."""
    CONNECT = 3
    """SWD line reset: no arguments."""
    READ_DP = 4
    """`<B` address; answers `<I`."""
    WRITE_DP = 5
    """`<BI` address, value."""
    READ_AP = 6
    """`<II` address (access port in the upper byte), count; answers that many words."""
    WRITE_AP = 7
    """`<I` address, then words."""
    READ_MEMORY = 8
    """`<II` address, length in bytes; answers the bytes."""
    WRITE_MEMORY = 9
    """`<BI` width in bytes, address, then bytes."""
    NRST = 10
    """`<?` whether the reset line is driven low."""


class Status(IntEnum):
    """How it went; behind all but OK, a text, and behind FAULT the address (`<I`) before it."""

    OK = 0
    BUSY = 1
    """There is a debugger already."""
    ABSENT = 2
    """The probe is unplugged."""
    REFUSED = 3
    """The request is not understood, or is another user's."""
    NO_TARGET = 4
    """The target does not answer to a line reset."""
    NO_ACK = 5
    """The target does not acknowledge a transfer."""
    WAIT = 6
    """The target answers WAIT and goes on doing so."""
    FAULT = 7
    """The target answers FAULT: a bus error, or a sticky error before."""


class BoardGoneError(ConnectionError):
    """There is no such board (any more), or it does not answer."""


class RefusedError(Exception):
    """The board's answer is not OK; `status` says which, `address` where for a FAULT."""

    def __init__(self, status: Status, text: str, address: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.address = address


def socket_name(board: str) -> str:
    """The abstract socket of the board with this id."""
    return f"\0{PREFIX}{board}"


def boards() -> Iterator[str]:
    """The ids of all boards of this user in this network namespace that have their probe plugged in."""
    try:
        table = Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for board in sorted({line.partition(_LISTED)[2] for line in table.splitlines() if _LISTED in line}):
        try:
            with Connection(board, LOOK_S) as connection:
                connection.ask(Operation.PRESENT)
        except (OSError, RefusedError):
            continue
        yield board


def peer_uid(connected: socket.socket) -> int:
    """The user at the other end (unix(7), SO_PEERCRED)."""
    _, uid, _ = _CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return int(uid)


def framed(*parts: bytes) -> bytes:
    """A message with this body."""
    body = b"".join(parts)
    return _LENGTH.pack(len(body)) + body


def split(buffer: bytearray) -> Iterator[bytes]:
    """Take all complete messages out of `buffer`; their bodies.

    Raises:
        ValueError: what is in it is no message of ours.
    """
    while len(buffer) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(buffer)
        if not 0 < length <= LARGEST:
            raise ValueError(f"a message of {length} bytes")
        end = _LENGTH.size + length
        if len(buffer) < end:
            return
        body = bytes(buffer[_LENGTH.size : end])
        del buffer[:end]
        yield body


class Connection:
    """The client's end. A board of another user is none of ours.

    Raises:
        BoardGoneError: there is no such board, or it does not answer.
    """

    def __init__(self, board: str, patience_s: float = ANSWER_S) -> None:
        self._buffer = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(patience_s)
        try:
            self._socket.connect(socket_name(board))
            if peer_uid(self._socket) != os.geteuid():
                raise BoardGoneError(f"the board {board} belongs to another user")
        except OSError as error:
            self._socket.close()
            raise BoardGoneError(f"no board {board}: {error}") from error

    def ask(self, operation: Operation, *arguments: bytes) -> bytes:
        """One request; what its answer holds.

        Raises:
            BoardGoneError: the board has ended or does not answer.
            RefusedError: the answer is not OK.
        """
        try:
            self._socket.sendall(framed(bytes([operation]), *arguments))
            while (body := next(split(self._buffer), None)) is None:
                received = self._socket.recv(1 << 16)
                if not received:
                    raise BoardGoneError("the board has ended")
                self._buffer += received
        except (OSError, ValueError) as error:
            raise BoardGoneError(str(error)) from error
        status, payload = Status(body[0]), body[1:]
        if status is Status.OK:
            return payload
        if status is Status.FAULT:
            raise RefusedError(status, payload[4:].decode(), int.from_bytes(payload[:4], "little"))
        raise RefusedError(status, payload.decode())

    def close(self) -> None:
        """End the connection, and the debugger's session with it."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
