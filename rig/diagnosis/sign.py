"""A sign of trouble to look for in a recording, and the diagnosis that comes of it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from rig.checks.verdict import Evidence, lines
from rig.journal.recording import Recording

# What a step that failed takes with it: beginnings of the ids of checks.
AFTER_AUTHORIZE = (
    "authorize.",
    "transaction.",
    "connectors.",
    "meter.",
    "clock.timestamps",
    "remote.",
    "console.agrees",
)
AFTER_BOOT = ("boot.first", "boot.fields", "heartbeat.", *AFTER_AUTHORIZE)
AFTER_CONNECTION = ("connection.", *AFTER_BOOT)
AFTER_NETWORK = ("network.", "clock.", *AFTER_CONNECTION)
OF_THE_DEVICE = ("boot.", "console.", "device.", "protocol.", *AFTER_NETWORK)
EVERYTHING = ("",)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong, in words for the person at the bench. `evidence` are line numbers of the journal."""

    title: str
    likely_cause: str
    next_step: str
    evidence: tuple[int, ...]
    citation: str


@dataclass(frozen=True, slots=True)
class Found:
    """A sign that was found: what it most likely means, what to do next, and the journal lines that show it."""

    likely_cause: str
    next_step: str
    evidence: tuple[int, ...]


Look = Callable[[Recording], Found | None]


@dataclass(frozen=True, slots=True)
class Sign:
    """Something to look for where a check that it explains is not green.

    Attributes:
        title: what went wrong, a sentence.
        citation: the documentation, standard or measurement that says so.
        explains: beginnings of the ids of the checks whose failure follows from it.
        look: gives what it finds, None where the recording does not show it.
    """

    title: str
    citation: str
    explains: tuple[str, ...]
    look: Look

    def diagnosis(self, recording: Recording) -> Diagnosis | None:
        """The diagnosis, None where the recording does not show it."""
        if not (found := self.look(recording)):
            return None
        return Diagnosis(self.title, found.likely_cause, found.next_step, found.evidence, self.citation)


def sign(citation: str, explains: tuple[str, ...]) -> Callable[[Look], Sign]:
    """Make a function a sign; the first line of its docstring is the diagnosis's title."""

    def make(look: Look) -> Sign:
        title = (inspect.getdoc(look) or "").splitlines()[0].rstrip(".")
        return Sign(title, citation, explains, look)

    return make


def found(likely_cause: str, next_step: str, evidence: Evidence) -> Found:
    """A sign that was found; entries, messages and calls become their journal lines."""
    return Found(likely_cause, next_step, lines(evidence))
