"""What the rig adds to pytest-html's report: what was tested, the verdict on the run, the evidence of each check."""

from collections.abc import Generator
from html import escape

import pytest

from rig.checks.judge import overall
from rig.checks.verdict import Verdict
from rig.journal.codec import Entry
from rig.journal.lines import line_of
from rig.journal.recording import Recording
from rig.pytest_plugin import JUDGED, PREPARED, RECORDED
from rig.report.table import device_under_test, summary

EVIDENCE_SHOWN = 12


class HtmlReport:
    """Registered with pytest while a charge point is run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: object) -> None:
        """Name the report after the device."""
        report.title = f"Charge lifecycle on {self._config.stash[PREPARED].choice.target.facts.board}"  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """What was tested, with what result, above everything else."""
        verdicts, recording = self._config.stash.get(JUDGED, None), self._config.stash.get(RECORDED, None)
        if verdicts is None or recording is None:
            return
        run = recording.run
        rows = {
            "Verdict": summary(verdicts, colour=False),
            "Device under test": device_under_test(run),
            "Chosen because": self._config.stash[PREPARED].choice.why,
            "Device time": f"{run.ratio:g} times as fast as the host's",
            "Rig": f"zephyr-ocpp-rig {run.rig_version}",
            **{name.replace("_", " ").capitalize(): _told(value) for name, value in run.facts.items()},
            "Run folder": self._config.stash[PREPARED].folder,
        }
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows.items()
        )
        colour = {"PASS": "#2a7d2a", "FAIL": "#b3261e"}.get(overall(verdicts).value, "#8a4baf")
        prefix.append(f'<table style="border-left: 0.5em solid {colour}; text-align: left">{cells}</table>')

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put each check's title, measured value, limit and evidence below its test."""
        report = yield
        verdicts, recording = self._config.stash.get(JUDGED, None), self._config.stash.get(RECORDED, None)
        callspec = getattr(item, "callspec", None)
        of_check = callspec is not None and "verdict" in callspec.params
        if verdicts and recording and of_check and (report.when == "call" or report.outcome != "passed"):
            from pytest_html import extras  # noqa: PLC0415

            found = next(each for each in verdicts if each.check == callspec.params["verdict"])  # type: ignore[union-attr]
            report.extras = [*getattr(report, "extras", []), extras.html(_evidence(found, recording))]  # type: ignore[attr-defined]
        return report


def _told(fact: object) -> str:
    """A fact of the device for people; its numbers are sizes."""
    return f"{fact:,} bytes" if isinstance(fact, int) else ", ".join(fact) if isinstance(fact, list) else str(fact)


def _evidence(verdict: Verdict, recording: Recording) -> str:
    by_number: dict[int, Entry] = {entry.n: entry for entry in recording.entries}
    rows = {
        "Check": verdict.title,
        "Verdict": verdict.outcome.value,
        "Measured": verdict.measured,
        "Limit": verdict.limit,
        "Source": verdict.citation,
        "Reason": verdict.reason,
    }
    told = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows.items() if value)
    shown = [f"{n:5}  {line_of(by_number[n])}" for n in verdict.evidence[:EVIDENCE_SHOWN] if n in by_number]
    if len(verdict.evidence) > EVIDENCE_SHOWN:
        shown.append(f"… and {len(verdict.evidence) - EVIDENCE_SHOWN} more lines of journal.jsonl")
    lines = escape("\n".join(shown))
    return f'<table style="text-align: left">{told}</table><pre style="white-space: pre-wrap">{lines}</pre>'
