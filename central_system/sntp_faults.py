"""The faults of the SNTP responder by name: what a charge point may meet in the field, one at a time or together.

Each fault changes what its name says and leaves the rest of the answer right, so that a client that takes the answer
has not looked at just that. As text, `late=2.5,offset=-3600`; `catalogue` lists the names and what they do.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from central_system import named
from central_system.sntp_packet import BROADCAST, ERA_S, ROLL_OVER_S, TIMESTAMP_MASK, UNSYNCHRONISED, SntpPacket

KISS_CODES = ("DENY", "RSTR", "RATE")
"""Those that an SNTP client usually meets (RFC 4330 §8)."""

WRONG_MODES = (0, 2, BROADCAST)
"""Wrong for an answer, and answered by no time server: two that answer each other would never stop (RFC 4330 §6)."""

LONGEST_LATE_S = 3600


class SntpFaultError(ValueError):
    """No such fault, an amount that it does not take, or faults that exclude each other; the message lists them all."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}; the SNTP responder's faults are {', '.join(spelt())}")


def _fault(amount: str, default: str | None, read: Callable[[str], object], meaning: str) -> dict[str, named.Kind]:
    return {"kind": named.Kind(amount, default, read, meaning)}


def _one_of(allowed: Sequence[int], told: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) not in allowed:
            raise ValueError(f"takes {told}")
        return int(text)

    return read


@dataclass(frozen=True, slots=True)
class SntpFaults:
    """What is wrong with the answers; a fault whose field is None or False is off, as all are at first.

    Raises:
        SntpFaultError: an amount is out of range, or two of them exclude each other.
    """

    silent: bool = field(default=False, metadata=_fault("", "", named.nothing, "no answer"))
    late: float | None = field(
        default=None,
        metadata=_fault(
            "SECONDS",
            None,
            named.seconds(LONGEST_LATE_S),
            "the answer leaves so many wall seconds after the request came, with the time of then, as if the network "
            "had held it up",
        ),
    )
    offset: float | None = field(
        default=None,
        metadata=_fault(
            "SECONDS", None, named.seconds(ERA_S, -ERA_S), "the time told is so much later (negative: earlier)"
        ),
    )
    year_2036: float | None = field(
        default=None,
        metadata=_fault(
            "SECONDS",
            "0",
            named.seconds(ERA_S // 2, -ERA_S // 2),
            "the first who asks is told so much after the roll-over of the NTP era, 2036-02-07T06:28:16Z (negative: "
            "before), and from there on time runs (RFC 4330 §3)",
        ),
    )
    wrong_origin: bool = field(
        default=False,
        metadata=_fault("", "", named.nothing, "originate is the request's time stamp plus one second (RFC 4330 §5)"),
    )
    unsynchronised: bool = field(
        default=False,
        metadata=_fault(
            "", "", named.nothing, "leap indicator 3 (RFC 4330 §4); RFC 5905 means this and stratum 16 together"
        ),
    )
    stratum: int | None = field(
        default=None,
        metadata=_fault("STRATUM", "16", _one_of(range(16, 256), "16 to 255"), "a reserved stratum (RFC 4330 §4)"),
    )
    kiss_of_death: str | None = field(
        default=None,
        metadata=_fault(
            "CODE",
            "DENY",
            named.one_of(KISS_CODES, " or ".join(KISS_CODES)),
            "leap indicator 3, stratum 0, DENY, RSTR or RATE (RFC 4330 §8)",
        ),
    )
    wrong_mode: int | None = field(
        default=None,
        metadata=_fault("MODE", "5", _one_of(WRONG_MODES, "0, 2 or 5"), "mode 0, 2 or 5 instead of 4 (RFC 4330 §4)"),
    )
    short_packet: int | None = field(
        default=None,
        metadata=_fault("BYTES", "47", _one_of(range(48), "0 to 47"), "the answer's first bytes only (RFC 4330 §4)"),
    )

    def __post_init__(self) -> None:
        on = named.amounts_of(CATALOGUE, self)
        try:
            for name, amount in on.items():
                named.read(CATALOGUE, name, named.spelt(amount))
        except ValueError as error:
            raise SntpFaultError(str(error)) from error
        if self.silent and len(on) > 1:
            raise SntpFaultError(f"silent says nothing that could be wrong in another way ({self})")
        if self.kiss_of_death is not None and self.stratum is not None:
            raise SntpFaultError(f"kiss-of-death is stratum 0 and takes no other ({self})")
        if self.year_2036 is not None and self.offset is not None:
            raise SntpFaultError(f"year-2036 tells a time of its own and takes no offset ({self})")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The faults that a text such as `late=2.5,offset=-3600` names; none where it is empty.

        Raises:
            SntpFaultError: it names one that does not exist, or one twice, or with an amount that it does not take.
        """
        try:
            found = named.parse(CATALOGUE, text)
        except ValueError as error:
            raise SntpFaultError(str(error)) from error
        return cls(**found)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return ",".join(named.word(name, amount) for name, amount in named.amounts_of(CATALOGUE, self).items())

    def told_s(self, now_s: float, since_s: float) -> float:
        """The time to tell at `now_s`, in seconds since 1970; these faults met their first request at `since_s`."""
        if self.year_2036 is not None:
            return ROLL_OVER_S + self.year_2036 + (now_s - since_s)
        return now_s + (self.offset or 0)

    def spoil(self, reply: bytes) -> bytes | None:
        """What to send instead of the right answer, a whole packet; None: nothing."""
        if self.silent:
            return None
        packet = SntpPacket.unpack(reply)
        if self.wrong_origin:
            packet = replace(packet, originate=(packet.originate + (1 << 32)) & TIMESTAMP_MASK)
        if self.unsynchronised:
            packet = replace(packet, leap=UNSYNCHRONISED)
        if self.stratum is not None:
            packet = replace(packet, stratum=self.stratum)
        if self.kiss_of_death is not None:
            packet = replace(packet, leap=UNSYNCHRONISED, stratum=0, reference_id=self.kiss_of_death.encode("ascii"))
        if self.wrong_mode is not None:
            packet = replace(packet, mode=self.wrong_mode)
        return packet.pack()[: self.short_packet]


CATALOGUE: named.Kinds = named.kinds_of(SntpFaults)
"""All faults, by name."""

NO_FAULTS = SntpFaults()


def spelt() -> list[str]:
    """How each fault is written: `silent`, `late=SECONDS`, `year-2036[=SECONDS]`."""
    return named.forms(CATALOGUE)


def catalogue() -> str:
    """All faults and what they do, one a line, for `--help`."""
    return named.catalogue(CATALOGUE)
