"""What the rig adds to pytest-html's report: what was tested, the verdict on the run, the evidence of each check."""

from collections.abc import Generator
from html import escape

import pytest

from rig.checks.judge import overall
from rig.checks.verdict import Verdict
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.codec import Entry
from rig.journal.lines import line_of
from rig.journal.recording import Recording
from rig.prepare import Prepared
from rig.pytest_plugin import TESTED
from rig.report.table import device_under_test, summary

EVIDENCE_SHOWN = 12


class HtmlReport:
    """Registered with pytest while a charge point is run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: object) -> None:
        """Name the report after the device."""
        tested = self._config.stash[TESTED].items()
        names = [f"{name} ({each.choice.target.facts.target})" for name, each in tested]
        report.title = f"Charge lifecycle on {', '.join(names)}"  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """What was tested, with what result, above everything else."""
        prefix += [_summary(tested) for tested in self._config.stash[TESTED].values() if tested.recorded]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put each check's title, measured value, limit and evidence below its test."""
        report = yield
        params = item.callspec.params if hasattr(item, "callspec") else {}
        tested = self._config.stash[TESTED]
        device = tested[params["device_under_test"]] if "device_under_test" in params else next(iter(tested.values()))
        if "verdict" in params and device.recorded and (report.when == "call" or report.outcome != "passed"):
            from pytest_html import extras  # noqa: PLC0415

            found = next(each for each in device.verdicts if each.check == params["verdict"])
            report.extras = [*getattr(report, "extras", []), extras.html(_evidence(found, device.recording))]  # type: ignore[attr-defined]
        return report


def _summary(tested: Prepared) -> str:
    run = tested.recording.run
    rows = {
        "Verdict": summary(tested.verdicts, colour=False),
        "Device under test": device_under_test(run),
        "Chosen because": tested.choice.why,
        "Device time": f"{run.ratio:g} times as fast as the host's",
        "Rig": f"zephyr-ocpp-rig {run.rig_version}",
        **{name.replace("_", " ").capitalize(): _told(value) for name, value in run.facts.items()},
        "Run folder": tested.folder,
    }
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows.items())
    colour = {"PASS": "#2a7d2a", "FAIL": "#b3261e"}.get(overall(tested.verdicts).value, "#8a4baf")
    table = f'<table style="border-left: 0.5em solid {colour}; text-align: left">{cells}</table>'
    return table + "".join(_diagnosis(each, tested.recording) for each in diagnose(tested.recording, tested.verdicts))


def _diagnosis(diagnosis: Diagnosis, recording: Recording) -> str:
    rows = {
        "Likely cause": diagnosis.likely_cause,
        "Next step": diagnosis.next_step,
        "Source": diagnosis.citation,
    }
    told = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    title = f"<h3>{escape(diagnosis.title)}</h3>"
    return f'{title}<table style="text-align: left">{told}</table>{_journal_lines(diagnosis.evidence, recording)}'


def _told(fact: object) -> str:
    """A fact of the device for people; its numbers are sizes."""
    return f"{fact:,} bytes" if isinstance(fact, int) else ", ".join(fact) if isinstance(fact, list) else str(fact)


def _evidence(verdict: Verdict, recording: Recording) -> str:
    rows = {
        "Check": verdict.title,
        "Verdict": verdict.outcome.value,
        "Measured": verdict.measured,
        "Limit": verdict.limit,
        "Source": verdict.citation,
        "Reason": verdict.reason,
    }
    told = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows.items() if value)
    return f'<table style="text-align: left">{told}</table>{_journal_lines(verdict.evidence, recording)}'


def _journal_lines(evidence: tuple[int, ...], recording: Recording) -> str:
    by_number: dict[int, Entry] = {entry.n: entry for entry in recording.entries}
    shown = [f"{n:5}  {line_of(by_number[n])}" for n in evidence[:EVIDENCE_SHOWN] if n in by_number]
    if len(evidence) > EVIDENCE_SHOWN:
        shown.append(f"… and {len(evidence) - EVIDENCE_SHOWN} more lines of journal.jsonl")
    lines = escape("\n".join(shown))
    return f'<pre style="white-space: pre-wrap">{lines}</pre>'
