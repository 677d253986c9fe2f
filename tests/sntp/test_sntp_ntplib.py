"""ntplib asks the SNTP responder: it checks nothing but the length, and leaves the rest to its caller."""

import asyncio
import time
from typing import Any

import pytest

from central_system.sntp import SntpResponder
from central_system.sntp_faults import SntpFaults
from central_system.sntp_packet import ERA_S, ROLL_OVER_S
from tests.sntp.real_clients import LOOPBACK

ntplib = pytest.importorskip("ntplib", reason="ntplib is not installed (pip install ntplib)")


def asked(faults: str, timeout_s: float = 5.0) -> Any:  # noqa: ANN401  (ntplib has no types)
    """What ntplib makes of one answer."""

    async def scenario() -> object:
        async with SntpResponder(
            LOOPBACK, 0, now=time.time, observe=lambda _: None, faults=SntpFaults.parse(faults)
        ) as responder:
            client = ntplib.NTPClient()
            return await asyncio.to_thread(client.request, LOOPBACK, version=3, port=responder.port, timeout=timeout_s)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("faults", "offset_s"),
    [
        pytest.param("", 0, id="no fault"),
        ("offset=-3600", -3600),
        ("offset=86400", 86_400),
        ("late=0.5", -0.25),
        ("wrong-origin", -0.5),
        ("unsynchronised", 0),
        ("stratum=16", 0),
        ("kiss-of-death=RATE", 0),
        ("wrong-mode", 0),
    ],
)
def test_takes_the_time_that_is_told_whatever_else_is_wrong(faults: str, offset_s: float) -> None:
    assert asked(faults).offset == pytest.approx(offset_s, abs=0.2)


def test_shows_its_caller_what_is_wrong() -> None:
    unsynchronised, kiss = asked("unsynchronised,stratum=16"), asked("kiss-of-death=DENY")
    assert (unsynchronised.leap, unsynchronised.stratum) == (3, 16)
    assert (kiss.stratum, kiss.ref_id.to_bytes(4)) == (0, b"DENY")
    assert asked("wrong-mode").mode == 5
    assert asked("").ref_id.to_bytes(4) == b"LOCL"
    assert ntplib.ref_id_to_text(asked("").ref_id, 1) == "uncalibrated local clock"


def test_does_not_survive_2036() -> None:
    assert asked("year-2036=-5").tx_time == pytest.approx(ROLL_OVER_S - 5, abs=1e-3)
    # It knows one era only, and takes the second for the first: 1900.
    assert asked("year-2036=5").tx_time == pytest.approx(ROLL_OVER_S + 5 - ERA_S, abs=1e-3)


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ("short-packet", "Invalid NTP packet"),
        ("short-packet=0", "Invalid NTP packet"),
        ("silent", "No response received"),
        ("late=2", "No response received"),
    ],
)
def test_refuses_what_is_too_short_or_too_late(faults: str, why: str) -> None:
    with pytest.raises(ntplib.NTPException, match=why):
        asked(faults, timeout_s=0.5)
