"""An SNTP responder: RFC 4330 server mode, unicast."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Self

from central_system.events import Observer, SntpExchange
from central_system.ports import Bind, listening_socket

PACKET = struct.Struct("!BBbb II4s QQQQ")
"""LI-VN-mode, stratum, poll, precision; root delay, dispersion, reference id; four NTP time stamps (RFC 4330 §4)."""

NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

MODE_CLIENT, MODE_SERVER = 3, 4
PRECISION_LOG2_S = -20


def ntp_timestamp(epoch_s: float) -> int:
    """Seconds since 1970 as a 64-bit NTP time stamp, modulo the era of 2^32 s (RFC 4330 §3)."""
    return round((epoch_s + NTP_EPOCH_S) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def reply_to(request: bytes, now_s: float) -> bytes | None:
    """The answer to a client's request at `now_s` seconds since 1970; None where it is no SNTP client request.

    Echoes the version and the client's transmit time stamp, as RFC 4330 §5 asks of a server.
    """
    if len(request) < PACKET.size:
        return None
    first, _, poll, *_, transmit = PACKET.unpack_from(request)
    version, mode = first >> 3 & 7, first & 7
    if mode != MODE_CLIENT or version == 0:
        return None
    now = ntp_timestamp(now_s)
    return PACKET.pack(version << 3 | MODE_SERVER, 1, poll, PRECISION_LOG2_S, 0, 0, b"RIG\0", now, transmit, now, now)


class SntpResponder(asyncio.DatagramProtocol):
    """Answers SNTP requests on (host, port) with the time that `now` gives, in seconds since 1970."""

    def __init__(
        self, host: str, port: int, *, now: Callable[[], float], observe: Observer, bind: Bind = listening_socket
    ) -> None:
        self._socket = bind(socket.SOCK_DGRAM, host, port)
        self.port: int = self._socket.getsockname()[1]
        self._now = now
        self._observe = observe
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one request and tell the observer."""
        now = self._now()
        reply = reply_to(data, now)
        if reply and self._transport:
            self._transport.sendto(reply, addr)
        self._observe(
            SntpExchange(f"{addr[0]}:{addr[1]}", data.hex(), reply.hex() if reply else None, now if reply else None)
        )
