"""Frames as no client should send them (RFC 6455 §5, §7.4), each after a good opening handshake."""

from collections.abc import Callable
from random import Random

HEARTBEAT = b'[2,"1","Heartbeat",{}]'

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN, MASKED = 0x80, 0x80
RESERVED_OPCODES = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
BAD_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\x80", b"\xf8\x88\x80\x80\x80")
ODD_CODES = (0, 1, 999, 1004, 1005, 1006, 1012, 1015, 1016, 2999, 3000, 4999, 5000, 65535)


def frames(random: Random) -> bytes:
    """The bytes of one misdeed."""
    return random.choice(KINDS)(random)


def raw(
    opcode: int,
    payload: bytes,
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x01\x02\x03\x04",
    length: int = -1,
) -> bytes:
    """A frame with whatever bits; `length` is what it claims, where that is not its payload's."""
    claimed = len(payload) if length < 0 else length
    head = bytes((FIN * fin | rsv << 4 | opcode,))
    masked = MASKED if mask else 0
    if claimed <= 125:  # noqa: PLR2004
        head += bytes((masked | claimed,))
    elif claimed < 1 << 16:
        head += bytes((masked | 126,)) + claimed.to_bytes(2, "big")
    else:
        head += bytes((masked | 127,)) + claimed.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


def _reserved_opcode(random: Random) -> bytes:
    return raw(random.choice(RESERVED_OPCODES), HEARTBEAT)


def _reserved_bits(random: Random) -> bytes:
    return raw(random.choice((TEXT, BINARY, CLOSE, PING)), HEARTBEAT, rsv=random.randint(1, 7))


def _unmasked(random: Random) -> bytes:
    return raw(random.choice((TEXT, BINARY, CLOSE, PING, PONG)), HEARTBEAT, mask=None)


def _long_control(random: Random) -> bytes:
    return raw(random.choice((CLOSE, PING, PONG)), random.randbytes(random.choice((126, 1_000, 70_000))))


def _fragmented_control(random: Random) -> bytes:
    opcode = random.choice((CLOSE, PING, PONG))
    return raw(opcode, b"ab", fin=False) + raw(CONTINUATION, b"cd")


def _bad_utf8(random: Random) -> bytes:
    return raw(TEXT, HEARTBEAT[:8] + random.choice(BAD_UTF8) + HEARTBEAT[8:])


def _bad_utf8_in_fragments(random: Random) -> bytes:
    whole = b"[" + random.choice(BAD_UTF8) * 3 + b"]"
    cut = random.randrange(1, len(whole))
    return raw(TEXT, whole[:cut], fin=False) + raw(PING, b"between") + raw(CONTINUATION, whole[cut:])


def _continuation_of_nothing(random: Random) -> bytes:
    return raw(CONTINUATION, HEARTBEAT, fin=random.choice((True, False)))


def _interleaved(random: Random) -> bytes:
    return raw(TEXT, HEARTBEAT[:5], fin=False) + raw(random.choice((TEXT, BINARY)), HEARTBEAT)


def _never_finished(random: Random) -> bytes:
    return raw(TEXT, b"[", fin=False) + raw(CONTINUATION, b"1,", fin=False) * random.choice((1, 50, 3_000))


def _wrong_length(random: Random) -> bytes:
    return raw(
        TEXT,
        HEARTBEAT,
        length=random.choice((0, 3, 126, 65_535, 1 << 20, (1 << 20) + 1, 1 << 31, 1 << 63, (1 << 64) - 1)),
    )


def _wasteful_length(random: Random) -> bytes:
    """A short length in 2 or in 8 bytes, which §5.2 forbids."""
    mark, size = random.choice(((126, 2), (127, 8)))
    return bytes((FIN | TEXT, MASKED | mark)) + len(HEARTBEAT).to_bytes(size, "big") + bytes(4) + HEARTBEAT


def _too_big(random: Random) -> bytes:
    """More than 1 MiB; really sent, in one frame or in several."""
    if random.random() < 0.5:  # noqa: PLR2004
        return raw(TEXT, b" " * ((1 << 20) + 1), mask=bytes(4))
    part = b" " * (1 << 18)
    return raw(TEXT, part, fin=False, mask=bytes(4)) + raw(CONTINUATION, part, fin=False, mask=bytes(4)) * 4


def _close(random: Random) -> bytes:
    code = random.choice(ODD_CODES).to_bytes(2, "big")
    payload = random.choice(
        (b"", b"\x03", code, code + b"why", code + b"\xff\xfe", code + b"x" * 123, code + b"x" * 124)
    )
    return raw(CLOSE, payload) + random.choice((b"", raw(TEXT, HEARTBEAT), raw(CLOSE, b"")))


def _pings(random: Random) -> bytes:
    return raw(random.choice((PING, PONG)), random.randbytes(random.choice((0, 125)))) * random.choice((1, 200))


def _cut_short(random: Random) -> bytes:
    whole = raw(TEXT, HEARTBEAT)
    return whole * random.randrange(3) + whole[: random.randrange(1, len(whole))]


def _empty(random: Random) -> bytes:
    return raw(random.choice((TEXT, BINARY)), b"") * random.choice((1, 300))


def _binary(random: Random) -> bytes:
    return raw(BINARY, random.choice((HEARTBEAT, b"\x00", random.randbytes(1_000))))


def _noise(random: Random) -> bytes:
    return random.randbytes(random.choice((1, 2, 14, 500, 20_000)))


def _damaged(random: Random) -> bytes:
    whole = bytearray(raw(TEXT, HEARTBEAT) * 4)
    for _ in range(random.randint(1, 6)):
        whole[random.randrange(len(whole))] = random.randrange(256)
    return bytes(whole)


KINDS: tuple[Callable[[Random], bytes], ...] = (
    _reserved_opcode,
    _reserved_bits,
    _unmasked,
    _long_control,
    _fragmented_control,
    _bad_utf8,
    _bad_utf8_in_fragments,
    _continuation_of_nothing,
    _interleaved,
    _never_finished,
    _wrong_length,
    _wasteful_length,
    _close,
    _pings,
    _cut_short,
    _empty,
    _binary,
    _noise,
    _damaged,
    _too_big,
)
