"""What the report shows of one check: its verdict, sequence diagram, meter plot, console, lines of the journal."""

from collections.abc import Mapping
from html import escape

from central_system.web.secrecy import text_without_password
from rig.checks.judge import broken
from rig.checks.verdict import Outcome, Verdict
from rig.journal.codec import Entry
from rig.journal.lines import line_of
from rig.journal.recording import Recording
from rig.report.console_excerpt import console_excerpt
from rig.report.meter_plot import meter_plot
from rig.report.sequence import sequence
from rig.report.visible import visible, visible_lines

EVIDENCE_SHOWN = 12
LONGEST = 2000
"""Characters of a journal line; the journal has the rest."""


def check_page(verdict: Verdict, recording: Recording) -> str:
    """HTML of one verdict and what it rests on."""
    parts = [
        table(
            {
                "Check": verdict.title,
                "Verdict": verdict.outcome.value,
                "Measured": verdict.measured,
                "Limit": verdict.limit,
                "Source": verdict.citation,
                "Reason": verdict.reason,
            }
        ),
        _diagram(verdict, recording),
    ]
    if verdict.check.startswith("meter."):
        parts.append(_titled("Energy register", meter_plot(recording, evidence=verdict.evidence)))
    parts.append(_titled("Console", console_excerpt(recording, verdict.evidence)))
    parts.append(_titled("Evidence in journal.jsonl", journal_lines(verdict.evidence, recording)))
    return f'<div class="rig">{"".join(parts)}</div>'


def _diagram(verdict: Verdict, recording: Recording) -> str:
    """The sequence around the evidence; where there is none to a failure, what went wrong in the run."""
    if verdict.evidence:
        drawn = sequence(recording, evidence=verdict.evidence, name=verdict.check)
        return _titled("Sequence: the evidence ◆, and what lies around it", drawn)
    if verdict.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE} or broken(recording):
        return ""
    drawn = sequence(recording, name=f"what went wrong, {verdict.check}")
    return _titled("Sequence: something did not happen; this is what went wrong in the run", drawn)


def _titled(title: str, content: str) -> str:
    return f"<h4>{escape(title)}</h4>{content}" if content else ""


def table(rows: Mapping[str, object]) -> str:
    """A table of names and values; what has no value has no row."""
    told = {name: escape(visible_lines(str(value))) for name, value in rows.items() if value not in {None, ""}}
    return (
        f"<table>{''.join(f'<tr><th>{escape(name)}</th><td>{value}</td></tr>' for name, value in told.items())}</table>"
    )


def journal_lines(evidence: tuple[int, ...], recording: Recording) -> str:
    """The lines of the journal that a verdict or a diagnosis rests on: the first ones, as they are there."""
    by_number: dict[int, Entry] = {entry.n: entry for entry in recording.entries}
    shown = [f"{n:5}  {_line(by_number[n])}" for n in evidence[:EVIDENCE_SHOWN] if n in by_number]
    if len(evidence) > EVIDENCE_SHOWN:
        shown.append(f"… and {len(evidence) - EVIDENCE_SHOWN} more lines of journal.jsonl")
    lines = escape("\n".join(shown))
    return f"<pre>{lines}</pre>" if shown else ""


def _line(entry: Entry) -> str:
    told = text_without_password(line_of(entry))
    return visible(told if len(told) <= LONGEST else f"{told[:LONGEST]} … ({len(told) - LONGEST} characters more)")
