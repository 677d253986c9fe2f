"""What the report shows of one check, and what it spares the reader."""

import re

import pytest

from rig.checks.judge import judge
from rig.checks.verdict import Outcome
from rig.journal.events import Missed, RunEnded
from rig.journal.recording import Recording
from rig.report.check_page import check_page
from tests.recorded import journal_of
from tests.synthetic import BOOT, CONNECTED, READY, TIMED, journal

LIFECYCLE = "native_sim-lifecycle"


def page_of(check: str, recording: Recording) -> str:
    verdict = next(each for each in judge(recording) if each.check == check)
    return check_page(verdict, recording)


def titles(page: str) -> list[str]:
    return re.findall(r"<h4>(.*?)</h4>", page)


SEQUENCE, METER, CONSOLE, EVIDENCE = (
    "Sequence: the evidence ◆, and what lies around it",
    "Energy register",
    "Console",
    "Evidence in journal.jsonl",
)


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        ("transaction.start", [SEQUENCE, EVIDENCE]),
        ("meter.rising", [SEQUENCE, METER, EVIDENCE]),
        ("console.agrees", [SEQUENCE, CONSOLE, EVIDENCE]),
        ("console.fatal", []),
        ("network.address", []),
    ],
)
def test_a_check_shows_what_it_rests_on(check: str, shown: list[str]) -> None:
    assert titles(page_of(check, journal_of(LIFECYCLE, dhcp=False))) == shown


def test_the_verdict_stands_above_all() -> None:
    page = page_of("transaction.start", journal_of(LIFECYCLE))
    assert page.index("<td>PASS</td>") < page.index("<svg")
    assert "<th>Reason</th>" not in page, "there is none"


def test_a_failure_that_points_at_nothing_shows_what_went_wrong_in_the_run() -> None:
    page = page_of("boot.first", journal(*TIMED, READY, Missed("BootNotification", 11.0), BOOT, BOOT, BOOT))
    assert titles(page) == ["Sequence: something did not happen; this is what went wrong in the run"]
    assert "NOT SEEN in 11 device s:" in page


def test_where_the_bench_broke_no_check_has_a_diagram() -> None:
    recording = journal(*CONNECTED, RunEnded("the board is gone"), ended=False)
    verdicts = judge(recording)
    assert {each.outcome for each in verdicts} == {Outcome.ERROR}
    assert not [each.check for each in verdicts if "<svg" in check_page(each, recording)]


def test_lines_of_the_journal_are_shown_as_they_are_and_not_without_end() -> None:
    page = page_of("meter.interval", journal_of(LIFECYCLE))
    raw = page[page.index("<h4>Evidence in journal.jsonl") :]
    assert raw.count("CP&gt; [2,&quot;") + raw.count("CS&gt; [3,&quot;") == 12
    assert re.search(r"… and \d+ more lines of journal.jsonl</pre>", raw)
