"""The impairments that shape whatever passes in one direction until they are changed, by name, alone or together.

As text, `delay=0.3,jitter=0.05,split=7`; `catalogue` lists the names and what they do. All times are wall seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from ocpp.v16.enums import Action

from central_system import named

LONGEST_S = 3600
MOST_BYTES = 1 << 20
"""As long as a frame may be that the tap decodes."""
HOLD_S = 0.1
CONTROLS = ("ping", "pong", "close", "binary")
"""Frames that `only` knows although they have no OCPP action."""


class ImpairmentError(ValueError):
    """No such impairment, an amount that it does not take, or some that do not go together; the message lists all."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}; the impairments are {', '.join(named.forms(CATALOGUE))}")


def _kind(amount: str, default: str | None, read: Callable[[str], object], meaning: str) -> dict[str, named.Kind]:
    return {"kind": named.Kind(amount, default, read, meaning)}


def _place(text: str) -> int | Literal["any"]:
    try:
        return "any" if text == "any" else named.whole(0, MOST_BYTES)(text)
    except ValueError as error:
        raise ValueError(f"{error}, or any") from error


@dataclass(frozen=True, slots=True)
class Impairments:
    """What is done to one direction; an impairment whose field is None or False is off, as all are at first.

    Raises:
        ImpairmentError: an amount is out of range, or two of them do not go together.
    """

    delay: float | None = field(
        default=None,
        metadata=_kind("SECONDS", None, named.seconds(LONGEST_S), "whatever comes goes on so much later"),
    )
    jitter: float | None = field(
        default=None,
        metadata=_kind(
            "SECONDS", None, named.seconds(LONGEST_S), "later by a random time up to this; nothing overtakes anything"
        ),
    )
    split: int | None = field(
        default=None,
        metadata=_kind(
            "BYTES", None, named.whole(1, MOST_BYTES), "each write leaves as two, the first of so many bytes"
        ),
    )
    gap: float | None = field(
        default=None,
        metadata=_kind("SECONDS", None, named.seconds(LONGEST_S), "so long between what split or fragment parted"),
    )
    dribble: float | None = field(
        default=None,
        metadata=_kind("SECONDS", "0", named.seconds(LONGEST_S), "each byte leaves by itself, so long after the last"),
    )
    fragment: int | None = field(
        default=None,
        metadata=_kind(
            "BYTES",
            None,
            named.whole(1, MOST_BYTES),
            "the message in WebSocket frames of so many bytes of payload, a write each (RFC 6455 §5.4)",
        ),
    )
    truncate: int | None = field(
        default=None,
        metadata=_kind(
            "BYTES", None, named.whole(0, MOST_BYTES), "of the payload the first bytes only, in a frame that is right"
        ),
    )
    break_off: int | None = field(
        default=None,
        metadata=_kind(
            "BYTES",
            None,
            named.whole(1, MOST_BYTES),
            "of the frame the first bytes only; the receiver takes what comes next for the rest",
        ),
    )
    corrupt: int | Literal["any"] | None = field(
        default=None,
        metadata=_kind(
            "OFFSET", "any", _place, "one bit of this byte of the payload is flipped; any: of a random byte"
        ),
    )
    duplicate: int | None = field(
        default=None, metadata=_kind("TIMES", "2", named.whole(2, 1000), "the frame is sent so many times")
    )
    coalesce: int | None = field(
        default=None, metadata=_kind("FRAMES", "2", named.whole(2, 1000), "so many frames leave in one write")
    )
    reorder: bool = field(
        default=False, metadata=_kind("", "", named.nothing, "the frame changes places with the one after it")
    )
    hold: float | None = field(
        default=None,
        metadata=_kind(
            "SECONDS",
            None,
            named.seconds(LONGEST_S),
            f"how long coalesce and reorder wait for another frame, {HOLD_S:g} s if not given",
        ),
    )
    drop: bool = field(default=False, metadata=_kind("", "", named.nothing, "the frame goes no further"))
    black_hole: bool = field(
        default=False,
        metadata=_kind("", "", named.nothing, "nothing goes further: no handshake, no frame, no end of the connection"),
    )
    only: str | None = field(
        default=None,
        metadata=_kind(
            "WHAT",
            None,
            named.one_of((*Action, *CONTROLS), f"an OCPP action or {', '.join(CONTROLS)}"),
            "all of this is done only to the frames of an OCPP action, its requests and their answers; or only to "
            f"{', '.join(CONTROLS)}",
        ),
    )
    nth: int | None = field(
        default=None,
        metadata=_kind(
            "NUMBER",
            None,
            named.whole(1, 1_000_000),
            "all of this is done only to the so many-th of these frames on a connection since it was asked for",
        ),
    )
    seed: int | None = field(
        default=None,
        metadata=_kind(
            "NUMBER", None, named.whole(0, 2**32), "where chance begins in jitter and corrupt, 0 if not given"
        ),
    )

    def __post_init__(self) -> None:
        on = named.amounts_of(CATALOGUE, self)
        for name, amount in on.items():
            try:
                named.read(CATALOGUE, name, named.spelt(amount))
            except ValueError as error:
                raise ImpairmentError(str(error)) from error
        for name, needs in NEEDS.items():
            if name in on and on.keys().isdisjoint(needs):
                raise ImpairmentError(f"{name} goes with {' or '.join(needs)} only ({self})")
        for name, excluded in EXCLUDES.items():
            if name in on and (others := [each for each in on if each in excluded]):
                raise ImpairmentError(f"{name} does not go with {' and '.join(others)} ({self})")
        if on and on.keys() <= WHICH:
            raise ImpairmentError(f"{self} says which frames, and not what is done to them")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The impairments that a text such as `delay=0.3,split=7` names; none where it is empty.

        Raises:
            ImpairmentError: it names one that does not exist, or one twice, or with an amount that it does not take.
        """
        try:
            found: dict[str, Any] = named.parse(CATALOGUE, text)
        except ValueError as error:
            raise ImpairmentError(str(error)) from error
        return cls(**found)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return self.told(named.amounts_of(CATALOGUE, self))

    def told(self, names: Iterable[str]) -> str:
        """These of them, as `parse` reads them."""
        on = named.amounts_of(CATALOGUE, self)
        return ",".join(named.word(name, on[name]) for name in names)


CATALOGUE: named.Kinds = named.kinds_of(Impairments)
"""All of them, by name."""

WHICH = {"only", "nth"}
NEEDS = {"gap": ("split", "fragment"), "hold": ("coalesce", "reorder"), "seed": ("jitter", "corrupt")}
EXCLUDES = {
    "black-hole": CATALOGUE.keys() - {"black-hole"},
    "drop": CATALOGUE.keys() - {"drop"} - WHICH,
    "dribble": {"split", "gap"},
}

NO_IMPAIRMENTS = Impairments()


def catalogue() -> str:
    """All impairments and what they do, one a line, for `--help`."""
    return named.catalogue(CATALOGUE)
