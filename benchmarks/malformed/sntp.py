"""Datagrams that are no SNTP request (RFC 4330 §5)."""

from collections.abc import Callable
from random import Random

REQUEST = bytes((0x23,)) + bytes(47)


def datagram(random: Random) -> bytes:
    """One of them."""
    return random.choice(KINDS)(random)


def _noise(random: Random) -> bytes:
    return random.randbytes(random.choice((1, 47, 48, 49, 68, 1_000, 65_507)))


def _short(random: Random) -> bytes:
    return REQUEST[: random.randrange(48)]


def _wrong_mode(random: Random) -> bytes:
    """Any leap indicator, version and mode but a client's (control and private messages of ntpd among them)."""
    first = random.choice([each for each in range(256) if each & 7 != 3])  # noqa: PLR2004  (RFC 4330 §4: client)
    return bytes((first,)) + random.randbytes(47)


def _odd_fields(random: Random) -> bytes:
    """A client's, with all bits of its time stamps set or none, and whatever else."""
    return REQUEST[:1] + random.choice((b"\xff" * 47, bytes(47), random.randbytes(47)))


def _extended(random: Random) -> bytes:
    return REQUEST + random.randbytes(random.choice((1, 4, 20, 1_400)))


KINDS: tuple[Callable[[Random], bytes], ...] = (_noise, _short, _wrong_mode, _odd_fields, _extended)
