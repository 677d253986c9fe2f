"""The sequence diagram: everything that was recorded is in it, once, in its place, and is told as what it was."""

import re
from dataclasses import dataclass
from typing import ClassVar, cast
from xml.etree import ElementTree as ET

import pytest

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Frame,
    ServerProblem,
    SntpExchange,
    TurnedAway,
    Undecodable,
    UpgradeAnswer,
)
from rig.journal.codec import Event
from rig.journal.events import Action, Awaited, DeviceEvent, FlashAttempt, Lateness, Missed, RunEnded
from rig.journal.recording import Recording
from rig.report.sequence import sequence
from tests.recorded import ALL, journal_of
from tests.synthetic import BOOT, BOOT_ACCEPTED, CONNECTED, TIME_TOLD, UPGRADED, frame, journal

SVG = "{http://www.w3.org/2000/svg}"


def pages(svg: str) -> list[ET.Element]:
    """The pictures, parsed: what cannot be parsed is no SVG."""
    return list(ET.fromstring(f"<all>{svg}</all>"))  # noqa: S314  (our own)


def rows(svg: str) -> list[tuple[int, str]]:
    """The journal line of each row, and all that it says, from top to bottom."""
    groups = [group for page in pages(svg) for group in page.iter(f"{SVG}g")]
    return [(int(group.attrib["data-line"]), " ".join("".join(t.itertext()) for t in group)) for group in groups]


def row(svg: str, n: int) -> str:
    return next(text for line, text in rows(svg) if line == n)


def line_of(recording: Recording, event: Event) -> int:
    return next(entry.n for entry in recording.entries if entry.event is event)


def told(*events: Event | str) -> str:
    """What the whole run's diagram says of the last of these events."""
    recording = journal(*events)
    return row(sequence(recording, whole=True), recording.entries[-2].n)


@pytest.mark.parametrize("name", ALL)
def test_every_message_of_a_real_recording_is_there_once_and_in_order(name: str) -> None:
    recording = journal_of(name)
    lines = [line for line, _ in rows(sequence(recording, whole=True))]
    frames = {message.n for message in recording.messages}
    assert [line for line in lines if line in frames] == [message.n for message in recording.messages]
    assert lines == sorted(lines)


@pytest.mark.parametrize("name", ALL)
def test_every_milestone_of_the_console_stands_in_its_place_with_the_time_of_host_and_device(name: str) -> None:
    recording = journal_of(name)
    drawn = sequence(recording, whole=True)
    for entry, seen in recording.milestones:
        told = row(drawn, entry.n)
        assert f" {entry.t:.3f} " in told
        if seen.line.device_s is not None:
            assert f" {seen.line.device_s:.3f} " in told


def test_calls_and_answers_tell_what_matters_in_them() -> None:
    drawn = sequence(journal_of("native_sim-lifecycle"), whole=True)
    texts = [re.sub(r"^\S+ \S+ ", "", text) for _, text in rows(drawn)]
    assert "BootNotification zephyr, basic" in texts
    assert "Authorize ZepId00" in texts
    assert "StartTransaction.conf Accepted, transaction 101" in texts
    assert "MeterValues connector 1, transaction 101, 9 Wh" in texts
    assert any(text.endswith(" main: ocpp start charging connector id 1") for text in texts)


def test_calls_of_the_charge_point_point_right_and_answers_to_it_are_dashed_and_point_left() -> None:
    drawn = sequence(journal(*BOOT_ACCEPTED), whole=True)
    paths = {path.attrib["class"]: path.attrib["d"] for path in pages(drawn)[0].iter(f"{SVG}path")}
    (call,), (answer,) = (re.findall(r"M([\d.]+) \S+?H([\d.]+)", paths[look]) for look in ("line cp", "dash cs"))
    assert float(call[0]) < float(call[1])
    assert (answer[1], answer[0]) == call


def test_what_never_was_answered_and_what_answers_nobody_says_so() -> None:
    assert "Heartbeat never answered" in told(frame("CP>", 2, "1", "Heartbeat", {}))
    assert "CALLRESULT Accepted answers no call" in told(frame("CP>", 3, "1", {"status": "Accepted"}))


def test_a_callerror_tells_its_code_and_its_description() -> None:
    refused = (
        frame("CS>", 2, "1", "Reset", {"type": "Soft"}),
        frame("CP>", 4, "1", "NotSupported", "no such thing", {}),
    )
    assert "CALLERROR Reset: NotSupported no such thing" in told(*refused)


def test_what_is_no_ocpp_is_drawn_as_what_it_is() -> None:
    assert "no OCPP-J not JSON: Expecting value: line 1 column 2 (char 1): [oops" in told(
        Frame(1, "CP>", "text", "[oops")
    )
    assert "no WebSocket no method: 2 bytes 16ff" in told(Undecodable(1, "CP>", "16ff", "no method"))
    assert "binary 3 bytes 00ff10" in told(Frame(1, "CP>", "binary", data="00ff10"))
    assert "ping 0 bytes" in told(Frame(1, "CS>", "ping", data=""))
    assert "close 1001 going away" in told(Frame(1, "CS>", "close", data="03e9" + b"going away".hex()))


def test_fragments_are_drawn_and_the_message_stands_where_the_last_of_them_came() -> None:
    parts = (Frame(1, "CP>", "text", '[2,"1",', final=False), Frame(1, "CP>", "cont", '"Heartbeat",{}]'))
    texts = [text for _, text in rows(sequence(journal(*parts), whole=True))]
    assert 'fragment [2,"1",' in texts[0]
    assert "Heartbeat" in texts[1]


def test_opening_and_closing_are_drawn_and_connections_are_told_apart_where_there_are_several() -> None:
    again = (ConnectionClosed(1, "CS>"), ConnectionOpened(2, "192.0.2.101:49153"))
    texts = [text for _, text in rows(sequence(journal(*UPGRADED, *again), whole=True))]
    assert [re.sub(r"^\S+ \S+ ", "", text) for text in texts] == [
        "#1 TCP connection from 192.0.2.101:49152",
        "#1 WebSocket /steve/websocket/CentralSystemService/zephyr, ocpp1.6",
        "#1 HTTP 101 ocpp1.6",
        "#1 connection closed by the central system",
        "#2 TCP connection from 192.0.2.101:49153",
    ]
    assert "#" not in "".join(text for _, text in rows(sequence(journal(*UPGRADED), whole=True)))


def test_refusals_and_faults_injected_on_purpose_stand_out_from_what_went_wrong_by_itself() -> None:
    late = SntpExchange("192.0.2.101:123", "23", "24", 1_800_000_000.0, fault="late=2")
    silent = SntpExchange("192.0.2.101:123", "23", None, None, fault="silent")
    away = TurnedAway(1, "zephyr", "192.0.2.101:49152", 404, "nobody knows it")
    recording = journal(BOOT, late, silent, UpgradeAnswer(1, 401, None), away, DeviceEvent("link down"))
    drawn = sequence(recording, whole=True)
    assert "time 2027-01-15T08:00:00Z fault late=2" in [re.sub(r"^\S+ \S+ ", "", t) for _, t in rows(drawn)]
    assert "fault silent" in row(drawn, line_of(recording, silent))
    assert "HTTP 401 refused" in row(drawn, 5)
    assert "turned away with 404: nobody knows it" in row(drawn, line_of(recording, away))
    assert "device link down" in row(drawn, 7)
    looks = [each.attrib.get("class", "") for page in pages(drawn) for each in page.iter()]
    assert [look for look in looks if "fault" in look]
    assert not [look for look in looks if "bad" in look]


def test_a_fault_of_a_kind_that_the_diagram_does_not_know_is_drawn_with_all_that_it_tells() -> None:
    @dataclass(frozen=True)
    class Bent:
        kind: ClassVar = "impaired"
        connection: int
        sender: str
        how: str
        what: str
        sent: str | None = None

    drawn = sequence(journal(cast("Event", Bent(1, "CP>", "shaped", "delay=0.2"))), whole=True)
    assert "impaired delay=0.2 shaped: connection 1, sender CP>" in row(drawn, 2)
    assert [each for each in pages(drawn)[0].iter() if each.attrib.get("class") == "note fault"]


def test_a_reset_is_a_fault_only_once_the_device_has_said_something() -> None:
    def notes(*events: Event | str) -> list[str]:
        picture = pages(sequence(journal(*events), whole=True))[0]
        return [each.attrib["class"] for each in picture.iter(f"{SVG}rect") if "note" in each.attrib.get("class", "")]

    assert notes(DeviceEvent("reset"), BOOT) == ["note plain", "note plain"]
    assert notes(BOOT, DeviceEvent("reset")) == ["note plain", "note fault"]


def test_what_the_rig_did_and_missed_is_told() -> None:
    assert "asked RemoteStartTransaction: Accepted" in told(Action("RemoteStartTransaction", {"status": "Accepted"}))
    assert "asked Reset: no answer" in told(Action("Reset", {"error": "no answer"}))
    assert "NOT SEEN in 36 device s: BootNotification" in told(Missed("BootNotification", 36.0))
    assert "flash verified: 123,456 bytes" in told(FlashAttempt(1, "verified", 2.0, size=123_456))
    assert "device exited by itself, code -11" in told(DeviceEvent("exited", 1, -11))
    assert "no answer to it: [2," in told(ServerProblem("zephyr", "[2,", "no answer to it"))
    recording = journal(BOOT, RunEnded("the board is gone"), ended=False)
    assert "the run broke off: the board is gone" in row(sequence(recording, whole=True), 3)


def test_a_fatal_error_stands_among_the_messages_where_the_console_told_of_it() -> None:
    recording = journal_of("mps2_an385-usage-fault")
    texts = [text for _, text in rows(sequence(recording, whole=True))]
    remote = next(i for i, text in enumerate(texts) if "RemoteStartTransaction " in text)
    fatal = next(i for i, text in enumerate(texts) if "USAGE FAULT" in text.replace("  ", " "))
    answer = next(i for i, text in enumerate(texts) if "RemoteStartTransaction.conf" in text)
    assert remote < fatal < answer


def test_what_is_of_no_great_interest_is_shown_only_where_a_verdict_rests_upon_it() -> None:
    waits, late = Awaited("the boot banner", 15.0), Lateness("rig", 0.05)
    recording = journal(BOOT, waits, late, "[00:00:00.010,000] <inf> net: nothing much")
    assert [line for line, _ in rows(sequence(recording, whole=True))] == [2]
    assert "host kept the rig waiting 50.0 ms" in row(sequence(recording, evidence=[4]), 4)


def test_each_picture_says_what_it_is_and_needs_nothing_from_elsewhere() -> None:
    drawn = sequence(journal_of("native_sim-lifecycle"), whole=True, name="the whole run")
    for number, page in enumerate(pages(drawn), start=1):
        assert [child.tag for child in page][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert page[0].text == f"Sequence diagram, the whole run, part {number} of {len(pages(drawn))}"
        assert re.match(r"\d+ arrows and \d+ notes", page[1].text or "")
        assert "charge point" in "".join(page.itertext()), "the lifelines' names are on each page"
    assert not re.search(r"href|src=|url\(|@import|<script", drawn)


def test_the_same_recording_gives_the_same_picture() -> None:
    first, second = (sequence(journal_of("qemu_x86-lifecycle"), whole=True) for _ in range(2))
    assert first == second


def test_a_recording_in_which_nothing_happened_has_no_diagram() -> None:
    assert not sequence(journal(), whole=True)
    assert not sequence(journal())


def test_time_servers_and_margins_take_room_only_where_something_stands_in_them() -> None:
    def width(*events: Event | str) -> float:
        return float(pages(sequence(journal(*events), whole=True))[0].attrib["width"])

    assert width(*UPGRADED) < width(*UPGRADED, TIME_TOLD) < width(*CONNECTED)
    assert "SNTP server" not in sequence(journal(*UPGRADED), whole=True)
