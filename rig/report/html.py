"""What the rig adds to pytest-html's report: what was tested, the verdict on the run, and a page for each check."""

from collections.abc import Generator
from html import escape

import pytest

from rig.checks.judge import overall
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.recording import Recording
from rig.prepare import Prepared
from rig.pytest_plugin import TESTED
from rig.report.check_page import check_page, journal_lines, table
from rig.report.meter_plot import meter_plot
from rig.report.sequence import sequence
from rig.report.table import device_under_test, summary
from rig.report.visible import visible

STYLE = """
.rig{color:#1b1f24}
.rig table{text-align:left}.rig th{padding-right:1em;vertical-align:top;white-space:nowrap}.rig td{white-space:pre-wrap}
.rig h4{margin:1em 0 .3em}.rig pre{white-space:pre-wrap;margin:.3em 0}
.rig summary{cursor:pointer;font-weight:bold;margin:.6em 0}.rig svg{display:block}
.rig mark{background:#fff1b8;color:inherit;print-color-adjust:exact}
@page{size:landscape;margin:10mm}
@media print{.logwrapper{max-height:none;overflow:visible}.logwrapper .log{top:0;height:auto}.logexpander{display:none}}
"""
"""Diagrams are wide: a report is printed in landscape."""


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
        prefix.append(f"<style>{STYLE}</style>")
        prefix += [_summary(tested) for tested in self._config.stash[TESTED].values() if tested.recorded]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put each check's verdict, and what it rests on, below its test."""
        report = yield
        params = item.callspec.params if hasattr(item, "callspec") else {}
        tested = self._config.stash[TESTED]
        device = tested[params["device_under_test"]] if "device_under_test" in params else next(iter(tested.values()))
        if "verdict" in params and device.recorded and (report.when == "call" or report.outcome != "passed"):
            from pytest_html import extras  # noqa: PLC0415

            found = next(each for each in device.verdicts if each.check == params["verdict"])
            page = extras.html(check_page(found, device.recording))
            report.extras = [*getattr(report, "extras", []), page]  # type: ignore[attr-defined]
        return report


def _summary(tested: Prepared) -> str:
    recording = tested.recording
    run = recording.run
    rows = {
        "Verdict": summary(tested.verdicts, colour=False),
        "Device under test": device_under_test(run),
        "Chosen because": tested.choice.why,
        "Device time": f"{run.ratio:g} times as fast as the host's",
        "Rig": f"zephyr-ocpp-rig {run.rig_version}",
        **{name.replace("_", " ").capitalize(): _told(value) for name, value in run.facts.items()},
        "Run folder": tested.folder,
    }
    colour = {"PASS": "#2a7d2a", "FAIL": "#b3261e"}.get(overall(tested.verdicts).value, "#8a4baf")
    parts = [f'<div style="border-left: 0.5em solid {colour}">{table(rows)}</div>']
    parts += [_diagnosis(each, recording) for each in diagnose(recording, tested.verdicts)]
    parts.append(_details("Sequence of the whole run", sequence(recording, whole=True, name="the whole run")))
    parts.append(_details("Energy register of each transaction", meter_plot(recording)))
    return f'<div class="rig">{"".join(parts)}</div>'


def _details(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>" if content else ""


def _diagnosis(diagnosis: Diagnosis, recording: Recording) -> str:
    rows = {
        "Likely cause": diagnosis.likely_cause,
        "Next step": diagnosis.next_step,
        "Source": diagnosis.citation,
    }
    title = f"<h3>{escape(visible(diagnosis.title))}</h3>"
    return f"{title}{table(rows)}{journal_lines(diagnosis.evidence, recording)}"


def _told(fact: object) -> str:
    """A fact of the device for people; its numbers are sizes."""
    return f"{fact:,} bytes" if isinstance(fact, int) else ", ".join(fact) if isinstance(fact, list) else str(fact)
