"""Which steps a diagram shows: a whole run's, or those around a verdict's evidence; the others are counted."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from rig.report.steps import Arrow, Lane, Note, Tone

CONTEXT = 2
"""Steps before and behind each piece of evidence."""
MOST = 50
"""Steps around one verdict's evidence; a diagram that needs more tells nothing more."""
MOST_OF_ALL = 400
"""Steps of a whole run."""
FOLDED_FROM = 120
"""Steps, from which on a whole run's routine is folded."""
ENDS = 4
"""How much stays of either end of what is folded: two calls with their answers, or as many lines."""

Shown = Arrow | Note
Steps = Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Folded:
    """Steps that are not shown: how many of what, and how many wall seconds lie between the steps that are."""

    count: int
    what: str
    seconds: float


Row = Arrow | Note | Folded


def whole_run(steps: Steps) -> list[Row]:
    """All that is of interest; of a long run, its routine folded, and at worst its middle left out."""
    shown = [step for step in steps if not step.quiet]
    kept = set(range(len(shown))) - _middles(shown, _alarming)
    if len(shown) > FOLDED_FROM:
        kept -= _middles(shown, lambda step: bool(step.routine))
    return _rows(shown, _at_most(MOST_OF_ALL, kept))


def around(steps: Steps, evidence: frozenset[int]) -> list[Row]:
    """What a verdict rests on, the other half of each call in it, and the steps next to it.

    Where there is no evidence (something never happened), that is what went wrong in the run, or its last steps.
    """
    shown = [step for step in steps if not step.quiet or step.n in evidence]
    if not shown:
        return []
    found = [i for i, step in enumerate(shown) if step.n in evidence]
    found = found or [i for i, step in enumerate(shown) if step.tone is Tone.BAD] or [len(shown) - 1]
    partners = {shown[i].partner for i in found}
    kept = {i for i, step in enumerate(shown) if step.n in partners}
    kept |= {near for i in found for near in range(i - CONTEXT, i + CONTEXT + 1) if 0 <= near < len(shown)}
    return _rows(shown, _at_most(MOST, kept - _middles(shown, _alarming)))


def _alarming(step: Shown) -> bool:
    """A line of a fatal error or of a sanitizer's report, which may have hundreds."""
    return isinstance(step, Note) and step.lane is Lane.CONSOLE and step.tone is Tone.BAD


def _middles(shown: Steps, alike: Callable[[Shown], bool]) -> set[int]:
    """Where stands what can be folded: of each run of steps that are alike, all but its ends."""
    middles: set[int] = set()
    for same, run in groupby(range(len(shown)), lambda i: alike(shown[i])):
        positions = list(run)
        if same and len(positions) > 2 * ENDS + 1:
            middles |= set(positions[ENDS:-ENDS])
    return middles


def _at_most(most: int, kept: Collection[int]) -> set[int]:
    """The first two thirds of them and the last third, where there are more than `most`."""
    positions = sorted(kept)
    if len(positions) <= most:
        return set(positions)
    last = most // 3
    return set(positions[: most - last] + positions[-last:])


def _rows(shown: Steps, kept: Collection[int]) -> list[Row]:
    rows: list[Row] = []
    for is_kept, run in groupby(range(len(shown)), lambda i: i in kept):
        positions = list(run)
        if is_kept or len(positions) == 1:  # to say that one is left out takes as much room as to show it
            rows += [shown[i] for i in positions]
        else:
            before, behind = max(positions[0] - 1, 0), min(positions[-1] + 1, len(shown) - 1)
            left_out = [shown[i] for i in positions]
            rows.append(Folded(len(left_out), _what(left_out), shown[behind].t - shown[before].t))
    return rows


def _what(steps: Steps) -> str:
    """In words: `12 × MeterValues, 3 × Heartbeat`, `60 console lines`, or `24 steps`."""
    if all(step.routine for step in steps):
        calls = Counter(step.routine for step in steps if isinstance(step, Arrow) and not step.is_answer)
        return ", ".join(f"{number} × {action}" for action, number in calls.items()) or f"{len(steps)} answers"
    return f"{len(steps)} {'console lines' if all(_alarming(step) for step in steps) else 'steps'}"
