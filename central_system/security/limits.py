"""How much a charge point, or whoever pretends to be one, may ask of the central system."""

import resource
from dataclasses import dataclass, fields
from typing import Self

DESCRIPTORS = 3
"""File descriptors that a charge point takes: its own, and both ends of the tap's connection to the server."""
RESERVED = 128
"""Descriptors for everything else: storage, page, SNTP, and those who are told that there is no room."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a connection; None is no limit. As it stands it suits a run of the rig, which hosts one charge point.

    Attributes:
        connections: At once, in total; who comes after is answered 503.
        header_s: Wall seconds from the connection to the whole of its upgrade request, TLS handshake included.
        header_bytes: Size of that request; a longer one is answered 431.
        message_bytes: Size of a message, fragments summed up (RFC 6455 §5.4); a longer one ends in 1009.
        messages_per_s: Frames of any kind that a charge point may send a second, on average; more end in 1008.
        message_burst: Frames that it may send at once all the same, say after a time offline.
        bytes_per_s: Bytes that it may send a second, on average; more end in 1008.
        bytes_burst: Bytes that it may send at once all the same.
        unread_s: Wall seconds that it may leave what it is told unread, once its buffers are full.
    """

    connections: int | None = None
    header_s: float = 10.0
    header_bytes: int = 16 * 1024
    message_bytes: int = 256 * 1024
    messages_per_s: float | None = None
    message_burst: int = 1000
    bytes_per_s: float | None = None
    bytes_burst: int = 1 << 20
    unread_s: float = 20.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value <= 0:
                raise ValueError(f"the limit {field.name} must be more than 0, not {value}; None is no limit")

    @classmethod
    def of_this_process(cls) -> Self:
        """For a central system that serves many: as many as its descriptors allow, none of them too talkative."""
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        connections = max(1, (allowed - RESERVED) // DESCRIPTORS)
        # A message of a charge point has some hundred bytes; one of 256 KiB costs everybody else a tenth of a second.
        return cls(connections=connections, messages_per_s=100.0, bytes_per_s=64 * 1024.0)


class Bucket:
    """A token bucket: `rate` tokens come in a second, at most `burst` are kept."""

    __slots__ = ("_burst", "_filled_at", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = self._tokens = float(burst)
        self._filled_at = now

    def take(self, now: float, tokens: int = 1) -> bool:
        """Take tokens at `now` (seconds of a monotonic clock); False where there are not so many."""
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True
