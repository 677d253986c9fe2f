"""Diagnoses of Authorize, of crashes and restarts, and of a busy host."""

import pytest

from central_system.events import ServerProblem
from rig.checks.judge import judge
from rig.console.records import ConsoleLine
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.codec import Event
from rig.journal.events import DeviceEvent, Lateness
from rig.journal.recording import Recording
from tests.synthetic import BOOT_ACCEPTED, BOOTED, CONNECTED, asked, frame, journal

REGISTERED = (*CONNECTED, *BOOT_ACCEPTED)
NOT_HEARD = "[00:00:08.000,000] <err> main: ocpp auth -11> idcon 1 status 0"
AUTHORIZE = frame("CP>", 2, "1-1-2", "Authorize", {"idTag": "ZepId00"})
ACCEPTED = frame("CS>", 3, "1-1-2", {"idTagInfo": {"status": "Accepted"}})


def the_only(recording: Recording) -> Diagnosis:
    found = diagnose(recording, judge(recording))
    assert [each.title for each in found] == [each.title for each in found[:1]]
    return found[0]


def test_a_bootnotification_that_the_central_system_cannot_handle() -> None:
    boot = frame("CP>", 2, "1-0-1", "BootNotification", {"chargePointModel": 7})
    found = the_only(journal(*CONNECTED, boot, ServerProblem("zephyr", "[2,…]", "TypeConstraintViolation")))
    assert found.title == "The central system did not accept the charge point's BootNotification"
    assert "sent once and never answered" in found.likely_cause
    assert len(found.evidence) == 2


def test_a_pending_bootnotification_is_told_with_its_status() -> None:
    pending = asked(
        "BootNotification", {}, {"status": "Pending", "interval": 10, "currentTime": "2027-01-15T08:00:00Z"}
    )
    assert "the answer is Pending, once" in the_only(journal(*CONNECTED, *pending)).likely_cause


def test_a_refusal_at_the_start_of_a_transaction_is_a_refused_idtag_too() -> None:
    start = asked("StartTransaction", {"connectorId": 1, "idTag": "ZepId00"}, {"idTagInfo": {"status": "Blocked"}})
    found = the_only(journal(*REGISTERED, *start))
    assert found.title == "The central system refused an idTag"
    assert "ZepId00: Blocked (StartTransaction)" in found.likely_cause


@pytest.mark.parametrize(
    ("events", "step_s", "cause"),
    [
        ([NOT_HEARD], 0.1, "never left it"),
        ([AUTHORIZE, NOT_HEARD], 0.1, "gave no answer within 500 ms"),
        ([AUTHORIZE, frame("CS>", 4, "1-1-2", "InternalError", "", {}), NOT_HEARD], 0.1, "answered with an error"),
        ([AUTHORIZE, ACCEPTED, NOT_HEARD], 0.7, "the answer took 700.0 ms"),
        ([AUTHORIZE, ACCEPTED, Lateness("device", 0.6), NOT_HEARD], 0.1, "the longest wait for a processor 600.0 ms"),
        ([AUTHORIZE, ACCEPTED, NOT_HEARD], 0.1, "left the rig after 100.0 ms of 500 ms, and was lost or delayed"),
    ],
)
def test_error_11_of_an_authorize_is_told_by_what_the_wire_shows_of_it(
    events: list[Event | str], step_s: float, cause: str
) -> None:
    recording = journal(*REGISTERED, *events, step_s=step_s)
    found = diagnose(recording, judge(recording))[0]
    assert found.title == "The charge point heard no answer to its Authorize"
    assert cause in found.likely_cause
    assert "timeout_ms = 500" in found.citation
    assert found.evidence


FATAL = "[00:00:09.000,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0"


@pytest.mark.parametrize(
    ("lines", "cause", "step"),
    [
        (
            [
                "[00:00:09.000,000] <err> os: ***** MPU FAULT *****",
                "[00:00:09.000,000] <err> os:   Stacking error",
                FATAL,
            ],
            "overran its stack",
            "--fragment stack-usage",
        ),
        (
            ["[00:00:09.000,000] <err> os: >>> ZEPHYR FATAL ERROR 2: Stack overflow on CPU 0"],
            "overran its stack",
            "CONFIG_OCPP_WSREADER_THREAD_STACKSIZE",
        ),
        (["ASSERTION FAIL [z_spin_lock_valid(l)] @ spinlock.h:136"], "assertions does not hold", "source"),
        (["==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0xf5d03b1e"], "sanitizer", "its report names"),
        (
            [
                "[00:00:09.000,000] <err> os: ***** BUS FAULT *****",
                "[00:00:09.000,000] <err> os: Faulting instruction address (r15/pc): 0x08001234",
                FATAL,
            ],
            "cannot use",
            "addr2line -fe zephyr.elf 0x08001234",
        ),
    ],
)
def test_a_fatal_error_is_told_by_its_kind(lines: list[str], cause: str, step: str) -> None:
    found = the_only(journal(*REGISTERED, *lines))
    assert found.title == "The firmware met a fatal error"
    assert cause in found.likely_cause
    assert step in found.next_step


def test_the_message_before_a_fatal_error_is_suspected_only_where_it_came_just_before() -> None:
    soon = the_only(journal(*REGISTERED, FATAL))
    later = the_only(journal(*REGISTERED, *(DeviceEvent("resumed"),) * 21, FATAL))
    assert "the last message to it was" in soon.likely_cause
    assert "the last message to it was" not in later.likely_cause


def test_a_process_that_ends_without_a_signal_is_told_with_its_exit_code() -> None:
    found = the_only(journal(*REGISTERED, DeviceEvent("exited", 7, 1)))
    assert found.title == "The charge point's process ended by itself"
    assert "exit code 1" in found.likely_cause


def test_a_board_that_restarts_may_lack_power() -> None:
    found = the_only(journal(*REGISTERED, *BOOTED))
    assert found.title == "The charge point restarted by itself"
    assert "its supply dipped" in found.likely_cause


def test_a_restart_that_the_rig_asked_for_is_no_riddle() -> None:
    recording = journal(*REGISTERED, DeviceEvent("reset"), *BOOTED)
    assert not any("restarted" in each.title for each in diagnose(recording, judge(recording)))


def test_a_failed_allocation_asks_for_a_larger_heap() -> None:
    found = diagnose(recording := journal(*BOOTED, "<err> main: ocpp init failed -12"), judge(recording))
    assert found[0].title == "The charge point has no memory left"
    assert "--fragment larger-heap" in found[0].next_step


def test_dropped_messages_explain_what_the_console_does_not_tell() -> None:
    recording = journal(*REGISTERED, "--- 3 messages dropped ---")
    found = diagnose(recording, judge(recording))
    assert found[0].title == "The console lost log messages"
    assert "3 messages dropped" in found[0].likely_cause
    assert isinstance(recording.entries[found[0].evidence[0] - 1].event, ConsoleLine)


def test_a_busy_host_is_told_with_its_measure() -> None:
    recording = journal(*REGISTERED, Lateness("device", 2.0))
    found = diagnose(recording, judge(recording))
    assert found[-1].title == "The host was too busy for this run to be judged by"
    assert "2000.0 ms" in found[-1].likely_cause
    assert "smaller --ratio" in found[-1].next_step
