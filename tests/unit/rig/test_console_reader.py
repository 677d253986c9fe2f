"""The console reader, on the consoles of the real firmware and on garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.console.milestones import Milestone, milestone_of
from rig.console.reader import LONGEST_LINE, ConsoleReader, device_seconds
from rig.console.records import ConsoleLine, LineKind
from tests.recorded import ALL, BUILD, RECORDINGS, console_bytes, console_lines


def read(*chunks: bytes) -> list[ConsoleLine]:
    reader = ConsoleReader()
    return [line for chunk in chunks for line in reader.feed(chunk)] + reader.close()


def milestones(lines: list[ConsoleLine]) -> list[tuple[Milestone, dict[str, str]]]:
    return [(seen.milestone, dict(seen.fields)) for line in lines if (seen := milestone_of(line))]


@pytest.mark.parametrize("name", ALL)
def test_a_console_reads_the_same_at_every_cut(name: str) -> None:
    data = console_bytes(name)
    whole = read(data)
    assert whole
    assert read(*(data[i : i + 1] for i in range(len(data)))) == whole
    assert all(read(data[:cut], data[cut:]) == whole for cut in range(len(data)))


@pytest.mark.parametrize("name", ALL)
def test_no_printed_character_of_a_recording_is_lost(name: str) -> None:
    printed = console_bytes(name).decode()
    for colour in ("\x1b[0m", "\x1b[1;31m", "\x1b[1;33m"):
        printed = printed.replace(colour, "")
    lines = console_lines(name)
    assert [line.text for line in lines] == [text for raw in printed.splitlines() if (text := raw.rstrip())]


@pytest.mark.parametrize("name", [name for name in ALL if "lifecycle" in name])
def test_every_target_tells_the_whole_lifecycle(name: str) -> None:
    told = milestones(console_lines(name))
    steps = [(milestone, fields.get("connector")) for milestone, fields in told]
    assert (Milestone.BOOT, {"build": BUILD}) in told
    for connector in ("1", "2"):
        mine = [milestone for milestone, of in steps if of == connector]
        # Its pseudo-terminal was opened a moment late in one recording; the charging is whole in all.
        assert mine == [Milestone.AUTHORIZED, Milestone.STARTED, Milestone.STOPPED]
    assert any(milestone is Milestone.CLOCK for milestone, _ in told)
    assert any(milestone is Milestone.READY for milestone, _ in told)


def test_the_wording_of_the_documentation_is_understood() -> None:
    told = milestones(read((RECORDINGS / "seed-documentation.log").read_bytes()))
    assert (Milestone.BOOT, {"build": "v3.6.0-rc1-37-g8c035d8f24cf"}) in told
    assert (Milestone.SAMPLE, {"board": "stm32f769i_disco"}) in told
    assert (Milestone.ADDRESS, {"ip": "192.168.1.101"}) in told
    assert (Milestone.SERVER, {"host": "122.165.245.213", "port": "8180"}) in told
    assert (Milestone.CLOCK, {"epoch": "1707890823"}) in told


def test_a_log_record_is_taken_apart() -> None:
    (line,) = read(b"[00:01:07.064,250] \x1b[1;31m<err> main: ocpp auth -11> idcon 1 status 0\x1b[0m\r\n")
    assert line == ConsoleLine(
        LineKind.LOG,
        "[00:01:07.064,250] <err> main: ocpp auth -11> idcon 1 status 0",
        boot=0,
        device_s=67.06425,
        level="err",
        module="main",
        message="ocpp auth -11> idcon 1 status 0",
    )


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [("00:00:02.642,000", 2.642), ("1d, 00:00:01.000,000", 86401.0), ("01:02:03.004", 3723.004), ("0012345", None)],
)
def test_time_stamps(stamp: str, seconds: float | None) -> None:
    assert device_seconds(stamp) == seconds


def test_a_reset_in_the_middle_of_a_line_starts_a_new_one() -> None:
    half, banner = read(b"[00:00:12.410,000] <inf> main: oc*** Booting Zephyr OS build abc ***\r\n")
    assert (half.text, half.whole) == ("[00:00:12.410,000] <inf> main: oc", False)
    assert (banner.what, banner.message, banner.boot) == (LineKind.BOOT, "abc", 1)


def test_boots_are_counted() -> None:
    assert [line.boot for line in console_lines("mps2_an385-reset") if line.what is LineKind.BOOT] == [1, 2]


@pytest.mark.parametrize(
    ("name", "first"),
    [("mps2_an385-usage-fault", "***** USAGE FAULT *****"), ("qemu_x86-page-fault", "Page fault at address 0")],
)
def test_a_fatal_error_is_seen(name: str, first: str) -> None:
    fatal = [line for line in console_lines(name) if line.what is LineKind.FATAL]
    assert first in fatal[0].text
    assert any("ZEPHYR FATAL ERROR" in line.text for line in fatal)


def test_a_healthy_console_has_no_fatal_line() -> None:
    lines = [line for name in ALL if "lifecycle" in name for line in console_lines(name)]
    assert [line.text for line in lines if line.what in {LineKind.FATAL, LineKind.SANITIZER, LineKind.DROPPED}] == []


@pytest.mark.parametrize(
    "text",
    [
        "==12345==ERROR: AddressSanitizer: heap-buffer-overflow on address 0xf5",
        "subsys/net/lib/ocpp/core.c:41:12: runtime error: load of misaligned address",
    ],
)
def test_sanitizer_reports_are_told_from_text(text: str) -> None:
    assert [line.what for line in read(text.encode() + b"\n")] == [LineKind.SANITIZER]


def test_dropped_messages_are_seen() -> None:
    assert [line.what for line in read(b"--- 14 messages dropped ---\r\n")] == [LineKind.DROPPED]


def test_line_ends_in_any_mix_end_lines_and_make_none() -> None:
    assert [line.text for line in read(b"a\r\nb\n\rc\rd\n\n\re")] == ["a", "b", "c", "d", "e"]


def test_an_unfinished_line_is_kept_and_marked() -> None:
    whole, half = read(b"whole\nhalf")
    assert (whole.whole, half.text, half.whole) == (True, "half", False)


def test_bytes_that_are_no_text_are_shown_and_not_lost() -> None:
    assert [line.text for line in read(b"\xff\xfeabc\x00\x07\r\n")] == [r"\xff\xfeabc\x00\x07"]


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_garbage_in_any_cut_gives_the_same_lines(chunks: list[bytes]) -> None:
    assert read(*chunks) == read(b"".join(chunks))


@given(st.binary(max_size=400).map(lambda data: data + b"\n*** Booting Zephyr OS build 1234 ***\n"))
def test_garbage_never_hides_the_boot_that_follows(data: bytes) -> None:
    assert [line.message for line in read(data) if line.what is LineKind.BOOT][-1:] == ["1234"]


@given(st.integers(1, 3 * LONGEST_LINE), st.integers(1, 500))
def test_a_line_without_end_is_passed_on_in_pieces(length: int, step: int) -> None:
    data = b"x" * length + b"\n"
    lines = read(*(data[i : i + step] for i in range(0, len(data), step)))
    assert sum(len(line.text) for line in lines) == length
    assert max(len(line.text) for line in lines) <= LONGEST_LINE
    assert lines == read(data)
