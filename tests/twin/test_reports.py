"""What a run leaves for people and for CI, by `ocpp-rig run` and by plain pytest alike."""

import re
import subprocess
import sys
from collections.abc import Callable
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


def test_the_html_report_is_one_file_that_names_what_was_tested_and_shows_the_evidence(tmp_path: Path) -> None:
    by_command(tmp_path, "--defect", "stop-early")
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "the TWIN (the sample&#x27;s documentation in Python): no firmware was tested" in report
    assert "FAIL: 34 PASS, 1 FAIL, 1 NOT APPLICABLE" in report
    assert "StopTransaction" in report
    assert not re.search(r'(?:src|href)="(?!https://pypi)[^"#]+\.(?:css|js)"', report), "needs no other file"


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
