"""The SNTP responder's faults: what they do to the answer, and how they are written."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_system.sntp import reply_to
from central_system.sntp_faults import CATALOGUE, KISS_CODES, NO_FAULTS, SntpFaultError, SntpFaults, catalogue, spelt
from central_system.sntp_packet import ERA_S, ROLL_OVER_S, SntpPacket, ntp_timestamp
from rig.twin.sntp import Timestamp, epoch_of
from tests.unit.central_system.test_sntp import NOW, TRANSMIT, request

RIGHT = SntpPacket.unpack(reply_to(request(), NOW) or b"")


def spoilt(text: str) -> SntpPacket:
    """The right answer with these faults, read as a packet."""
    reply = SntpFaults.parse(text).spoil(RIGHT.pack())
    assert reply is not None
    return SntpPacket.unpack(reply)


EACH = [
    "silent",
    "late=2.5",
    "offset=-3600",
    "year-2036=-5",
    "wrong-origin",
    "unsynchronised",
    "stratum=17",
    "kiss-of-death=RATE",
    "wrong-mode=2",
    "short-packet=40",
]
TOGETHER = "late=0,offset=3,wrong-origin,unsynchronised,stratum=17,wrong-mode=0,short-packet=40"

# What each of them does to the answer


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("wrong-origin", {"originate": TRANSMIT + (1 << 32)}),
        ("unsynchronised", {"leap": 3}),
        ("stratum", {"stratum": 16}),
        ("stratum=255", {"stratum": 255}),
        ("unsynchronised,stratum=16", {"leap": 3, "stratum": 16}),
        ("kiss-of-death", {"leap": 3, "stratum": 0, "reference_id": b"DENY"}),
        ("kiss-of-death=RSTR", {"leap": 3, "stratum": 0, "reference_id": b"RSTR"}),
        ("kiss-of-death=RATE", {"leap": 3, "stratum": 0, "reference_id": b"RATE"}),
        ("wrong-mode", {"mode": 5}),
        ("wrong-mode=0", {"mode": 0}),
        ("wrong-mode=2", {"mode": 2}),
        ("late=2.5", {}),
        ("", {}),
    ],
)
def test_a_fault_changes_its_own_fields_and_no_other(text: str, changed: dict[str, Any]) -> None:
    assert spoilt(text) == replace(RIGHT, **changed)


def test_a_wrong_origin_is_wrong_even_where_the_era_ends() -> None:
    last = SntpPacket.unpack(reply_to(request(transmit=(1 << 64) - 1), NOW) or b"").pack()
    spoilt_last = SntpFaults.parse("wrong-origin").spoil(last)
    assert spoilt_last is not None
    assert SntpPacket.unpack(spoilt_last).originate == (1 << 32) - 1


@pytest.mark.parametrize(("text", "length"), [("short-packet", 47), ("short-packet=0", 0), ("short-packet=12", 12)])
def test_a_short_packet_is_the_beginning_of_the_right_one(text: str, length: int) -> None:
    assert SntpFaults.parse(text).spoil(RIGHT.pack()) == RIGHT.pack()[:length]


def test_silent_is_no_answer() -> None:
    assert SntpFaults.parse("silent").spoil(RIGHT.pack()) is None


def test_an_offset_moves_the_time_that_is_told() -> None:
    assert SntpFaults.parse("offset=-3600").told_s(NOW, NOW - 7) == NOW - 3600
    assert NO_FAULTS.told_s(NOW, NOW - 7) == NOW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("year-2036=-1", ERA_S - 1), ("year-2036", 0), ("year-2036=1", 1), ("year-2036=-0.5", ERA_S - 1)],
)
def test_the_first_who_asks_is_told_a_time_around_the_roll_over(text: str, seconds: int) -> None:
    told_s = SntpFaults.parse(text).told_s(NOW, NOW)
    assert ntp_timestamp(told_s) >> 32 == seconds


def test_time_runs_over_the_roll_over() -> None:
    faults = SntpFaults.parse("year-2036=-5")
    assert faults.told_s(NOW + 10, NOW) == ROLL_OVER_S + 5
    # Bit 0 tells the era: set until 2036, not set after it (RFC 4330 §3).
    assert ntp_timestamp(faults.told_s(NOW + 4, NOW)) >> 63 == 1
    assert ntp_timestamp(faults.told_s(NOW + 6, NOW)) >> 63 == 0


@given(st.binary(max_size=80) | st.just(request()), st.sampled_from([*EACH, TOGETHER]))
def test_no_fault_makes_an_answer_longer_than_its_request_or_a_request_of_it(datagram: bytes, text: str) -> None:
    faults = SntpFaults.parse(text)
    reply = reply_to(datagram, faults.told_s(NOW, NOW))
    sent = faults.spoil(reply) if reply else None
    if sent is not None:
        assert len(sent) <= len(datagram)
        assert reply_to(sent, NOW) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", int(NOW)),
        ("offset=-3600", int(NOW) - 3600),
        ("year-2036=-1", 2_085_978_495),
        ("year-2036", 2_085_978_496),
        ("wrong-origin", None),
        ("unsynchronised", None),
        ("stratum", int(NOW)),
        ("kiss-of-death", None),
        ("wrong-mode", None),
        ("short-packet", None),
    ],
)
def test_the_twin_takes_what_a_client_may_take(text: str, told: int | None) -> None:
    faults = SntpFaults.parse(text)
    sent = faults.spoil(reply_to(request(), faults.told_s(NOW, NOW)) or b"")
    assert sent is not None
    assert epoch_of(sent, originate=Timestamp(TRANSMIT >> 32, TRANSMIT & 0xFFFF_FFFF)) == told


# How they are written


@pytest.mark.parametrize("text", [*EACH, TOGETHER, "", "late=0.001,offset=1e-07,kiss-of-death=DENY"])
def test_what_is_written_is_read_back(text: str) -> None:
    assert str(SntpFaults.parse(text)) == text


def test_each_fault_that_there_is_has_its_name() -> None:
    assert [SntpFaults.parse(text) for text in EACH] == [
        SntpFaults(silent=True),
        SntpFaults(late=2.5),
        SntpFaults(offset=-3600.0),
        SntpFaults(year_2036=-5.0),
        SntpFaults(wrong_origin=True),
        SntpFaults(unsynchronised=True),
        SntpFaults(stratum=17),
        SntpFaults(kiss_of_death="RATE"),
        SntpFaults(wrong_mode=2),
        SntpFaults(short_packet=40),
    ]
    assert [text.split("=")[0] for text in EACH] == list(CATALOGUE)
    assert len(fields(SntpFaults)) == len(CATALOGUE)


def test_an_amount_may_be_left_out_where_there_is_a_usual_one() -> None:
    read = SntpFaults.parse("year-2036, kiss-of-death=RSTR wrong-mode,short-packet")
    assert read == SntpFaults(year_2036=0, kiss_of_death="RSTR", wrong_mode=5, short_packet=47)
    assert SntpFaults.parse("kiss-of-death") == SntpFaults(kiss_of_death=KISS_CODES[0])
    assert SntpFaults.parse("stratum") == SntpFaults(stratum=16)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lat=2", "there is no 'lat'"),
        ("late", "late takes seconds from 0 to 3600, not ''"),
        ("late=soon", "late takes seconds from 0 to 3600, not 'soon'"),
        ("late=nan", "late takes seconds from 0 to 3600, not 'nan'"),
        ("late=-1", "late takes seconds from 0 to 3600, not '-1'"),
        ("offset=inf", "offset takes seconds from -4294967296 to 4294967296, not 'inf'"),
        ("silent=1", "silent takes no amount, not '1'"),
        ("stratum=15", "stratum takes 16 to 255, not '15'"),
        ("stratum=²55", "stratum takes 16 to 255, not '²55'"),
        ("kiss-of-death=rate", "kiss-of-death takes DENY or RSTR or RATE, not 'rate'"),
        ("wrong-mode=3", "wrong-mode takes 0, 2 or 5, not '3'"),
        ("short-packet=48", "short-packet takes 0 to 47, not '48'"),
        ("late=1,late=2", "late is named twice"),
        ("silent,late=1", "silent says nothing"),
        ("kiss-of-death,stratum", "kiss-of-death is stratum 0"),
        ("year-2036,offset=1", "year-2036 tells a time of its own"),
    ],
)
def test_an_error_says_what_is_wrong_and_lists_what_there_is(text: str, problem: str) -> None:
    with pytest.raises(SntpFaultError) as error:
        SntpFaults.parse(text)
    said = str(error.value)
    assert said.startswith(problem)
    assert said.endswith(", ".join(spelt()))


def test_faults_made_by_a_program_are_checked_as_well() -> None:
    with pytest.raises(SntpFaultError, match="late takes seconds from 0 to 3600, not '-1'"):
        SntpFaults(late=-1)


@given(st.text(max_size=30))
def test_any_other_text_is_an_error_with_the_list(text: str) -> None:
    if text.replace(",", " ").strip():
        with pytest.raises(SntpFaultError, match="late=SECONDS"):
            SntpFaults.parse(text)
    else:
        assert SntpFaults.parse(text) == NO_FAULTS


def test_the_catalogue_has_a_line_for_each() -> None:
    lines = catalogue().splitlines()
    assert [line.split()[0] for line in lines] == spelt()
    assert "late=SECONDS " in lines[1]
    assert lines[3].startswith("year-2036[=SECONDS] ")
    assert all(line[23:].strip() for line in lines)
