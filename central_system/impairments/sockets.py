"""What is done to a socket in the kernel (tcp(7), socket(7)); none of it needs any rights."""

import ctypes
import errno
import socket
import struct
from typing import Protocol

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
"""asm-generic/socket.h; Python knows no names for them."""
RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A classic BPF program of one instruction: let zero bytes of each segment through (linux/filter.h)."""


class Socket(Protocol):
    """What a socket and asyncio's view of one have in common."""

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """As `socket.socket.setsockopt`."""


def deafen(deaf: Socket) -> None:
    """Have the kernel discard every segment that comes for this socket, before its TCP sees it.

    None is acknowledged or answered, so the other side's TCP sends them again: SYN after 1, 3, 7 s, others ever more
    rarely (RFC 6298 §5), as if the cable were pulled.
    """
    program = ctypes.create_string_buffer(RETURN_NOTHING)
    deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


def hear_again(deaf: Socket) -> None:
    """Undo `deafen`."""
    deaf.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def refuse(listening: socket.socket) -> None:
    """Have the kernel answer every SYN to this listening socket with RST; `listen` undoes it.

    Raises:
        OSError: somebody took the port in the instant in which it was free.
    """
    address = listening.getsockname()
    listening.shutdown(socket.SHUT_RDWR)
    # A port that the kernel had chosen is free now; one that was asked for is still ours, and cannot be bound twice.
    try:
        listening.bind(address)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def reset_on_close(connected: Socket) -> None:
    """Have the close of this socket be a reset."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
