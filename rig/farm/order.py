"""What the rig and the keeper of a place say to each other: an order as JSON, answers as JSON lines."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

DEFAULT_COORDINATOR = "127.0.0.1:20408"
"""labgrid's own; $LG_COORDINATOR names another."""
MODULE = "rig.farm.keeper"


@dataclass(frozen=True, slots=True)
class Order:
    """What a keeper is to have until its standard input ends."""

    coordinator: str
    wait_s: float
    """Wall seconds to wait for somebody else to leave; 0 refuses at once."""
    place: str | None = None
    """Acquire this place…"""
    token: str | None = None
    """…which this reservation holds; None: reserve it first."""
    tags: Mapping[str, str] | None = None
    """Or only reserve a place that has all of these tags, any of them."""

    @classmethod
    def read(cls, text: str) -> Self:
        """The order that `text` holds."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def told(line: str) -> dict[str, Any] | None:
    """An answer; None: the line is no answer (a program's own words)."""
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and "event" in answer else None
