"""chrony asks the SNTP responder: what it takes, and which of its tests refuses the rest (chrony.conf(5), `log`)."""

import functools
import getpass
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from central_system.sntp_packet import ROLL_OVER_S
from tests.sntp.real_clients import LOOPBACK, Heard, ask, program_or_skip

PASSED = "111 111 1111"
"""Tests 1 to 3 (the packet belongs to our request), 5 to 7 (the server is synchronised), A to D (so is the sample)."""
NOT_OURS = "101 111 0000"
"""Test 2: originate is not the transmit time stamp of our request."""
NOT_SYNCHRONISED = "111 101 0000"
"""Test 6: leap indicator 3, stratum 0 or 16 and above."""


@dataclass(frozen=True, slots=True)
class Chronyd:
    """What chronyd made of the answers: by how much it takes the clock to be wrong (None: it does not say), its log."""

    heard: Heard
    wrong_by_s: float | None
    tests: tuple[str, ...]


def command(program: str, folder: Path, timeout_s: int, port: int) -> list[str]:
    """Ask once and print the offset.

    Nothing here touches the clock: -Q only prints, and -x disables all control of the clock (chronyd(8)).
    """
    directives = [
        f"server {LOOPBACK} port {port} iburst maxsamples 1",
        "cmdport 0",
        f"pidfile {folder}/chronyd.pid",
        f"logdir {folder}",
        "log rawmeasurements",
    ]
    return [program, "-Q", "-x", "-U", "-u", getpass.getuser(), "-d", "-t", str(timeout_s), *directives]


def chronyd(folder: Path, faults: str = "", *, timeout_s: int) -> Chronyd:
    program = program_or_skip("chronyd", "chrony")
    heard = ask(faults, functools.partial(command, program, folder, timeout_s))
    assert "Disabled control of system clock" in heard.said
    assert heard.exchanges, f"chronyd did not ask: {heard.said}"
    wrong = re.search(r"System clock wrong by (-?[0-9.]+) seconds \(ignored\)", heard.said)
    log = folder / "measurements.log"
    lines = log.read_text(encoding="ascii").splitlines() if log.exists() else []
    tests = tuple(match[1] for line in lines if (match := re.search(r" ([01]{3} [01]{3} [01]{4}) ", line)))
    return Chronyd(heard, float(wrong[1]) if wrong else None, tests)


@pytest.mark.parametrize(
    ("faults", "wrong_by_s"),
    [
        pytest.param("", 0, id="no fault"),
        ("offset=-3600", -3600),
        ("offset=86400", 86_400),
        # The network held the answer up, not the request: half of it ends up in the clock (RFC 4330 §5).
        ("late=1", -0.5),
    ],
)
def test_takes_the_time_that_is_told(tmp_path: Path, faults: str, wrong_by_s: float) -> None:
    found = chronyd(tmp_path, faults, timeout_s=30)
    assert found.heard.code == 0, found.heard.said
    assert found.wrong_by_s == pytest.approx(wrong_by_s, abs=0.4)
    assert found.tests == (PASSED,)


@pytest.mark.parametrize(("faults", "seconds"), [("year-2036=-5", -5), ("year-2036", 0), ("year-2036=5", 5)])
def test_knows_the_era_on_both_sides_of_the_roll_over(tmp_path: Path, faults: str, seconds: int) -> None:
    began = time.time()
    found = chronyd(tmp_path, faults, timeout_s=30)
    assert found.tests == (PASSED,)
    assert found.wrong_by_s is not None
    asked_at = ROLL_OVER_S + seconds - found.wrong_by_s
    assert began - 0.1 < asked_at < time.time() + 0.1


@pytest.mark.parametrize(
    ("faults", "test"),
    [
        ("wrong-origin", NOT_OURS),
        ("unsynchronised", NOT_SYNCHRONISED),
        ("stratum=16", NOT_SYNCHRONISED),
        ("unsynchronised,stratum=16", NOT_SYNCHRONISED),
        ("kiss-of-death=DENY", NOT_SYNCHRONISED),
        ("kiss-of-death=RSTR", NOT_SYNCHRONISED),
    ],
)
def test_refuses_by_its_test(tmp_path: Path, faults: str, test: str) -> None:
    found = chronyd(tmp_path, faults, timeout_s=3)
    assert (found.heard.code, found.wrong_by_s) == (1, None)
    assert set(found.tests) == {test}


def test_stops_asking_when_told_that_its_rate_is_too_high(tmp_path: Path) -> None:
    found = chronyd(tmp_path, "kiss-of-death=RATE", timeout_s=5)
    assert (found.heard.code, found.wrong_by_s) == (1, None)
    assert f"Received KoD RATE from {LOOPBACK}" in found.heard.said
    # In this time it asks three times, where it is told nothing: see below.
    assert len(found.heard.exchanges) == 1


@pytest.mark.parametrize("faults", ["wrong-mode", "wrong-mode=0", "wrong-mode=2", "short-packet", "short-packet=0"])
def test_does_not_even_test_what_is_no_answer(tmp_path: Path, faults: str) -> None:
    found = chronyd(tmp_path, faults, timeout_s=3)
    assert (found.heard.code, found.wrong_by_s, found.tests) == (1, None, ())
    assert all(exchange.reply is not None for exchange in found.heard.exchanges)


@pytest.mark.parametrize("faults", ["silent", "late=2.5"])
def test_asks_again_after_two_seconds_and_hears_no_older_answer(tmp_path: Path, faults: str) -> None:
    found = chronyd(tmp_path, faults, timeout_s=5)
    assert (found.heard.code, found.wrong_by_s, found.tests) == (1, None, ())
    assert len(found.heard.exchanges) > 1
