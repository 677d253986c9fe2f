"""How findings become verdicts: known defects, a late bench, a broken bench."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from central_system.events import Frame
from rig.checks.judge import EXIT_CODES, LIFECYCLE, judge, overall
from rig.checks.known_defects import known_defect, register
from rig.checks.verdict import Outcome, Verdict
from rig.console.records import ConsoleLine
from rig.journal.codec import Entry
from rig.journal.events import FlashAttempt, Lateness, RunEnded, RunStarted
from rig.journal.recording import Recording
from tests.recorded import journal_of

NAME = "native_sim-lifecycle"
LOCAL = tuple(check for check in LIFECYCLE if not check.id.startswith("remote."))
"""The recordings end with the charge point's own charging."""


def verdict(recording: Recording, check: str) -> Verdict:
    return next(each for each in judge(recording, LOCAL) if each.check == check)


def changed(recording: Recording, **fields: object) -> Recording:
    """The same recording of a device described otherwise."""
    first = recording.entries[0]
    assert isinstance(first.event, RunStarted)
    return Recording([replace(first, event=replace(first.event, **fields)), *recording.entries[1:]])  # type: ignore[arg-type]


def late(recording: Recording, late_s: float) -> Recording:
    n = len(recording.entries)
    entries = list(recording.entries)
    entries.insert(n - 1, Entry(n, entries[-1].t, Lateness("device", late_s)))
    return Recording(entries)


def test_every_check_has_an_id_of_its_own_a_title_and_a_citation() -> None:
    assert len({check.id for check in LIFECYCLE}) == len(LIFECYCLE)
    assert all(check.title and check.citation for check in LIFECYCLE)


def test_a_known_defect_of_this_version_leaves_the_run_green_and_says_why() -> None:
    found = verdict(journal_of(NAME, dhcp=False), "meter.register")
    assert found.outcome is Outcome.KNOWN_DEFECT
    assert "sys_rand32_get" in found.reason


def test_another_version_does_not_have_it() -> None:
    older = changed(journal_of(NAME, dhcp=False), firmware_version="4.0.0")
    assert verdict(older, "meter.register").outcome is Outcome.FAIL


def test_an_unexpected_pass_fails_the_run() -> None:
    mended = [
        replace(entry, event=replace(entry.event, text=_mended(entry.event.text or "")))
        if isinstance(entry.event, Frame)
        else entry
        for entry in journal_of(NAME, dhcp=False).entries
    ]
    found = verdict(Recording(mended), "meter.register")
    assert found.outcome is Outcome.FAIL
    assert "known_defects.toml" in found.reason


def _mended(text: str) -> str:
    return re.sub(r'"meterStop":-?\d+', '"meterStop":99', re.sub(r'"meterStart":-?\d+', '"meterStart":1', text))


def test_another_build_than_the_one_under_test_is_red() -> None:
    found = verdict(changed(journal_of(NAME, dhcp=False), build="0123456789ab"), "boot.banner")
    assert found.outcome is Outcome.FAIL
    assert (found.measured, found.limit) == ("build 9a57e98e494c", "build 0123456789ab (the recording)")


def test_a_build_that_nobody_named_is_learned_from_the_boot_and_the_verdict_says_so() -> None:
    found = verdict(changed(journal_of(NAME, dhcp=False), build=None), "boot.banner")
    assert (found.outcome, "learned from this boot" in found.measured) == (Outcome.PASS, True)


def test_a_console_that_tells_another_status_than_the_wire_is_red() -> None:
    entries = [
        replace(entry, event=replace(entry.event, message=entry.event.message.replace("status 1", "status 0")))
        if isinstance(entry.event, ConsoleLine) and entry.event.message
        else entry
        for entry in journal_of(NAME, dhcp=False).entries
    ]
    found = verdict(Recording(entries), "console.agrees")
    assert found.outcome is Outcome.FAIL
    assert "connector 1: told refused, started, stopped; the wire shows authorised, started, stopped" in found.measured


def test_the_twin_has_no_known_defects() -> None:
    assert known_defect("meter.register", "twin", None) is None
    assert known_defect("meter.register", "native_sim", None) is not None


def test_the_register_names_checks_that_exist() -> None:
    assert {defect.check for defect in register()} <= {check.id for check in LIFECYCLE}
    assert all(defect.reason and defect.source for defect in register())


def test_a_damaged_register_says_what_an_entry_needs(tmp_path: Path) -> None:
    damaged = tmp_path / "known_defects.toml"
    damaged.write_text('[[defect]]\ncheck = "meter.register"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="needs check, versions, reason and source"):
        register(damaged)


def test_a_late_bench_that_did_no_harm_is_no_error() -> None:
    found = verdict(late(journal_of(NAME, dhcp=False), 0.8), "bench.host")
    assert found.outcome is Outcome.PASS
    assert "nothing failed" in found.reason


def test_a_failure_on_a_late_bench_is_error_not_fail() -> None:
    found = verdict(late(journal_of("mps2_an385-no-sntp"), 0.8), "clock.sntp")
    assert found.outcome is Outcome.ERROR
    assert "bench.host" in found.reason


def test_a_bench_too_late_to_judge_by_is_error_even_if_nothing_failed() -> None:
    assert overall(judge(late(journal_of(NAME, dhcp=False), 1.6), LOCAL)) is Outcome.ERROR


def test_a_rig_that_answers_too_late_is_error() -> None:
    entries = [
        replace(entry, t=entry.t + 1.6)
        if isinstance(entry.event, Frame) and entry.event.sender == "CS>" and "transactionId" in str(entry.event.text)
        else entry
        for entry in journal_of(NAME, dhcp=False).entries
    ]
    assert verdict(Recording(entries), "bench.answers").outcome is Outcome.ERROR


def test_a_message_of_ours_that_is_no_ocpp_is_our_error() -> None:
    entries = [
        replace(entry, event=replace(entry.event, text=(entry.event.text or "").replace("currentTime", "time")))
        if isinstance(entry.event, Frame) and entry.event.sender == "CS>"
        else entry
        for entry in journal_of(NAME, dhcp=False).entries
    ]
    found = verdict(Recording(entries), "bench.frames")
    assert (found.outcome, "'time' was unexpected" in found.measured) == (Outcome.ERROR, True)


def test_a_broken_bench_makes_every_verdict_error() -> None:
    whole = journal_of(NAME, dhcp=False)
    end = replace(whole.entries[-1], event=RunEnded("wrong image: the banner says build old"))
    verdicts = judge(Recording([*whole.entries[:-1], end]))
    assert {each.outcome for each in verdicts} == {Outcome.ERROR}
    assert "wrong image" in verdicts[0].reason


VERIFIED = FlashAttempt(2, "verified", 3.14, "066DFF48", "stm32f767zi", 144316, "ab" * 32)
REFUSED = FlashAttempt(1, "failed", 0.5, problem="the chip did not answer")


def flashed(*attempts: FlashAttempt, end: RunEnded | None = None) -> Recording:
    """A recording of a board that was flashed so."""
    whole = journal_of(NAME, dhcp=False)
    last = replace(whole.entries[-1], event=end) if end else whole.entries[-1]
    entries = [*whole.entries[:-1], *(Entry(n, 0.1, each) for n, each in enumerate(attempts, 9001)), last]
    return changed(Recording(entries), target="board")


def test_a_board_passes_only_with_its_image_read_back_and_every_attempt_is_told() -> None:
    found = verdict(flashed(REFUSED, VERIFIED), "bench.flash")
    assert found.outcome is Outcome.PASS
    assert found.measured == "attempt 1: the chip did not answer; 144,316 bytes, written and read back in 3.1 s"
    assert found.evidence == (9001, 9002)
    assert verdict(flashed(), "bench.flash").outcome is Outcome.ERROR
    assert verdict(flashed(REFUSED), "bench.flash").outcome is Outcome.ERROR


def test_an_image_that_was_there_already_is_told_as_such() -> None:
    found = verdict(flashed(replace(VERIFIED, attempt=1, outcome="identical")), "bench.flash")
    assert (found.outcome, found.measured) == (Outcome.PASS, "144,316 bytes, was there already")


def test_flashing_has_its_own_verdict_beside_a_bench_that_broke_over_it() -> None:
    verdicts = judge(flashed(REFUSED, end=RunEnded("the chip did not answer", "power it")))
    assert {each.outcome for each in verdicts} == {Outcome.ERROR}
    told = {each.check: each.measured for each in verdicts}
    assert told.pop("bench.flash") == "attempt 1: the chip did not answer"
    assert set(told.values()) == {"not judged"}


def test_what_has_no_flash_is_neither_a_doubt_nor_a_failure() -> None:
    assert verdict(journal_of(NAME, dhcp=False), "bench.flash").outcome is Outcome.NOT_APPLICABLE
    assert overall(judge(journal_of(NAME, dhcp=False), LOCAL)) is Outcome.PASS


def test_exit_codes_tell_ci_who_is_to_blame() -> None:
    assert EXIT_CODES == {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.PARTIAL: 1, Outcome.ERROR: 3}
