"""Whether the chip of a board holds the image under test. Never the firmware's failure: PASS or ERROR."""

from rig.checks.verdict import Finding, Outcome, check, lines, not_applicable
from rig.journal.events import FlashAttempt
from rig.journal.recording import Recording

FLASHED = ("board", "virtual_board")
"""The ways of running a device that begin with flashing its chip."""


@check("bench.flash", "zephyr#32478, #41982: a flash failure that goes unnoticed is taken for the firmware's")
def flash(recording: Recording) -> Finding:
    """The image under test is on the chip: every byte of it read back and compared."""
    if recording.run.target not in FLASHED:
        return not_applicable(f"{recording.run.board} on {recording.run.target} has no flash to be written")
    attempts = recording.all(FlashAttempt)
    evidence = lines([entry for entry, _ in attempts])
    limit = "read back and equal"
    if not attempts:
        return Finding(Outcome.ERROR, "not flashed", limit)
    last = attempts[-1][1]
    failures = [f"attempt {each.attempt}: {each.problem}" for _, each in attempts if each.outcome == "failed"]
    if last.outcome == "failed":
        return Finding(Outcome.ERROR, "; ".join(failures), limit, evidence)
    how = "was there already" if last.outcome == "identical" else f"written and read back in {last.seconds:.1f} s"
    measured = "; ".join([*failures, f"{last.size:,} bytes, {how}"])
    return Finding(Outcome.PASS, measured, limit, evidence)
