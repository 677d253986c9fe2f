"""Diagnoses of what the real firmware did, and the rules that hold for all of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from rig.checks.judge import LIFECYCLE, judge
from rig.diagnosis.diagnose import SIGNS, diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.codec import Entry
from rig.journal.events import DeviceEvent, RunEnded
from rig.journal.recording import Recording
from rig.report.table import closing_lines
from tests.recorded import journal_of

LOCAL = tuple(check for check in LIFECYCLE if not check.id.startswith("remote."))
"""The recordings end with the charge point's own charging."""


def diagnosed(recording: Recording) -> list[Diagnosis]:
    return diagnose(recording, judge(recording, LOCAL))


def the_only(recording: Recording) -> Diagnosis:
    found = diagnosed(recording)
    assert [each.title for each in found] == [each.title for each in found[:1]]
    return found[0]


def texts(recording: Recording, evidence: tuple[int, ...]) -> str:
    return "\n".join(repr(entry.event) for entry in recording.entries if entry.n in evidence)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("native_sim-lifecycle", {"dhcp": False}),
        ("native_sim-lifecycle-ratio20", {"dhcp": False, "ratio": 20.0}),
        ("qemu_x86-lifecycle", {}),
        ("mps2_an385-lifecycle", {}),
        ("qemu_cortex_m3-lifecycle", {}),
    ],
)
def test_a_green_run_has_no_diagnosis(name: str, options: dict[str, float]) -> None:
    assert diagnosed(journal_of(name, **options)) == []  # type: ignore[arg-type]


def test_a_refused_idtag_is_named_with_its_status_and_what_follows_is_not_diagnosed_again() -> None:
    recording = journal_of("native_sim-authorize-invalid", dhcp=False)
    found = the_only(recording)
    assert found.title == "The central system refused an idTag"
    assert "ZepId00: Invalid (Authorize), ZepId01: Invalid (Authorize)" in found.likely_cause
    assert "accept ZepId00, ZepId01" in found.next_step
    assert "not authorized status 0" in texts(recording, found.evidence)


def test_a_rejected_boot_is_the_cause_and_the_authorize_errors_are_its_consequence() -> None:
    recording = journal_of("native_sim-boot-rejected", dhcp=False)
    time, boot = diagnosed(recording)
    assert time.title == "The charge point asked for the time, and its request did not come to the rig"
    assert boot.title == "The central system did not accept the charge point's BootNotification"
    assert "Rejected, 9 times" in boot.likely_cause
    assert "register its identity" in boot.next_step
    assert '"status":"Rejected"' in texts(recording, boot.evidence)


def test_without_a_time_server_the_built_in_address_is_suspected_and_1970_shown() -> None:
    recording = journal_of("mps2_an385-no-sntp")
    found = the_only(recording)
    assert found.title == "The charge point asked for the time, and its request did not come to the rig"
    assert "-116" in found.likely_cause
    assert 'CONFIG_NET_SAMPLE_SNTP_SERVER="10.0.2.2"' in found.next_step
    assert '"1970-01-01T' in texts(recording, found.evidence)


def test_a_usage_fault_is_a_null_pointer_after_the_message_that_provoked_it() -> None:
    recording = journal_of("mps2_an385-usage-fault")
    found = the_only(recording)
    assert found.title == "The firmware met a fatal error"
    assert "null pointer" in found.likely_cause
    assert "RemoteStartTransaction" in found.likely_cause
    assert "larger-heap" in found.next_step
    assert "USAGE FAULT" in texts(recording, found.evidence)


def test_a_page_fault_leads_to_its_place_in_the_source() -> None:
    found = the_only(journal_of("qemu_x86-page-fault"))
    assert "null pointer" in found.likely_cause
    assert "it halted" in found.likely_cause
    assert found.next_step.endswith("addr2line -fe zephyr.elf 0x00124ccf")


def test_a_segmentation_fault_says_nothing_and_is_known_by_its_exit_code() -> None:
    recording = journal_of("native_sim-segfault", dhcp=False)
    last = recording.entries[-2]
    assert isinstance(last.event, DeviceEvent)
    # exit.txt of the recording: rc=139
    exited = Entry(last.n, last.t, DeviceEvent("exited", 1, 139))
    found = the_only(Recording([*recording.entries[:-2], exited, replace(recording.entries[-1])]))
    assert found.title == "The charge point's process ended by itself"
    assert "SIGSEGV" in found.likely_cause
    assert "sanitizers" in found.next_step


def test_a_reset_is_seen_from_the_second_banner_and_explains_the_second_connection() -> None:
    recording = journal_of("mps2_an385-reset")
    found = the_only(recording)
    assert found.title == "The charge point restarted by itself"
    assert "20.8 s after its boot" in found.likely_cause
    assert texts(recording, found.evidence).count("Booting Zephyr") == 2


def test_a_closed_connection_in_mid_run_is_one_diagnosis() -> None:
    found = diagnosed(journal_of("qemu_x86-server-closes"))
    assert [each.title for each in found] == ["The connection was lost in mid-run"]


def test_an_idtag_too_long_for_the_library_shows_as_a_message_that_nobody_can_answer() -> None:
    found = the_only(journal_of("native_sim-idtag-20", dhcp=False))
    assert found.title == "The charge point sent what is no OCPP message"
    assert "Invalid control character" in found.likely_cause


def test_a_run_that_was_cut_short_tells_nothing_of_what_never_came() -> None:
    recording = journal_of("mps2_an385-lifecycle")
    begun = [entry for entry in recording.entries if entry.t < recording.entries[-1].t / 20]
    cut = Recording([*begun, Entry(len(begun) + 1, begun[-1].t, RunEnded("interrupted"))])
    assert all(verdict.outcome.value == "ERROR" for verdict in judge(cut, LOCAL))
    assert diagnosed(cut) == []


def test_every_sign_has_a_title_of_its_own_a_citation_and_something_to_explain() -> None:
    assert len({sign.title for sign in SIGNS}) == len(SIGNS)
    for sign in SIGNS:
        assert sign.title
        assert sign.citation
        assert any(check.id.startswith(sign.explains) for check in LIFECYCLE), sign.title


def test_the_documentation_lists_every_diagnosis_in_its_order_with_its_source() -> None:
    table = (Path(__file__).parents[3] / "docs" / "diagnoses.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split(" | ")] for line in table.splitlines() if line.startswith("| ")][1:]
    assert [(row[0].removeprefix("| "), row[-1].removesuffix(" |")) for row in rows] == [
        (sign.title, sign.citation) for sign in SIGNS
    ]


def test_the_end_of_a_failed_run_names_cause_evidence_and_next_step() -> None:
    recording = journal_of("native_sim-authorize-invalid", dhcp=False)
    lines = closing_lines(recording, judge(recording, LOCAL), Path("run"), colour=False)
    at = next(n for n, line in enumerate(lines) if line.startswith("diagnosis: The central system refused an idTag"))
    assert lines[at + 1].startswith("  likely cause: its rules say ZepId00: Invalid")
    assert lines[at + 2] == "  evidence: journal lines 18, 19, 20, 21, 23, 25"
    assert lines[at + 3].startswith("  next step: have the central system accept")
    assert lines[-1].startswith("FAIL: ")


def test_the_end_of_a_green_run_has_no_diagnosis() -> None:
    recording = journal_of("native_sim-lifecycle", dhcp=False)
    lines = closing_lines(recording, judge(recording, LOCAL), Path("run"), colour=False)
    assert not any("diagnosis" in line or "likely cause" in line for line in lines)
