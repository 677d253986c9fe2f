"""WebSocket frames as bytes, right ones and wrong ones (RFC 6455 §5.2)."""

import secrets
import struct

from websockets.utils import apply_mask

SHORT, MEDIUM = 126, 1 << 16
"""From these lengths on, a length takes two and eight bytes more."""
FIN, MASKED = 0x80, 0x80


def frame_bytes(opcode: int, payload: bytes, *, mask: bool, final: bool = True, reserved: int = 0) -> bytes:
    """A frame that says what it is told, allowed or not: any opcode (0 to 15), long or fragmented control frames too.

    Args:
        opcode: 0 to 15.
        payload: Unmasked.
        mask: With a random mask, as everything that a charge point sends (RFC 6455 §5.3).
        final: The FIN bit.
        reserved: The bits RSV1 to RSV3, 0 to 7.
    """
    head = (FIN if final else 0) | reserved << 4 | opcode
    bit, length = MASKED if mask else 0, len(payload)
    if length < SHORT:
        begin = struct.pack("!BB", head, bit | length)
    elif length < MEDIUM:
        begin = struct.pack("!BBH", head, bit | SHORT, length)
    else:
        begin = struct.pack("!BBQ", head, bit | SHORT + 1, length)
    if not mask:
        return begin + payload
    key = secrets.token_bytes(4)
    return begin + key + apply_mask(payload, key)


def fragments(opcode: int, payload: bytes, size: int, *, mask: bool, final: bool) -> list[bytes]:
    """The same message in frames of `size` bytes of payload; all but the first are continuations (RFC 6455 §5.4)."""
    starts = range(0, len(payload), size)
    return [
        frame_bytes(
            0 if start else opcode,
            payload[start : start + size],
            mask=mask,
            final=final and start == starts[-1],
        )
        for start in starts
    ]
