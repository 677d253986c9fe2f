"""Colours, where the output is a terminal that wants them (https://no-color.org)."""

import os
from typing import TextIO

from rig.checks.verdict import Outcome

CODES = {
    Outcome.PASS: "32",
    Outcome.FAIL: "31;1",
    Outcome.ERROR: "35;1",
    Outcome.PARTIAL: "33",
    Outcome.KNOWN_DEFECT: "33",
    Outcome.NOT_APPLICABLE: "2",
}


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def painted(text: str, outcome: Outcome, *, colour: bool) -> str:
    """`text` in the colour of `outcome`, or as it is."""
    return f"\x1b[{CODES[outcome]}m{text}\x1b[0m" if colour else text
