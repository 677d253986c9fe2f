"""Each defect of the twin that has a visible cause is diagnosed, and nothing is diagnosed where none shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from rig.checks.judge import judge
from rig.diagnosis.charging import unreadable
from rig.diagnosis.clock import never_asked
from rig.diagnosis.connection import cut, no_subprotocol, other_identity
from rig.diagnosis.console import another_sample, mute, silent
from rig.diagnosis.device import dropped, fatal, host_late, restarted
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis, Sign
from rig.journal.recording import Recording
from rig.twin.defects import Defect

DIAGNOSED: dict[Defect, Sign] = {
    Defect.BANNER_TWICE: restarted,
    Defect.WRONG_SAMPLE: another_sample,
    Defect.NO_SNTP: never_asked,
    Defect.WRONG_PATH: other_identity,
    Defect.NO_SUBPROTOCOL: no_subprotocol,
    Defect.FATAL_ERROR: fatal,
    Defect.DROPPED_MESSAGES: dropped,
    Defect.INVALID_JSON: unreadable,
    Defect.RESTARTS: restarted,
    Defect.RECONNECTS: cut,
    Defect.CRASH: fatal,
    Defect.HALTS: fatal,
    Defect.SILENT: mute,
    Defect.DEAD: silent,
}
"""One defect, one diagnosis. All other defects are wrong behaviour that the verdict alone describes."""


def diagnosed(recording: Recording) -> list[Diagnosis]:
    return diagnose(recording, judge(recording))


@pytest.mark.parametrize("defect", [None, *Defect])
def test_a_defect_gives_the_diagnosis_of_its_cause_and_no_other(
    defect: Defect | None, recordings: dict[Defect | None, Recording]
) -> None:
    wanted = [DIAGNOSED[defect].title] if defect in DIAGNOSED else []
    found = [each.title for each in diagnosed(recordings[defect])]
    if host_late.title in found:
        # A charge point on a busy host may miss an answer as well, and that is diagnosed too.
        assert set(found) >= set(wanted)
    else:
        assert found == wanted


@pytest.mark.parametrize("defect", DIAGNOSED)
def test_every_diagnosis_rests_on_lines_of_the_journal_and_says_what_to_do(
    defect: Defect, recordings: dict[Defect | None, Recording]
) -> None:
    numbers = {entry.n for entry in recordings[defect].entries}
    for found in diagnosed(recordings[defect]):
        assert found.evidence
        assert set(found.evidence) <= numbers
        assert found.likely_cause
        assert found.next_step


def test_a_failed_run_ends_with_its_diagnosis_on_the_terminal_and_in_the_report(tmp_path: Path) -> None:
    options = ["--target", "twin", "--ratio", "5", "--out", str(tmp_path / "run"), "--defect", "no-subprotocol"]
    finished = subprocess.run(
        [sys.executable, "-m", "rig.cli", "run", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert f"diagnosis: {no_subprotocol.title}" in finished.stdout, finished.stdout
    assert "  likely cause: it offers none" in finished.stdout
    assert "  evidence: journal lines " in finished.stdout
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert f"<h3>{no_subprotocol.title}</h3>" in report
    assert "ocpp_connect_to_cs" in report
