"""An SNTP responder: RFC 4330 server mode, unicast; with faults by name (`central_system.sntp_faults`)."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from central_system.events import Observer, SntpExchange
from central_system.ports import Bind, listening_socket
from central_system.sntp_faults import NO_FAULTS, SntpFaults
from central_system.sntp_packet import (
    CLIENT,
    PACKET,
    SERVER,
    SYMMETRIC_ACTIVE,
    SYMMETRIC_PASSIVE,
    SntpPacket,
    ntp_timestamp,
)
from central_system.sntp_socket import AnsweringSocket, Client

PRECISION_LOG2_S = -20
"""A microsecond: what a reading of the clock may be off by."""

REFERENCE_ID = b"LOCL"
"""An uncalibrated local clock (RFC 4330 §4, figure 2)."""

VERSIONS = range(1, 5)

MODE_OF_REPLY = {CLIENT: SERVER, SYMMETRIC_ACTIVE: SYMMETRIC_PASSIVE}
"""By the mode of the request; others are discarded (RFC 4330 §6)."""

SHOWN_BYTES = 512
"""How much of a datagram is told; a request has 48 bytes, with authentication a few more."""
MOST_LATE = 1000
"""Answers that wait to be late; a request that comes on top of them has none."""


def reply_to(request: bytes, now_s: float) -> bytes | None:
    """The answer to a client's request at `now_s` seconds since 1970; None where it is no SNTP client request.

    Never longer than the request. The fields are those of RFC 4330 §6 for a primary server that is synchronised:
    version and poll interval as in the request, its transmit time stamp as originate, root delay and dispersion 0. As a
    time stamp, 0 means "unavailable" (§3), so the moment of the roll-over in 2036 is told 2^-32 s late.
    """
    if len(request) < PACKET.size:
        return None
    asked = SntpPacket.unpack(request)
    if asked.version not in VERSIONS or asked.mode not in MODE_OF_REPLY:
        return None
    now = ntp_timestamp(now_s) or 1
    reply = SntpPacket(
        leap=0,
        version=asked.version,
        mode=MODE_OF_REPLY[asked.mode],
        stratum=1,
        poll=asked.poll,
        precision=PRECISION_LOG2_S,
        root_delay=0,
        root_dispersion=0,
        reference_id=REFERENCE_ID,
        reference=now,
        originate=asked.transmit,
        receive=now,
        transmit=now,
    )
    return reply.pack()


@dataclass(eq=False, slots=True)
class _Late:
    """An answer that waits until it is late enough."""

    exchange: SntpExchange
    timer: asyncio.TimerHandle


class SntpResponder:
    """Answers SNTP requests on (host, port) with the time that `now` gives, in seconds since 1970.

    `faults` are those that it has at first; set the property of that name, in its event loop, to change them.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        now: Callable[[], float],
        observe: Observer,
        bind: Bind = listening_socket,
        faults: SntpFaults = NO_FAULTS,
    ) -> None:
        bound = bind(socket.SOCK_DGRAM, host, port)
        self.port: int = bound.getsockname()[1]
        self._socket = AnsweringSocket(bound, self._received)
        self._now = now
        self._observe = observe
        self._late: list[_Late] = []
        self.faults = faults

    @property
    def faults(self) -> SntpFaults:
        """What is wrong with the answers to requests from now on; what waits to be late stays as it was."""
        return self._faults

    @faults.setter
    def faults(self, faults: SntpFaults) -> None:
        self._faults = faults
        self._since_s: float | None = None

    async def __aenter__(self) -> Self:
        self._socket.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()
        for late in self._late:
            late.timer.cancel()
            self._observe(_unanswered(late.exchange))
        self._late.clear()

    def _received(self, data: bytes, client: Client) -> None:
        """Answer one request, now or later."""
        now_s, faults = self._now(), self._faults
        since_s = now_s if self._since_s is None else self._since_s
        told_s = faults.told_s(now_s, since_s)
        right = reply_to(data, told_s)
        if right is None:
            self._observe(SntpExchange(str(client), data[:SHOWN_BYTES].hex(), None, None))
            return
        self._since_s = since_s
        reply = faults.spoil(right)
        exchange = SntpExchange(
            peer=str(client),
            request=data[:SHOWN_BYTES].hex(),
            reply=None if reply is None else reply.hex(),
            epoch_s=None if reply is None else told_s,
            fault=str(faults) or None,
        )
        if faults.late is None:
            self._send(exchange, client)
        elif len(self._late) < MOST_LATE:
            self._send_later(faults.late, exchange, client)
        else:
            self._observe(_unanswered(exchange))

    def _send_later(self, seconds: float, exchange: SntpExchange, client: Client) -> None:
        def due() -> None:
            self._late.remove(late)
            self._send(exchange, client)

        late = _Late(exchange, asyncio.get_running_loop().call_later(seconds, due))
        self._late.append(late)

    def _send(self, exchange: SntpExchange, client: Client) -> None:
        """Send the answer, if there is one, and tell the observer."""
        if exchange.reply is not None and not self._socket.send(bytes.fromhex(exchange.reply), client):
            exchange = _unanswered(exchange)
        self._observe(exchange)


def _unanswered(exchange: SntpExchange) -> SntpExchange:
    return replace(exchange, reply=None, epoch_s=None)
