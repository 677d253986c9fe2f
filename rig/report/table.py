"""The verdict table at the end of a run."""

from pathlib import Path

from rig.checks.judge import broken, overall
from rig.checks.verdict import Outcome, Verdict
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.events import RunStarted
from rig.journal.recording import Recording
from rig.report.colours import painted

WIDTH = 14
EVIDENCE_SHOWN = 8


def device_under_test(run: RunStarted) -> str:
    """One line that names what was tested, and never lets the twin pass for firmware."""
    if run.target == "twin":
        return "the TWIN (the sample's documentation in Python): no firmware was tested"
    if run.target == "virtual_board":
        return f"a VIRTUAL BOARD (the chip's model for build {run.build}, the twin's charging): no firmware was tested"
    version = f"Zephyr {run.firmware_version}, " if run.firmware_version else ""
    return f"{run.board} on {run.target}, {version}build {run.build or 'learned at boot'} ({run.build_source})"


def verdict_lines(verdicts: list[Verdict], *, colour: bool) -> list[str]:
    """A line for each verdict; for one that is not green, its limit, reason and evidence below it."""
    widest = max((len(verdict.check) for verdict in verdicts), default=0)
    lines = []
    for verdict in verdicts:
        word = painted(f"{verdict.outcome.value:<{WIDTH}}", verdict.outcome, colour=colour)
        lines.append(f"{word} {verdict.check:<{widest}}  {verdict.measured}")
        if verdict.outcome in {Outcome.FAIL, Outcome.ERROR, Outcome.PARTIAL}:
            indent = " " * (WIDTH + 1)
            lines.append(f"{indent}{verdict.title}. Wanted: {verdict.limit or '–'}  [{verdict.citation}]")
            if verdict.evidence:
                lines.append(f"{indent}journal {journal_lines(verdict.evidence)}")
        if verdict.reason:
            lines.append(" " * (WIDTH + 1) + verdict.reason)
    return lines


def diagnosis_lines(diagnoses: list[Diagnosis]) -> list[str]:
    """What most likely went wrong, and what to do about it; a blank line before each."""
    lines = []
    for each in diagnoses:
        lines += [
            "",
            f"diagnosis: {each.title}  [{each.citation}]",
            f"  likely cause: {each.likely_cause}",
            f"  evidence: journal {journal_lines(each.evidence)}",
            f"  next step: {each.next_step}",
        ]
    return lines


def journal_lines(evidence: tuple[int, ...]) -> str:
    """`lines 12, 13 …`: where in journal.jsonl it stands."""
    shown = ", ".join(str(n) for n in evidence[:EVIDENCE_SHOWN])
    return f"lines {shown}" + (" …" if len(evidence) > EVIDENCE_SHOWN else "")


def closing_lines(recording: Recording, verdicts: list[Verdict], folder: Path, *, colour: bool) -> list[str]:
    """What a run ends with: the verdicts, or how the bench broke; diagnoses; what was tested; where all of it is."""
    why = broken(recording)
    table = ["the bench broke: " + why] if why else verdict_lines(verdicts, colour=colour)
    diagnoses = diagnosis_lines(diagnose(recording, verdicts))
    tested = f"tested: {device_under_test(recording.run)}"
    return [*table, *diagnoses, "", tested, f"run folder: {folder}", summary(verdicts, colour=colour)]


def summary(verdicts: list[Verdict], *, colour: bool) -> str:
    """The verdict on the run, and how many checks gave what."""
    counted = {outcome: sum(v.outcome is outcome for v in verdicts) for outcome in Outcome}
    told = ", ".join(f"{number} {outcome.value}" for outcome, number in counted.items() if number)
    result = overall(verdicts)
    return f"{painted(result.value, result, colour=colour)}: {told}"
