"""What a packet filter does with a board's packet: walk its rules with the packet in mind.

What a rule asks for that is not known here, such as who the sender is, counts as "perhaps"; so the answer is yes, no or
cannot tell. `nft` and `iptables` read the rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

VERDICTS = ("accept", "drop", "reject", "return")

Maybe = bool | None
"""None: it cannot be told."""


class Fate(Enum):
    """What becomes of the packet."""

    ACCEPTED = auto()
    DROPPED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a board to a port of this machine."""

    protocol: str
    """`tcp` or `udp`."""
    port: int
    address: str | None
    """This machine's, that it is sent to; None: not known."""
    interface: str | None
    """The one that it comes in by; None: not known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, held against one packet."""

    matches: Maybe
    verdict: str | None
    """`accept`, `drop`, `return`, the name of a chain to go to; None: it only counts or logs."""


@dataclass(slots=True)
class Chain:
    """A chain of rules; `policy` says what becomes of a packet at its end."""

    rules: list[Rule] = field(default_factory=list)
    policy: str = "return"


def walk(start: str, chains: Mapping[str, Chain]) -> Fate:
    """What becomes of a packet that enters at a chain."""
    fate = _through(start, chains)
    return Fate.ACCEPTED if fate is None else fate


def _through(name: str, chains: Mapping[str, Chain]) -> Fate | None:
    """What becomes of the packet in a chain; None: it comes out at the end, and goes on where it came from."""
    chain = chains[name]
    end = None if chain.policy == "return" else _verdict(chain.policy, chains)
    perhaps: set[Fate | None] = set()
    for rule in chain.rules:
        if rule.matches is False or rule.verdict is None:
            continue
        returns = rule.verdict == "return"
        fate = end if returns else _verdict(rule.verdict, chains)
        if fate is None and not returns:
            continue
        if rule.matches:
            return _agreed(fate, perhaps)
        perhaps.add(fate)
    return _agreed(end, perhaps)


def _agreed(fate: Fate | None, perhaps: set[Fate | None]) -> Fate | None:
    """The end is certain only where all that may have happened before leads to the same."""
    return fate if perhaps <= {fate} else Fate.UNKNOWN


def _verdict(verdict: str, chains: Mapping[str, Chain]) -> Fate | None:
    match verdict:
        case "accept":
            return Fate.ACCEPTED
        case "drop" | "reject":
            return Fate.DROPPED
    return _through(verdict, chains) if verdict in chains else Fate.UNKNOWN


def all_of(answers: Iterable[Maybe]) -> Maybe:
    """False if one is; else None if one is; else True."""
    told = list(answers)
    return False if False in told else None if None in told else True
