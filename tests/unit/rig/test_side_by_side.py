"""Several runs in one table."""

from dataclasses import replace
from pathlib import Path

import pytest

from rig.checks.judge import judge
from rig.cli.main import main
from rig.journal.codec import encode
from rig.journal.recording import Recording
from rig.report.side_by_side import Column, side_by_side
from tests.recorded import journal_of

GREEN, RED = "native_sim-lifecycle", "mps2_an385-no-sntp"


def column(name: str, recording: Recording) -> Column:
    return Column(name, f"the device of {name}", judge(recording))


def table() -> list[str]:
    columns = [column("sim", journal_of(GREEN, dhcp=False)), column("an385", journal_of(RED))]
    return side_by_side(columns, colour=False)


def row(lines: list[str], check: str) -> list[str]:
    return next(line.split() for line in lines if line.startswith(f"{check} "))


def test_every_check_has_a_row_and_every_run_a_column() -> None:
    lines = table()
    assert row(lines, "check") == ["check", "sim", "an385"]
    assert row(lines, "boot.sample") == ["boot.sample", "PASS", "PASS"]
    assert row(lines, "clock.sntp") == ["clock.sntp", "PASS", "FAIL"]
    assert row(lines, "verdict")[1:] == ["FAIL", "FAIL"], "these recordings end before the remote commands"
    assert lines[:2] == ["sim: the device of sim", "an385: the device of an385"]


def test_where_runs_differ_each_measured_value_stands_below() -> None:
    lines = table()
    at = next(n for n, line in enumerate(lines) if line.startswith("clock.sntp"))
    assert lines[at + 1].strip().startswith("sim: +0 s from what was told")
    assert lines[at + 2].strip().startswith("an385: no ")
    at = next(n for n, line in enumerate(lines) if line.startswith("network.address"))
    assert lines[at].split()[1:] == ["n/a", "PASS"]
    assert not lines[at + 1].startswith(" "), "what has no such thing does not differ from what passes"


def written(folder: Path, recording: Recording) -> Path:
    folder.mkdir()
    text = "".join(encode(replace(each, n=n)) + "\n" for n, each in enumerate(recording.entries, 1))
    (folder / "journal.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_compare_reads_run_folders_and_exits_as_the_worst_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = written(tmp_path / "before", journal_of(GREEN, dhcp=False))
    second = written(tmp_path / "after", journal_of(RED))
    assert main(["compare", str(first), str(second / "journal.jsonl")]) == 1
    assert row(capsys.readouterr().out.splitlines(), "clock.sntp") == ["clock.sntp", "PASS", "FAIL"]
    assert main(["compare", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
