"""What is done to one frame, before anything is done with it."""

from dataclasses import dataclass
from random import Random

from websockets.frames import DATA_OPCODES, Frame

from central_system.impairments.frames import fragments, frame_bytes
from central_system.impairments.standing import Impairments


@dataclass(frozen=True, slots=True)
class Spoilt:
    """The writes that become of a frame, `times` times, and the names of what changed its bytes."""

    writes: tuple[bytes, ...]
    by: tuple[str, ...] = ()
    times: int = 1


def spoil(frame: Frame, raw: bytes, wanted: Impairments, chance: Random, *, mask: bool) -> Spoilt:
    """Change a frame: its payload first, then how many frames it is, then its bytes, then how often it is sent.

    Args:
        frame: As it came.
        raw: The bytes that it was.
        wanted: What is to be done; only what concerns one frame by itself is.
        chance: Where corruption draws from.
        mask: Whether its sender has to mask it.
    """
    payload, by = bytes(frame.data), []
    if wanted.truncate is not None and len(payload) > wanted.truncate:
        payload = payload[: wanted.truncate]
        by.append("truncate")
    if wanted.corrupt is not None and (flipped := _flipped(payload, wanted.corrupt, chance)) is not None:
        payload = flipped
        by.append("corrupt")
    if wanted.fragment is not None and frame.opcode in DATA_OPCODES and len(payload) > wanted.fragment:
        writes = fragments(frame.opcode, payload, wanted.fragment, mask=mask, final=frame.fin)
        by.append("fragment")
    else:
        writes = [frame_bytes(frame.opcode, payload, mask=mask, final=frame.fin)] if by else [raw]
    whole = b"".join(writes)
    if wanted.break_off is not None and len(whole) > wanted.break_off:
        writes = [whole[: wanted.break_off]]
        by.append("break-off")
    return Spoilt(tuple(writes), tuple(by), wanted.duplicate or 1)


def _flipped(payload: bytes, place: int | str, chance: Random) -> bytes | None:
    """With one bit changed; None where there is no such byte. What is drawn depends on nothing but the seed."""
    where, bit = chance.random(), chance.randrange(8)
    index = int(where * len(payload)) if isinstance(place, str) else place
    if index >= len(payload):
        return None
    return payload[:index] + bytes([payload[index] ^ 1 << bit]) + payload[index + 1 :]
