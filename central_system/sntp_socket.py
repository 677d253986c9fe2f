"""A UDP socket whose answers come from the address that was asked (ip(7), IP_PKTINFO).

On a host with several addresses, a socket on 0.0.0.0 answers from whichever address the route to the client prefers. A
client with a connected socket, such as Zephyr's SNTP client, sees no answer from another address than the one it asked.
asyncio's datagram transports know nothing of this.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

IP_PKTINFO = 8
"""linux/in.h; Python 3.11's socket module does not have it."""

PKTINFO = struct.Struct("=I4s4s")
"""struct in_pktinfo: index of the interface, our address there, the address in the datagram's header."""

LARGEST = 65_535


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent a datagram, and which of our addresses it came to, as IP_PKTINFO tells it (empty where it does not)."""

    address: tuple[str, int]
    asked: bytes

    def __str__(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"


class AnsweringSocket:
    """Hands each datagram and its sender to `received`, from `open` on until `close`."""

    def __init__(self, bound: socket.socket, received: Callable[[bytes, Client], None]) -> None:
        bound.setblocking(False)
        bound.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self._socket = bound
        self._received = received

    def open(self) -> None:
        """Begin to read, in the running event loop."""
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Stop reading and give the port back."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def send(self, data: bytes, client: Client) -> bool:
        """Send a datagram to a client, from the address that it asked; False where the kernel does not take it."""
        # Interface 0: the route decides, as it does without IP_PKTINFO.
        source = [(socket.IPPROTO_IP, IP_PKTINFO, PKTINFO.pack(0, client.asked, bytes(4)))] if client.asked else []
        with contextlib.suppress(OSError):
            return self._socket.sendmsg([data], source, 0, client.address) == len(data)
        return False

    def _readable(self) -> None:
        try:
            data, ancillary, _, address = self._socket.recvmsg(LARGEST, socket.CMSG_SPACE(PKTINFO.size))
        except OSError:  # nothing there after all: a wrong checksum, an ICMP error
            return
        asked = b""
        for level, kind, info in ancillary:
            if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
                _, asked, _ = PKTINFO.unpack(info)
        self._received(data, Client(address, asked))
