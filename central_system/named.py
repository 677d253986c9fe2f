"""Things that have a name and mostly an amount: how they are read from a text, written, and listed."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One of them.

    `amount` is what its amount is called ("": it takes none), `default` the one it has where none is given (None: one
    has to be given). `read` reads an amount, and raises ValueError with what it would take instead.
    """

    amount: str
    default: str | None
    read: Callable[[str], object]
    meaning: str


Kinds = Mapping[str, Kind]


def kinds_of(dataclass_: type[Any]) -> Kinds:
    """The kinds in the metadata of its fields, by name; `black_hole` is spelt `black-hole`."""
    return {each.name.replace("_", "-"): each.metadata["kind"] for each in fields(dataclass_)}


def read(kinds: Kinds, name: str, amount: str | None) -> object:
    """An amount as its field has it; None: it was not given.

    Raises:
        ValueError: there is no such name, or it does not take this amount.
    """
    if name not in kinds:
        raise ValueError(f"there is no {name!r}")
    kind = kinds[name]
    try:
        return kind.read((kind.default if amount is None else amount) or "")
    except ValueError as error:
        raise ValueError(f"{name} {error}, not {amount or ''!r}") from error


def parse(kinds: Kinds, text: str) -> dict[str, Any]:
    """The fields that a text such as `delay=0.3,split=7` sets.

    Raises:
        ValueError: it names one that does not exist, or one twice, or with an amount that it does not take.
    """
    found: dict[str, Any] = {}
    for word in filter(None, re.split(r"[,\s]+", text)):
        name, given, amount = word.partition("=")
        if name in found:
            raise ValueError(f"{name} is named twice")
        found[name] = read(kinds, name, amount if given else None)
    return {name.replace("-", "_"): amount for name, amount in found.items()}


def amounts_of(kinds: Kinds, named: object) -> dict[str, Any]:
    """The names that are on, and their amounts; True where there is none."""
    amounts = {name: getattr(named, name.replace("-", "_")) for name in kinds}
    return {name: amount for name, amount in amounts.items() if amount is not None and amount is not False}


def word(name: str, amount: object) -> str:
    """One of them as `parse` reads it."""
    return name if amount is True else f"{name}={spelt(amount)}"


def spelt(amount: object) -> str:
    """An amount as `read` reads it."""
    return "" if amount is True else str(amount).removesuffix(".0")


def forms(kinds: Kinds) -> list[str]:
    """How each is written: `drop`, `delay=SECONDS`, `duplicate[=TIMES]`."""
    shapes = {"": "{}", None: "{}={}"}
    return [shapes.get(kind.default, "{}[={}]").format(name, kind.amount) for name, kind in kinds.items()]


def catalogue(kinds: Kinds) -> str:
    """All of them and what they do, one a line, for `--help`."""
    defaults = (f" [{kind.default}]" if kind.default else "" for kind in kinds.values())
    rows = zip(forms(kinds), kinds.values(), defaults, strict=True)
    width = max(map(len, forms(kinds))) + 2
    return "\n".join(f"{form:<{width}}{kind.meaning}{default}" for form, kind, default in rows)


# What amounts there are


def nothing(text: str) -> bool:
    """No amount: the name is all."""
    if text:
        raise ValueError("takes no amount")
    return True


def seconds(most: int, least: int = 0) -> Callable[[str], float]:
    """Seconds, from 0 where nothing else is said."""

    def read_seconds(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:  # which not-a-number is not
            raise ValueError(f"takes seconds from {least} to {most}")
        return value

    return read_seconds


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number."""

    def read_whole(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise ValueError(f"takes a whole number from {least} to {most}")
        return int(text)

    return read_whole


def one_of(allowed: Collection[str], told: str) -> Callable[[str], str]:
    """A word."""

    def read_word(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"takes {told}")
        return text

    return read_word
