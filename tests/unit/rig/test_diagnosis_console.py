"""Diagnoses of a console that is silent, unreadable, or not the charge point's."""

import pytest

from central_system.events import SntpExchange
from rig.checks.judge import judge
from rig.console.reader import ConsoleReader
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.codec import Event
from rig.journal.events import Awaited, DeviceEvent, Missed, Noise, RunEnded
from rig.journal.recording import Recording
from tests.recorded import console_bytes
from tests.synthetic import BOOT, BOOTED, journal

WAIT = (DeviceEvent("reset"), Awaited("the boot banner", 15.0))
SILENCE = RunEnded("the device is silent: the boot banner was not seen within 17 s")


def waited_in_vain(*events: Event, target: str = "board") -> Recording:
    """A run that ends as `rig.lifecycle` ends one in which no boot banner comes."""
    told = (*WAIT, *events, SILENCE)
    return journal(*told, ended=False, step_s=17.0, run={"target": target})


def the_only(recording: Recording) -> Diagnosis:
    found = diagnose(recording, judge(recording))
    assert [each.title for each in found] == [each.title for each in found[:1]]
    return found[0]


def heard(data: bytes, *, sent: int, read: int) -> bytes:
    """What a UART that samples at `read` baud makes of 8N1 characters sent at `sent` baud; a framing error is NUL."""
    bits = [bit for byte in data for bit in (0, *(byte >> place & 1 for place in range(8)), 1)]
    width, step = sent / read, min(sent / read, 1) / 16

    def line(at: float) -> int:
        return bits[int(at)] if int(at) < len(bits) else 1

    out, at = bytearray(), 0.0
    while at < len(bits):
        if line(at):
            at += step
            continue
        stop = line(at + 9.5 * width)
        out.append(sum(line(at + width * (place + 1.5)) << place for place in range(8)) if stop else 0)
        at += 9.5 * width
        while not stop and not line(at) and at < len(bits):
            at += step
    return bytes(out)


@pytest.mark.parametrize("target", ["board", "virtual_board"])
@pytest.mark.parametrize("read", [9_600, 19_200, 38_400, 57_600, 230_400, 460_800, 921_600])
def test_a_console_read_at_another_speed_than_it_is_sent_is_told_by_its_unreadable_bytes(
    read: int, target: str
) -> None:
    data = heard(console_bytes("mps2_an385-lifecycle")[:1500], sent=115_200, read=read)
    reader = ConsoleReader()
    lines = reader.feed(data) + reader.close()
    found = the_only(waited_in_vain(*(Noise(line.text) for line in lines), target=target))
    assert found.title == "The console is unreadable"
    assert "speed of the port" in found.likely_cause
    assert "`baud`" in found.next_step


def test_a_console_read_at_the_right_speed_is_no_garbage() -> None:
    data = heard(console_bytes("mps2_an385-lifecycle")[:1500], sent=115_200, read=115_200)
    assert data == console_bytes("mps2_an385-lifecycle")[:1500]


def test_a_silent_console_of_a_board_is_the_wrong_port_or_no_running_board() -> None:
    recording = waited_in_vain()
    found = the_only(recording)
    assert found.title == "The console is silent"
    assert "not the board's port" in found.likely_cause
    assert "reset button" in found.next_step
    assert found.evidence == (2, 3, 4)


def test_a_silent_console_of_a_device_that_asks_for_the_time_is_the_wrong_console() -> None:
    found = the_only(waited_in_vain(SntpExchange("192.0.2.101:123", "23", "24", 1.0)))
    assert found.title == "The console is silent"
    assert "the device runs" in found.likely_cause
    assert "ocpp-rig bench scan" in found.next_step


def test_what_a_helper_of_the_rig_says_is_no_word_of_the_board() -> None:
    found = the_only(waited_in_vain(Noise("dnsmasq-dhcp: DHCP, IP range 192.0.2.100 -- 192.0.2.110")))
    assert found.title == "The console is silent"


def test_what_the_image_before_said_until_the_reset_is_no_word_of_the_board() -> None:
    before = Noise("[00:20:00.000,000] <inf> main: of the image before")
    wire = Noise("on the wire, of what ran before the reset: ConnectionClosed(connection=1, by='CP>')")
    told = (before, *WAIT, wire, SILENCE)
    found = the_only(journal(*told, ended=False, step_s=17.0, run={"target": "board"}))
    assert found.title == "The console is silent"


def test_a_wait_that_was_cut_short_is_no_silence() -> None:
    interrupted = journal(*WAIT, RunEnded("interrupted"), ended=False)
    assert diagnose(interrupted, judge(interrupted)) == []


def test_readable_words_without_a_boot_banner_are_another_program_s() -> None:
    found = the_only(waited_in_vain(Noise("U-Boot 2024.01"), Noise("Hit any key to stop autoboot")))
    assert found.title == "The console speaks, but never shows a boot banner"
    assert "Hit any key to stop autoboot" in found.likely_cause
    assert "`reset` in the bench file" in found.next_step


def test_a_boot_banner_and_nothing_more() -> None:
    found = the_only(journal(BOOT, Missed("BootNotification", 20.0)))
    assert found.title == "After its boot banner the charge point says nothing more"
    assert found.evidence == (2, 4)


def test_another_sample_is_known_by_its_greeting() -> None:
    recording = journal(BOOT, "Hello World! stm32f769i_disco")
    assert "another program" in diagnose(recording, judge(recording))[0].title.lower()
    assert "Hello World!" in diagnose(recording, judge(recording))[0].likely_cause


def test_the_sample_s_own_greeting_is_no_other_program() -> None:
    recording = journal(*BOOTED)
    assert not any("Another" in each.title for each in diagnose(recording, judge(recording)))
