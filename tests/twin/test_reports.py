"""What a run leaves for people and for CI, by `ocpp-rig run` and by plain pytest alike."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rig.checks.judge import LIFECYCLE
from rig.cli.run import suites

RATIO = "5"
Runner = Callable[..., "subprocess.CompletedProcess[str]"]


def by_command(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, "-m", "rig.cli", "run", *options)


def by_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, "-m", "pytest", str(suites()), *options)


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    options = ["--target", "twin", "--ratio", RATIO, "--out", str(folder / "run")]
    return subprocess.run(
        [sys.executable, *command, *options], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def cases(folder: Path) -> dict[str, str]:
    """By check: what JUnit's file says became of it."""
    found = {}
    for case in ET.parse(folder / "run" / "junit.xml").iter("testcase"):  # noqa: S314  (our own file)
        name = re.sub(r".*\[(.*)\]", r"\1", case.attrib["name"])
        found[name] = next((child.tag for child in case if child.tag != "properties"), "passed")
    return found


def pages(folder: Path) -> dict[str, str]:
    """By check: the rig's HTML in its test, as pytest-html keeps it in the report."""
    report = (folder / "run" / "report.html").read_text(encoding="utf-8")
    blob = re.search(r'data-jsonblob="([^"]*)"', report)
    assert blob
    tests = json.loads(unescape(blob[1]))["tests"]
    return {
        re.sub(r".*\[(.*)\].*", r"\1", name): "".join(extra["content"] for extra in results[-1]["extras"])
        for name, results in tests.items()
    }


def rows(html: str) -> list[tuple[bool, str]]:
    """Of each row of the sequence diagrams in it: whether it is marked as evidence, and what it says."""
    found = []
    for drawn in re.findall(r'<svg [^>]*class="rig-seq".*?</svg>', html):
        for group in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}g"):  # noqa: S314  (our own)
            words = [text for text in group.itertext() if not re.fullmatch(r"◆|[\d.]+", text)]
            found.append((group.attrib.get("class") == "evidence", " ".join(words)))
    return found


@pytest.mark.parametrize("run", [by_command, by_pytest])
def test_a_failed_check_is_one_failed_case_and_exit_code_1(run: Runner, tmp_path: Path) -> None:
    finished = run(tmp_path, "--defect", "stop-early")
    assert finished.returncode == 1, finished.stdout
    found = cases(tmp_path)
    assert list(found) == [check.id for check in LIFECYCLE]
    assert {check for check, outcome in found.items() if outcome != "passed"} == {
        "transaction.charging-time",
        "bench.flash",
    }
    assert found["transaction.charging-time"] == "failure"
    assert re.search(r"FAIL +transaction\.charging-time +connector 1 after 1[89]", finished.stdout)
    assert re.search(r"^\s+\d+\.\d{3} s  BootNotification: zephyr basic$", finished.stdout, re.MULTILINE)


@pytest.mark.parametrize("run", [by_command, by_pytest])
def test_a_broken_bench_is_an_error_in_every_case_and_exit_code_3(run: Runner, tmp_path: Path) -> None:
    finished = run(tmp_path, "--defect", "wrong-build")
    assert finished.returncode == 3, finished.stdout
    assert set(cases(tmp_path).values()) == {"error"}
    assert "wrong image: the banner says build v0.0.0" in finished.stdout
    assert "cure: " in finished.stdout


@pytest.fixture(scope="module")
def stopped_early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which the charge point stopped early."""
    folder = tmp_path_factory.mktemp("stopped-early")
    by_command(folder, "--defect", "stop-early")
    return folder


def test_the_html_report_is_one_file_that_names_what_was_tested_and_shows_the_evidence(stopped_early: Path) -> None:
    report = (stopped_early / "run" / "report.html").read_text(encoding="utf-8")
    assert "the TWIN (the sample&#x27;s documentation in Python): no firmware was tested" in report
    assert "FAIL: 34 PASS, 1 FAIL, 1 NOT APPLICABLE" in report
    assert "StopTransaction" in report
    assert not re.search(r'(?:src|href)="(?!https://pypi)[^"#]+\.(?:css|js)"', report), "needs no other file"


def test_the_html_report_shows_how_a_check_failed_with_the_evidence_marked_in_its_place(stopped_early: Path) -> None:
    page = pages(stopped_early)["transaction.charging-time"]
    found = rows(page)
    marked = [text for evidence, text in found if evidence]
    assert [text.split()[0] for text in marked] == [
        *("BootNotification", "BootNotification.conf"),
        *("StopTransaction", "StopTransaction.conf") * 2,
    ]
    assert "transaction 101" in marked[2]
    around = [text for evidence, text in found if not evidence]
    assert any("ocpp stop charging connector id 1" in text for text in around), "the console, in its place"
    assert re.search(r"⋮ \d+ steps in \d\.\d{3} s = \d+\.\d s of device time", page), "and what lies between is counted"


def test_the_html_report_has_the_whole_run_above_and_the_meters_and_the_console_where_they_matter(
    tmp_path: Path,
) -> None:
    by_command(tmp_path, "--defect", "meter-missing", "--defect", "console-silent")
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    summary = report[: report.index("data-jsonblob")]
    whole = rows(summary)
    assert [text.split()[0] for _, text in whole].count("StartTransaction") == 3
    assert any(text.startswith("asked UnlockConnector: Unlocked") for _, text in whole)
    assert "Meter plot: the energy register over time" in summary
    found = pages(tmp_path)
    assert len([check for check, page in found.items() if "Meter plot" in page]) == 5
    assert re.search(r"0 readings.* 2\d\.\d s without a reading", found["meter.interval"])
    assert "<h4>Console</h4>" in found["console.agrees"]
    ours = [summary[summary.index('<div class="rig">') :], *found.values()]
    assert not [text for text in ours if re.search(r"<script|<iframe|src=|url\(|@import", text)]
    assert len(report) < 1_000_000


def test_another_test_that_fails_beside_a_green_lifecycle_is_exit_code_1(tmp_path: Path) -> None:
    own = tmp_path / "test_own.py"
    own.write_text("def test_own(recording):\n    assert recording is None, 'my own finding'\n")
    command = [sys.executable, "-m", "pytest", str(own), "--target", "twin", "--out", str(tmp_path / "run")]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert "1 failed" in finished.stdout
    assert finished.returncode == 1


def test_junit_names_the_device_of_each_case_and_never_lets_a_twin_pass_for_firmware(tmp_path: Path) -> None:
    by_pytest(tmp_path)
    junit = (tmp_path / "run" / "junit.xml").read_text(encoding="utf-8")
    assert junit.count('<property name="device" value="the TWIN') == len(LIFECYCLE)
    assert "Charge lifecycle on twin (twin)" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
