"""What a sequence diagram is made of: arrows between lifelines, and notes beside them."""

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """The lifelines and the two margins: what the console tells stands left of them, what the rig does right."""

    CONSOLE = "console"
    CHARGE_POINT = "charge point"
    CENTRAL_SYSTEM = "central system"
    SNTP = "SNTP server"
    RIG = "rig"


class Tone(StrEnum):
    """How a step is to be taken."""

    PLAIN = "plain"
    FAULT = "fault"
    """A fault injected on purpose, an impairment, a refusal."""
    BAD = "bad"
    """Something went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened at journal line `n`, `t` wall seconds into the run.

    Attributes:
        quiet: it is shown only where a verdict rests upon it.
        partner: the line of its answer, or of what it answers.
        routine: the action, where it is one that comes again and again; many of them in a row may be folded.
    """

    n: int
    t: float
    tone: Tone = Tone.PLAIN
    quiet: bool = False
    partner: int | None = None
    routine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow(Step):
    """Something went from one lifeline to another.

    Attributes:
        name: what it is; of an answer, its action with `.conf`.
        detail: what matters in it.
        remark: what is wrong with it, apart from what it says.
        is_answer: it answers an arrow the other way.
        cut: the connection ends with it.
    """

    source: Lane
    target: Lane
    name: str
    detail: str = ""
    remark: str = ""
    is_answer: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Step):
    """Something at one lifeline; `device_s` is the device's own time of it (seconds since its boot), where told."""

    lane: Lane
    text: str
    device_s: float | None = None
