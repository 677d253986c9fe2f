"""A check, what it finds, and the verdict that comes of it."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from rig.journal.codec import Entry
from rig.journal.messages import Call, Message
from rig.journal.recording import Recording


class Outcome(StrEnum):
    """What a verdict says. PASS and NOT APPLICABLE leave a run green, and KNOWN DEFECT with its reason beside it."""

    PASS = "PASS"  # noqa: S105  (no password)
    FAIL = "FAIL"
    ERROR = "ERROR"
    """The bench, not the firmware, is to blame, or it cannot be told which."""
    NOT_APPLICABLE = "NOT APPLICABLE"
    PARTIAL = "PARTIAL"
    """Nothing wrong was seen, but a step could not be judged."""
    KNOWN_DEFECT = "KNOWN DEFECT"
    """FAIL, as `known_defects.toml` foretells for this firmware."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw: a value measured against its limit, and the journal lines that it rests on."""

    outcome: Outcome
    measured: str
    limit: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding under its check's name; `reason` is set where the outcome is not the check's own."""

    check: str
    title: str
    citation: str
    outcome: Outcome
    measured: str
    limit: str
    evidence: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule about the recording of a run, with the sentence of documentation or standard that it comes from."""

    id: str
    title: str
    citation: str
    judge: Callable[[Recording], Finding]


def check(identity: str, citation: str) -> Callable[[Callable[[Recording], Finding]], Check]:
    """Make a function a check; the first line of its docstring is the check's title."""

    def make(judge: Callable[[Recording], Finding]) -> Check:
        title = (inspect.getdoc(judge) or identity).splitlines()[0].rstrip(".")
        return Check(identity, title, citation, judge)

    return make


Evidence = Iterable[Entry | Message | Call | None]


def lines(evidence: Evidence) -> tuple[int, ...]:
    """The journal lines of entries, messages and calls, sorted, each once."""
    numbers = set()
    for each in evidence:
        if isinstance(each, Call):
            numbers |= {each.request.n} | ({each.answer.n} if each.answer else set())
        elif each is not None:
            numbers.add(each.n)
    return tuple(sorted(numbers))


def judged(right: bool, measured: str, limit: str, evidence: Evidence = ()) -> Finding:
    """PASS where it is `right`, else FAIL."""
    return Finding(Outcome.PASS if right else Outcome.FAIL, measured, limit, lines(evidence))


def failed(measured: str, limit: str, evidence: Evidence = ()) -> Finding:
    """FAIL."""
    return Finding(Outcome.FAIL, measured, limit, lines(evidence))


def not_applicable(why: str) -> Finding:
    """NOT APPLICABLE, and why."""
    return Finding(Outcome.NOT_APPLICABLE, why, "", ())


def no_problem(problems: list[str], measured: str, limit: str, evidence: Evidence = ()) -> Finding:
    """FAIL with all `problems`, PASS with what was `measured` where there are none."""
    return judged(not problems, "; ".join(problems) or measured, limit, evidence)
