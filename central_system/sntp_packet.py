"""The packet that SNTP and NTP share: 48 bytes, without the optional authenticator (RFC 4330 §3, §4)."""

import struct
from dataclasses import dataclass
from typing import Self

PACKET = struct.Struct("!BBbb II4s QQQQ")
"""LI-VN-mode, stratum, poll, precision; root delay, dispersion, reference id; four NTP time stamps (RFC 4330 §4)."""

NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

ERA_S = 1 << 32
"""Seconds of an era: then an NTP time stamp begins again at 0."""

ROLL_OVER_S = ERA_S - NTP_EPOCH_S
"""The end of the first era, 2036-02-07T06:28:16Z, in seconds since 1970."""

TIMESTAMP_MASK = (1 << 64) - 1

SYMMETRIC_ACTIVE, SYMMETRIC_PASSIVE, CLIENT, SERVER, BROADCAST = 1, 2, 3, 4, 5
"""Modes."""

UNSYNCHRONISED = 3
"""The leap indicator of a server whose clock is not synchronised."""


def ntp_timestamp(epoch_s: float) -> int:
    """Seconds since 1970 as a 64-bit NTP time stamp, modulo the era of 2^32 s (RFC 4330 §3)."""
    return round((epoch_s + NTP_EPOCH_S) * (1 << 32)) & TIMESTAMP_MASK


@dataclass(frozen=True, slots=True)
class SntpPacket:
    """The fields of a packet, named and scaled as in RFC 4330 §4; time stamps in units of 2^-32 s of their era."""

    leap: int
    version: int
    mode: int
    stratum: int
    poll: int
    precision: int
    root_delay: int
    root_dispersion: int
    reference_id: bytes
    reference: int
    originate: int
    receive: int
    transmit: int

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read the header of a packet; what follows it, extension fields or an authenticator, is left alone.

        Raises:
            struct.error: it is shorter than a header.
        """
        flags, *fields = PACKET.unpack_from(data)
        return cls(flags >> 6, flags >> 3 & 7, flags & 7, *fields)

    def pack(self) -> bytes:
        """The 48 bytes."""
        return PACKET.pack(
            self.leap << 6 | self.version << 3 | self.mode,
            self.stratum,
            self.poll,
            self.precision,
            self.root_delay,
            self.root_dispersion,
            self.reference_id,
            self.reference,
            self.originate,
            self.receive,
            self.transmit,
        )
