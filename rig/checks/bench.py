"""Whether the bench was good enough to judge by. These give ERROR, or PARTIAL for a doubt, never FAIL.

A doubt by itself harms nobody: `judge` lets it pass where nothing failed, and turns failures into ERROR beside it.
"""

from rig.checks.documented import ANSWER_LIMIT_S
from rig.checks.flash import flash
from rig.checks.protocol import own_frames
from rig.checks.verdict import Finding, Outcome, check, lines
from rig.journal.events import Lateness
from rig.journal.recording import Recording

HOPELESS = 3
"""Times the device's limit: `tolerance_s` is then 4 s of device time, against intervals of 5 and 10 s."""


@check("bench.answers", "samples/net/ocpp, main.c: timeout_ms = 500, in device time")
def answers(recording: Recording) -> Finding:
    """The rig answers far inside the charge point's time limit."""
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    limit = f"every answer within {limit_s * 1e3:.3g} ms"
    calls = recording.calls_from_charge_point()
    slow = [c for c in calls if c.answered_after_s is not None and c.answered_after_s > limit_s]
    times = [c.answered_after_s * 1e3 for c in calls if c.answered_after_s is not None]
    measured = f"{len(times)} answers, the slowest after {max(times):.2f} ms" if times else "nothing to answer"
    return Finding(_outcome(max(times, default=0.0) / 1e3, limit_s), measured, limit, lines(slow))


@check("bench.host", "a device that waits for a processor misses its own time limits")
def host(recording: Recording) -> Finding:
    """The host keeps neither rig nor device waiting for as long as the charge point's time limit."""
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    late = [(entry, each) for entry, each in recording.all(Lateness) if each.late_s > limit_s]
    measured = f"longest wait for a processor {recording.latest_s * 1e3:.1f} ms"
    evidence = lines([entry for entry, _ in late])
    return Finding(_outcome(recording.latest_s, limit_s), measured, f"{limit_s * 1e3:.3g} ms", evidence)


def _outcome(late_s: float, limit_s: float) -> Outcome:
    """PASS within the device's time limit, a doubt beyond it, ERROR where tolerances grow too wide to judge by."""
    if late_s <= limit_s:
        return Outcome.PASS
    return Outcome.PARTIAL if late_s <= HOPELESS * limit_s else Outcome.ERROR


BENCH_CHECKS = (flash, answers, host, own_frames)
