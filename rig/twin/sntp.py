"""An SNTP version 3 client, as Zephyr's: one request, one answer (RFC 4330)."""

import asyncio
import struct
from typing import NamedTuple

from rig.twin.clock import TimeLimit

TIME_LIMIT = TimeLimit(device=4.0, wall=1.0)
"""How long the sample waits for the answer."""

TIMED_OUT = 116
"""Zephyr's ETIMEDOUT (its C library's number, not Linux's)."""

_PACKET = struct.Struct("!BBbb11I")
_VERSION_3_CLIENT = 0x1B
_MODE_SERVER = 4
_LEAP_UNSYNCHRONISED = 3
_NTP_TO_UNIX = 2_208_988_800
_ERA = 1 << 32


class SntpError(Exception):
    """The clock could not be set; ``errno`` is the number that Zephyr logs."""

    def __init__(self, errno: int) -> None:
        super().__init__(f"no usable SNTP answer (errno {errno}); see what the time server was asked")
        self.errno = errno


class Timestamp(NamedTuple):
    """An NTP timestamp: seconds of its era, and a fraction in units of 2**-32 s."""

    seconds: int
    fraction: int


async def query(address: str, port: int, transmit: Timestamp, time_limit: float) -> int:
    """Ask a time server for the time.

    Args:
        address: IPv4 address of the server.
        port: its UDP port.
        transmit: the timestamp in the request, which the answer has to echo.
        time_limit: wall seconds to wait for a usable answer.

    Returns:
        Whole seconds since 1970 UTC; Zephyr's sample drops the fraction.

    Raises:
        SntpError: the server refused, or gave no usable answer within ``time_limit``.
    """
    try:
        return await _exchange(address, port, transmit, time_limit)
    except OSError as error:  # includes TimeoutError, which has no number
        raise SntpError(error.errno or TIMED_OUT) from error


async def _exchange(address: str, port: int, transmit: Timestamp, time_limit: float) -> int:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[int] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Exchange(transmit, answer), remote_addr=(address, port))
    try:
        transport.sendto(_PACKET.pack(_VERSION_3_CLIENT, *[0] * 12, *transmit))
        async with asyncio.timeout(time_limit):
            return await answer
    finally:
        transport.close()


def epoch_of(packet: bytes, *, originate: Timestamp) -> int | None:
    """The time that ``packet`` tells, in seconds since 1970; None when it is no usable answer.

    A usable answer comes from a server (mode 4) that is synchronised (leap indicator not 3, stratum not 0)
    and echoes ``originate``. Seconds without their highest bit belong to the era that begins in 2036.
    """
    if len(packet) < _PACKET.size:
        return None
    flags, stratum, *_, echo_seconds, echo_fraction, _, _, seconds, _ = _PACKET.unpack_from(packet)
    usable = (
        flags & 0b111 == _MODE_SERVER
        and flags >> 6 != _LEAP_UNSYNCHRONISED
        and stratum != 0
        and (echo_seconds, echo_fraction) == originate
    )
    if not usable:
        return None
    return int(seconds + (0 if seconds >= _ERA // 2 else _ERA) - _NTP_TO_UNIX)


class _Exchange(asyncio.DatagramProtocol):
    """Waits for the first usable answer; others are passed over, as RFC 4330 section 5 says."""

    def __init__(self, transmit: Timestamp, answer: asyncio.Future[int]) -> None:
        self._transmit = transmit
        self._answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's signature
        epoch = epoch_of(data, originate=self._transmit)
        if epoch is not None and not self._answer.done():
            self._answer.set_result(epoch)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)
