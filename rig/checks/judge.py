"""From a recording to verdicts."""

from dataclasses import replace

from rig.checks.agreement import AGREEMENT_CHECKS
from rig.checks.bench import BENCH_CHECKS
from rig.checks.boot import BOOT_CHECKS
from rig.checks.charging import CHARGING_CHECKS
from rig.checks.connection import CONNECTION_CHECKS
from rig.checks.console import CONSOLE_CHECKS
from rig.checks.flash import flash
from rig.checks.known_defects import known_defect
from rig.checks.metering import METERING_CHECKS
from rig.checks.protocol import PROTOCOL_CHECKS
from rig.checks.remote import REMOTE_CHECKS
from rig.checks.verdict import Check, Finding, Outcome, Verdict
from rig.journal.events import FlashAttempt
from rig.journal.recording import Recording

LIFECYCLE: tuple[Check, ...] = (
    *BOOT_CHECKS,
    *CONNECTION_CHECKS,
    *CHARGING_CHECKS,
    *METERING_CHECKS,
    *REMOTE_CHECKS,
    *AGREEMENT_CHECKS,
    *CONSOLE_CHECKS,
    *PROTOCOL_CHECKS,
    *BENCH_CHECKS,
)
"""All checks of the charge lifecycle, in the order in which a report shows them."""


def broken(recording: Recording) -> str:
    """Why nothing of this recording can be judged, empty where it can."""
    if recording.end is None:
        return "the journal has no end: the rig was killed, or is still running"
    if recording.end.error:
        return recording.end.error + (f"\n  cure: {recording.end.cure}" if recording.end.cure else "")
    return ""


def judge(recording: Recording, checks: tuple[Check, ...] = LIFECYCLE) -> list[Verdict]:
    """A verdict for every check.

    Where the bench broke, all are ERROR, but a flashing that was tried says itself how it went. Where it was late, a
    failure may be its doing: ERROR; if nothing failed, its lateness did no harm. A failure that `known_defects.toml`
    foretells is KNOWN DEFECT, a pass that it does not, FAIL.
    """
    if why := broken(recording):
        not_judged = Finding(Outcome.ERROR, "not judged", "")
        told = {flash.id} if recording.all(FlashAttempt) else set()
        return [
            _verdict(each, each.judge(recording))
            if each.id in told
            else _verdict(each, not_judged, why.splitlines()[0])
            for each in checks
        ]
    verdicts = [_weighed(recording, each, each.judge(recording)) for each in checks]
    bench = {each.id for each in BENCH_CHECKS}
    doubts = [v for v in verdicts if v.check in bench and v.outcome in {Outcome.PARTIAL, Outcome.ERROR}]
    if not doubts:
        return verdicts
    if any(v.outcome is Outcome.FAIL for v in verdicts):
        why = f"the bench may be to blame, see {doubts[0].check}"
        return [replace(v, outcome=Outcome.ERROR, reason=why) if v.outcome is Outcome.FAIL else v for v in verdicts]
    harmless = [v.check for v in doubts if v.outcome is Outcome.PARTIAL]
    why = "late, but nothing failed for it"
    return [replace(v, outcome=Outcome.PASS, reason=why) if v.check in harmless else v for v in verdicts]


def _weighed(recording: Recording, check: Check, finding: Finding) -> Verdict:
    """The verdict on one check, in the light of what this firmware is known to fail."""
    defect = known_defect(check.id, recording.run.target, recording.run.firmware_version)
    if finding.outcome is Outcome.FAIL and defect:
        return _verdict(check, finding, defect.reason, Outcome.KNOWN_DEFECT)
    if finding.outcome is Outcome.PASS and defect:
        reason = "passes although known_defects.toml lists it as failing: take it out of the list"
        return _verdict(check, finding, reason, Outcome.FAIL)
    return _verdict(check, finding)


def _verdict(check: Check, finding: Finding, reason: str = "", outcome: Outcome | None = None) -> Verdict:
    return Verdict(
        check.id,
        check.title,
        check.citation,
        outcome or finding.outcome,
        finding.measured,
        finding.limit,
        finding.evidence,
        reason,
    )


def overall(verdicts: list[Verdict]) -> Outcome:
    """The verdict on the run: ERROR before FAIL before PARTIAL before PASS."""
    found = {verdict.outcome for verdict in verdicts}
    return next((o for o in (Outcome.ERROR, Outcome.FAIL, Outcome.PARTIAL) if o in found), Outcome.PASS)


EXIT_CODES = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.PARTIAL: 1, Outcome.ERROR: 3}
"""What a run's verdict tells CI; 2 is a wrong command."""
