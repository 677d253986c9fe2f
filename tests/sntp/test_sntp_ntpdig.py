"""NTPsec's ntpdig asks the SNTP responder, on port 123 of a network namespace made for it: it asks no other port."""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rig.network.namespace import bound_in, command_in
from tests.namespaces import network_namespace
from tests.sntp.real_clients import LOOPBACK, Heard, ask, program_or_skip

NTP_PORT = 123
TIMEOUT_S = 3


@pytest.fixture(scope="module", name="elsewhere")
def namespace_with_port_123() -> Iterator[str]:
    """A network namespace, in which everybody may have port 123."""
    program_or_skip("ntpdig", "ntpsec-ntpdig")
    with network_namespace() as path:
        yield path


@dataclass(frozen=True, slots=True)
class Ntpdig:
    """What ntpdig told: its report, {} where it has none."""

    heard: Heard
    report: dict[str, Any]


def ntpdig(namespace: str, faults: str = "", timeout_s: int = TIMEOUT_S) -> Ntpdig:
    """Ask for the offset; without --step and --slew, it leaves the clock alone (ntpdig(1))."""
    program = program_or_skip("ntpdig", "ntpsec-ntpdig")
    command = command_in(namespace, [program, "--json", "--timeout", str(timeout_s), LOOPBACK])
    heard = ask(faults, functools.partial(_whatever_port, command), port=NTP_PORT, bind=bound_in(namespace))
    assert len(heard.exchanges) == 1, f"ntpdig did not ask once: {heard.said}"
    report: dict[str, Any] = json.loads(heard.said) if heard.code == 0 else {}
    assert not report.get("adjusted"), "it sets no clock"
    return Ntpdig(heard, report)


def _whatever_port(command: list[str], port: int) -> list[str]:
    assert port == NTP_PORT
    return command


@pytest.mark.parametrize(
    ("faults", "offset_s"),
    [
        pytest.param("", 0, id="no fault"),
        ("offset=-3600", -3600),
        ("offset=86400", 86_400),
        ("late=1", -0.5),
        # It asks only that originate is not 0, and then calculates with it.
        ("wrong-origin", -0.5),
    ],
)
def test_takes_the_time_that_is_told(elsewhere: str, faults: str, offset_s: float) -> None:
    found = ntpdig(elsewhere, faults)
    assert found.heard.code == 0, found.heard.said
    assert found.report["offset"] == pytest.approx(offset_s, abs=0.4)
    assert (found.report["stratum"], found.report["leap"]) == (1, "no-leap")


@pytest.mark.parametrize(
    ("faults", "time"),
    [
        ("year-2036=-5", "2036-02-07T06:28:11"),
        # It knows one era only, and takes the second for the first.
        ("year-2036", "1900-01-01T00:00:00"),
        ("year-2036=5", "1900-01-01T00:00:05"),
    ],
)
def test_does_not_survive_2036(elsewhere: str, faults: str, time: str) -> None:
    found = ntpdig(elsewhere, faults)
    assert found.report["time"].startswith(time), found.heard.said


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ("unsynchronised", "Response dropped: leap not in sync"),
        ("stratum=16", "Response dropped: stratum too high"),
        ("unsynchronised,stratum=16", "Response dropped: stratum too high"),
        ("kiss-of-death=DENY", "Response dropped: stratum 0, probable KOD packet"),
        ("kiss-of-death=RSTR", "Response dropped: stratum 0, probable KOD packet"),
        ("kiss-of-death=RATE", "Response dropped: stratum 0, probable KOD packet"),
        ("wrong-mode", "Response dropped: unexpected response mode 5"),
        ("wrong-mode=0", "Response dropped: unexpected response mode 0"),
        ("wrong-mode=2", "Response dropped: unexpected response mode 2"),
        ("short-packet", "impossible packet length"),
    ],
)
def test_refuses_and_says_why(elsewhere: str, faults: str, why: str) -> None:
    found = ntpdig(elsewhere, faults)
    assert found.heard.code == 1
    assert why in found.heard.said
    assert "no eligible servers" in found.heard.said


@pytest.mark.parametrize("faults", ["silent", "late=3.5"])
def test_waits_and_gives_up(elsewhere: str, faults: str) -> None:
    found = ntpdig(elsewhere, faults, timeout_s=1)
    assert found.heard.code == 1
    assert found.heard.said.splitlines() == ["ntpdig: no eligible servers"]
    assert found.heard.exchanges[0].reply is None
