"""Text of a device, made fit to be looked at: nothing in it hides, nothing in it runs on without end."""

from unicodedata import category, east_asian_width

STACKING = frozenset({"Mn", "Me"})
"""Marks that a reader's software sets above and below other characters, as many as there are."""


def visible(text: str) -> str:
    """`text` with an escape in the place of whatever shows nothing or meddles with its neighbours.

    Those are control characters, marks of direction, lone surrogates, unassigned and private characters, and marks
    that stack. What remains is valid in XML 1.0 (§2.2), once it is escaped for it.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if _shows(each) else each.encode("unicode_escape").decode() for each in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, which stay what they are."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _shows(character: str) -> bool:
    return character.isprintable() and category(character) not in STACKING


def cells(text: str) -> int:
    """How wide it is in a font of fixed width; Chinese characters and most emoji are two cells wide."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def shortened(text: str, most: int) -> str:
    """`text`, visible, in at most `most` cells; where something had to go, it ends in `…`."""
    told = visible(text[: most + 1])
    if len(text) <= most and cells(told) <= most:
        return told
    while cells(told) > most - 1:
        told = told[:-1]
    return told + "…"
