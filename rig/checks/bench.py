"""Whether the bench was good enough to judge by. These give ERROR, never FAIL."""

from rig.checks.documented import ANSWER_LIMIT_S
from rig.checks.protocol import own_frames
from rig.checks.verdict import Finding, Outcome, check, lines
from rig.journal.events import Lateness
from rig.journal.recording import Recording


@check("bench.answers", "samples/net/ocpp, main.c: timeout_ms = 500, in device time")
def answers(recording: Recording) -> Finding:
    """The rig answers far inside the charge point's time limit."""
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    limit = f"every answer within {limit_s * 1e3:.3g} ms"
    calls = recording.calls_from_charge_point()
    slow = [c for c in calls if c.answered_after_s is not None and c.answered_after_s > limit_s]
    times = [c.answered_after_s * 1e3 for c in calls if c.answered_after_s is not None]
    measured = f"{len(times)} answers, the slowest after {max(times):.2f} ms" if times else "nothing to answer"
    return Finding(Outcome.ERROR if slow else Outcome.PASS, measured, limit, lines(slow))


@check("bench.host", "a device that waits for a processor misses its own time limits")
def host(recording: Recording) -> Finding:
    """The host keeps neither rig nor device waiting for as long as the charge point's time limit."""
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    late = [(entry, each) for entry, each in recording.all(Lateness) if each.late_s > limit_s]
    measured = f"longest wait for a processor {recording.latest_s * 1e3:.1f} ms"
    outcome = Outcome.ERROR if late else Outcome.PASS
    return Finding(outcome, measured, f"{limit_s * 1e3:.3g} ms", lines([entry for entry, _ in late]))


BENCH_CHECKS = (answers, host, own_frames)
