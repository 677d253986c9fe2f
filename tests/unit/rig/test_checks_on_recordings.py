"""The checks, on what the real firmware did: the golden inputs of the judge."""

import pytest

from rig.checks.judge import LIFECYCLE, judge, overall
from rig.checks.verdict import Outcome
from rig.journal.recording import Recording
from tests.recorded import journal_of

LOCAL = tuple(check for check in LIFECYCLE if not check.id.startswith("remote."))
"""These recordings end with the charge point's own charging."""
LIFECYCLES = {
    "native_sim-lifecycle": {"dhcp": False},
    "native_sim-lifecycle-ratio20": {"dhcp": False, "ratio": 20.0},
    "qemu_x86-lifecycle": {},
    "mps2_an385-lifecycle": {},
    "qemu_cortex_m3-lifecycle": {},
}


def outcomes(recording: Recording) -> dict[str, Outcome]:
    return {verdict.check: verdict.outcome for verdict in judge(recording, LOCAL)}


def red(recording: Recording) -> set[str]:
    return {check for check, outcome in outcomes(recording).items() if outcome is Outcome.FAIL}


@pytest.mark.parametrize("name", LIFECYCLES)
def test_the_lifecycle_of_the_real_firmware_is_green(name: str) -> None:
    recording = journal_of(name, **LIFECYCLES[name])  # type: ignore[arg-type]
    found = outcomes(recording)
    assert red(recording) == set()
    assert found["meter.register"] is Outcome.KNOWN_DEFECT
    assert found["protocol.schema"] is Outcome.PASS


def test_without_a_time_server_the_clock_stays_in_1970() -> None:
    assert red(journal_of("mps2_an385-no-sntp")) == {"clock.sntp", "clock.timestamps"}


def test_a_refused_idtag_starts_nothing() -> None:
    found = red(journal_of("native_sim-authorize-invalid", dhcp=False))
    assert {"authorize.before-start", "transaction.start"} <= found
    assert not {"boot.first", "clock.sntp", "protocol.schema", "console.fatal", "console.agrees"} & found


def test_a_rejected_boot_is_not_taken_for_accepted() -> None:
    found = red(journal_of("native_sim-boot-rejected", dhcp=False))
    assert {"boot.first", "heartbeat.interval", "transaction.start"} <= found


def test_a_second_boot_on_the_same_console_is_seen() -> None:
    assert "device.boots-once" in red(journal_of("mps2_an385-reset"))


@pytest.mark.parametrize("name", ["mps2_an385-usage-fault", "qemu_x86-page-fault"])
def test_a_fatal_error_is_red(name: str) -> None:
    assert {"console.fatal", "device.alive"} <= red(journal_of(name))


def test_a_20_character_idtag_makes_invalid_json() -> None:
    verdicts = {verdict.check: verdict for verdict in judge(journal_of("native_sim-idtag-20", dhcp=False))}
    assert verdicts["protocol.schema"].outcome is Outcome.FAIL
    assert "not JSON" in verdicts["protocol.schema"].measured


def test_many_answers_to_one_request_are_seen() -> None:
    verdicts = {verdict.check: verdict for verdict in judge(journal_of("native_sim-operations", dhcp=False))}
    assert verdicts["protocol.schema"].outcome is Outcome.FAIL


def test_a_run_without_end_is_error_not_pass() -> None:
    whole = journal_of("native_sim-lifecycle", dhcp=False)
    assert overall(judge(Recording(whole.entries[:-1]))) is Outcome.ERROR
