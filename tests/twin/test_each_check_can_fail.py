"""Each check turns red on a defect made for it, while what has nothing to do with the defect stays green.

The table is exact: a check that turns red without standing here, or stays green though it stands here, fails the test.
"""

from pathlib import Path

import pytest

from rig.checks.judge import LIFECYCLE, judge, overall
from rig.checks.verdict import Outcome
from rig.journal.recording import Recording
from rig.twin.defects import Defect

NO_REMOTE = {"remote.start", "remote.stop", "remote.unlock"}

RED: dict[Defect, set[str]] = {
    Defect.WRONG_SAMPLE: {"boot.sample"},
    Defect.BANNER_TWICE: {"device.boots-once"},
    Defect.NO_ADDRESS: {"network.address"},
    Defect.WRONG_SERVER_LINE: {"network.server"},
    Defect.SNTP_IGNORED_LINE: {"clock.sntp"},
    Defect.NO_SNTP: {"clock.sntp", "clock.timestamps"},
    Defect.TIMESTAMPS_OFF: {"clock.timestamps"},
    # It names itself `other`, so nobody can ask `zephyr` for anything.
    Defect.WRONG_PATH: {"connection.path"} | NO_REMOTE,
    Defect.NO_SUBPROTOCOL: {"connection.subprotocol"},
    Defect.BOOT_LATE: {"boot.first"},
    Defect.BOOT_WRONG_MODEL: {"boot.fields"},
    Defect.HEARTBEAT_SLOW: {"heartbeat.interval"},
    Defect.HEARTBEAT_MISSING: {"heartbeat.interval"},
    Defect.AUTHORIZE_SKIPPED: {"authorize.before-start", "console.agrees"},
    Defect.AUTHORIZE_WRONG_TAG: {"authorize.before-start", "transaction.start"},
    Defect.SERIAL_CONNECTORS: {"connectors.independent", "transaction.stop"},
    Defect.START_WRONG_CONNECTOR: {"transaction.start", "console.agrees"},
    Defect.START_MISSING: {"transaction.start", "connectors.independent"},
    Defect.METER_AFTER_STOP: {"meter.inside"},
    Defect.METER_SLOW: {"meter.interval"},
    Defect.METER_MISSING: {"meter.interval"},
    Defect.METER_FALLING: {"meter.rising"},
    Defect.METER_WRONG_TRANSACTION: {"meter.identity"},
    Defect.METER_WRONG_CONNECTOR: {"meter.identity"},
    Defect.REGISTER_RANDOM: {"meter.register"},
    Defect.STOP_EARLY: {"transaction.charging-time"},
    Defect.STOP_MISSING: {"transaction.stop"},
    # Connector 1 is also the one that is started and stopped remotely.
    Defect.STOP_WRONG_TRANSACTION: {"transaction.stop", "remote.stop", "console.agrees"},
    Defect.CONSOLE_SILENT: {"console.agrees"},
    Defect.CONSOLE_DISORDER: {"console.agrees"},
    Defect.FATAL_ERROR: {"console.fatal"},
    Defect.DROPPED_MESSAGES: {"console.complete"},
    Defect.SCHEMA_EXTRA_FIELD: {"protocol.schema"},
    Defect.SCHEMA_BAD_TYPE: {"protocol.schema"},
    Defect.UID_REUSED: {"protocol.message-ids"},
    Defect.INVALID_JSON: {"protocol.schema"},
    Defect.RECONNECTS: {"connection.stable"},
    Defect.REMOTE_START_IGNORED: {"remote.start", "remote.stop"},
    Defect.REMOTE_START_REJECTED: {"remote.start", "remote.stop"},
    Defect.REMOTE_STOP_IGNORED: {"remote.stop"},
    Defect.UNLOCK_FAILED: {"remote.unlock"},
    Defect.UNLOCK_SILENT: {"remote.unlock"},
}

AT_LEAST: dict[Defect, set[str]] = {
    Defect.RESTARTS: {"device.boots-once", "connection.stable"},
    Defect.CRASH: {"device.alive", "console.fatal", "transaction.stop"} | NO_REMOTE,
    Defect.HALTS: {"device.alive", "console.fatal", "transaction.stop"} | NO_REMOTE,
    Defect.SILENT: {"boot.sample", "network.address", "connection.path", "boot.first", "transaction.start"} | NO_REMOTE,
}
"""Defects after which the rest of the lifecycle cannot be right either."""

REFUSED: dict[Defect, str] = {
    Defect.WRONG_BUILD: "wrong image",
    Defect.DEAD: "the device is silent",
}
"""Defects that end in ERROR: what boots is not the device under test, or nothing does."""

BENCH = {"bench.answers", "bench.host", "bench.frames"}
SHOWN_BY_RECORDINGS = {"boot.banner", "bench.flash", *BENCH}
"""Checks that no charge point can turn red by itself: tests/unit/rig/test_judge.py shows them."""


def outcomes(recording: Recording) -> dict[str, Outcome]:
    return {verdict.check: verdict.outcome for verdict in judge(recording)}


def failed(recording: Recording) -> set[str]:
    """What is red. On a busy host a failure reads ERROR, for the bench may be to blame: red all the same."""
    red = {Outcome.FAIL, Outcome.ERROR}
    return {check for check, outcome in outcomes(recording).items() if outcome in red} - BENCH


def was_late(recording: Recording) -> bool:
    return any(outcomes(recording)[check] is not Outcome.PASS for check in BENCH)


def test_every_defect_is_in_a_table() -> None:
    assert RED.keys() | AT_LEAST.keys() | REFUSED.keys() == set(Defect)


def test_every_check_can_fail() -> None:
    shown = set().union(*RED.values(), *AT_LEAST.values())
    assert shown | SHOWN_BY_RECORDINGS == {check.id for check in LIFECYCLE}


def test_without_a_defect_all_is_green(recordings: dict[Defect | None, Recording]) -> None:
    assert failed(recordings[None]) == set() or was_late(recordings[None])


@pytest.mark.parametrize("defect", RED)
def test_a_defect_turns_its_checks_red_and_no_others(
    defect: Defect, recordings: dict[Defect | None, Recording]
) -> None:
    red = failed(recordings[defect])
    if was_late(recordings[defect]):
        # The rig's own promise for a busy host: what fails besides is ERROR, and nothing is FAIL.
        assert red >= RED[defect]
        assert Outcome.FAIL not in outcomes(recordings[defect]).values()
    else:
        assert red == RED[defect]


@pytest.mark.parametrize("defect", AT_LEAST)
def test_a_disaster_turns_at_least_its_own_checks_red(
    defect: Defect, recordings: dict[Defect | None, Recording]
) -> None:
    assert failed(recordings[defect]) >= AT_LEAST[defect]


@pytest.mark.parametrize("defect", REFUSED)
def test_what_is_not_the_device_under_test_is_error_and_never_pass(
    defect: Defect, recordings: dict[Defect | None, Recording]
) -> None:
    verdicts = judge(recordings[defect])
    assert overall(verdicts) is Outcome.ERROR
    assert REFUSED[defect] in verdicts[0].reason


def test_the_documentation_names_every_check_and_every_defect_that_turns_it_red() -> None:
    table = Path(__file__).parents[2] / "docs" / "checks.md"
    rows = [line.split("|") for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {row[1].strip(" `"): set(row[3].replace("*", "").replace(" ", "").split(",")) for row in rows}
    assert list(named) == [check.id for check in LIFECYCLE]
    for defect, checks in RED.items():
        assert {check for check, defects in named.items() if defect.value in defects} == checks, defect
