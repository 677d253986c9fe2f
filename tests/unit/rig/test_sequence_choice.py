"""Which steps a sequence diagram shows: around a verdict's evidence, and of long runs a part; the rest is counted."""

import re
from xml.etree import ElementTree as ET

import pytest

from central_system.events import Frame
from rig.checks.judge import judge
from rig.checks.verdict import Verdict
from rig.journal.events import Missed
from rig.journal.recording import Recording
from rig.report.choice import ENDS, FOLDED_FROM, MOST, MOST_OF_ALL
from rig.report.sequence import sequence
from tests.recorded import journal_of
from tests.synthetic import BOOT, BOOT_ACCEPTED, asked, frame, journal

SVG = "{http://www.w3.org/2000/svg}"
GAP = re.compile(r"⋮ (?P<what>[^<]+) in (?P<seconds>[\d.]+) s(?: = (?P<device>[\d.]+) s of device time)?")


def groups(svg: str) -> list[ET.Element]:
    return [each for page in ET.fromstring(f"<all>{svg}</all>") for each in page.iter(f"{SVG}g")]  # noqa: S314  (our own)


def lines(svg: str) -> list[int]:
    return [int(group.attrib["data-line"]) for group in groups(svg)]


def marked(svg: str) -> list[int]:
    return [int(group.attrib["data-line"]) for group in groups(svg) if group.attrib.get("class") == "evidence"]


def gaps(svg: str) -> list[str]:
    return [match["what"] for match in GAP.finditer(svg)]


def verdict_on(recording: Recording, check: str) -> Verdict:
    return next(each for each in judge(recording) if each.check == check)


def heartbeats(count: int) -> list[Frame]:
    return [each for n in range(count) for each in asked("Heartbeat", {}, {"currentTime": "now"}, uid=str(n))]


@pytest.mark.parametrize("check", ["authorize.before-start", "transaction.start", "meter.interval", "console.agrees"])
def test_the_evidence_of_a_verdict_is_marked_and_nothing_else_is(check: str) -> None:
    recording = journal_of("native_sim-lifecycle")
    evidence = verdict_on(recording, check).evidence
    drawn = sequence(recording, evidence=evidence)
    assert marked(drawn) == sorted(evidence)
    assert drawn.count('class="bar"') == drawn.count("◆</text>") == len(evidence)
    assert set(lines(drawn)) > set(evidence), "what lies around it is there too"


def test_the_other_half_of_a_call_is_shown_however_far_it_is() -> None:
    request, answer = asked("Authorize", {"idTag": "ZepId00"}, {"idTagInfo": {"status": "Accepted"}}, uid="late")
    recording = journal(request, *heartbeats(10), answer)
    assert lines(sequence(recording, evidence=[2]))[-1] == 23
    assert lines(sequence(recording, evidence=[23]))[0] == 2


def test_what_is_left_out_is_counted_and_timed_in_seconds_of_host_and_device() -> None:
    recording = journal(*heartbeats(3), BOOT, *heartbeats(5), BOOT, BOOT, step_s=0.1, run={"ratio": 20.0})
    drawn = sequence(recording, evidence=[2])
    assert lines(drawn) == [2, 3, 4]
    (gap,) = GAP.finditer(drawn)
    assert gap["what"] == "16 steps"
    assert (gap["seconds"], gap["device"]) == ("1.600", "32.0")


def test_a_single_step_is_shown_rather_than_counted() -> None:
    recording = journal(*heartbeats(10))
    assert lines(sequence(recording, evidence=[4, 11])) == [2, 3, 4, 5, 6, 9, 10, 11, 12, 13], "7 and 8 are counted"
    assert lines(sequence(recording, evidence=[4, 10])) == [*range(2, 13)], "7 alone is not"


def test_where_there_is_no_evidence_the_diagram_shows_what_went_wrong_in_the_run() -> None:
    recording = journal(BOOT, *heartbeats(20), Missed("StopTransaction", 36.0), *heartbeats(20))
    shown = lines(sequence(recording))
    assert shown == [41, 42, 43, 44, 45]
    assert not marked(sequence(recording))


def test_where_nothing_went_wrong_either_it_shows_how_the_run_ended() -> None:
    assert lines(sequence(journal(*BOOT_ACCEPTED, *heartbeats(4)))) == [9, 10, 11]


def test_routine_is_folded_in_long_runs_only() -> None:
    short = journal(*BOOT_ACCEPTED, *heartbeats((FOLDED_FROM - 2) // 2))
    assert not gaps(sequence(short, whole=True))
    long = journal(*BOOT_ACCEPTED, *heartbeats(200), BOOT)
    drawn = sequence(long, whole=True)
    assert gaps(drawn) == [f"{200 - ENDS} × Heartbeat"], "two at either end stay"
    assert lines(drawn) == [2, 3, 4, 5, 6, 7, 400, 401, 402, 403, 404]


def test_what_was_never_answered_is_no_routine() -> None:
    lost = frame("CP>", 2, "lost", "Heartbeat", {})
    recording = journal(*heartbeats(100), lost, *heartbeats(100))
    drawn = sequence(recording, whole=True)
    assert 202 in lines(drawn)
    assert gaps(drawn) == [f"{100 - ENDS} × Heartbeat"] * 2


def test_kinds_of_routine_are_counted_apart() -> None:
    meter = asked("MeterValues", {"connectorId": 1, "meterValue": []}, {}, uid="m")
    recording = journal(*heartbeats(60), *meter, *heartbeats(60))
    assert gaps(sequence(recording, whole=True)) == [f"{120 - ENDS} × Heartbeat, 1 × MeterValues"]


def test_however_long_a_run_is_its_diagram_is_not() -> None:
    # A remote start and stop, again and again: nothing of it is routine.
    cycles = [e for n in range(500) for e in asked("Authorize", {"idTag": "ZepId00"}, {}, uid=str(n))]
    recording = journal(*cycles)
    shown = lines(sequence(recording, whole=True))
    assert len(shown) == MOST_OF_ALL
    assert (shown[0], shown[-1]) == (2, 1001)
    assert gaps(sequence(recording, whole=True)) == [f"{1000 - MOST_OF_ALL} steps"]
    assert len(lines(sequence(recording, evidence=range(2, 1002)))) == MOST


def test_a_sanitizers_report_is_folded_also_where_it_is_the_evidence() -> None:
    report = [f"    #{n} 0x0804 AddressSanitizer: frame {n}" for n in range(60)]
    recording = journal(BOOT, *report)
    evidence = verdict_on(recording, "console.fatal").evidence
    assert len(evidence) == 60
    drawn = sequence(recording, evidence=evidence)
    assert gaps(drawn) == [f"{60 - 2 * ENDS} console lines"]
    assert lines(drawn) == [2, 3, 4, 5, 6, 59, 60, 61, 62]


@pytest.mark.parametrize("name", ["native_sim-lifecycle", "native_sim-operations", "mps2_an385-lifecycle"])
def test_what_a_verdicts_diagram_shows_and_what_it_leaves_out_are_together_the_whole_run(name: str) -> None:
    recording = journal_of(name)
    everything = len(groups(sequence(recording, whole=True)))
    for check in ("boot.sample", "authorize.before-start", "transaction.start"):
        drawn = sequence(recording, evidence=verdict_on(recording, check).evidence)
        left_out = sum(int(what.removesuffix(" steps")) for what in gaps(drawn))
        assert len(groups(drawn)) + left_out == everything, check
