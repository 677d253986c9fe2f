"""The journal: crash-safe, readable, awaited by description and budget."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_system.events import Frame, Upgrade
from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Entry, Event, JournalDamagedError, decode, decode_all, encode
from rig.journal.events import Action, DeviceEvent, Noise, RunEnded
from rig.journal.journal import DeviceLostError, Journal, NotSeenError
from rig.journal.messages import MessageType, calls_of, messages_of
from rig.journal.recording import Recording
from tests.recorded import call, journal_of

EVENTS: list[Event] = [
    ConsoleLine(LineKind.LOG, "[00:00:01.000,000] <inf> main: x", 1, 1.0, "inf", "main", "x"),
    Frame(1, "CP>", "text", '[2,"1","Heartbeat",{}]'),
    Frame(1, "CS>", "close", None, "03e8"),
    Upgrade(2, "/x", ("ocpp1.6",), {"Host": "h"}),
    Action("UnlockConnector", {"status": "Unlocked"}),
    DeviceEvent("exited", 7, -11),
    RunEnded(),
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl") as opened:
        yield opened


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_as_it_was_written(event: Event) -> None:
    assert decode(encode(Entry(3, 1.25, event))) == Entry(3, 1.25, event)


@given(st.text())
def test_whatever_a_device_prints_comes_back(text: str) -> None:
    entry = Entry(1, 0.0, Noise(text))
    encoded = encode(entry)
    assert "\n" not in encoded
    assert decode(encoded) == entry


def test_a_whole_recording_comes_back() -> None:
    entries = journal_of("qemu_x86-lifecycle").entries
    written = "".join(encode(entry) + "\n" for entry in entries)
    assert [entry.event for entry in decode_all(written)] == [entry.event for entry in entries]


@pytest.mark.parametrize("lost", [1, 10, 40])
def test_a_journal_cut_short_is_read_to_its_last_whole_line(lost: int) -> None:
    lines = [encode(entry) + "\n" for entry in journal_of("native_sim-lifecycle", dhcp=False).entries]
    kept = list(decode_all("".join(lines)[:-lost]))
    assert len(kept) == len(lines) - 1


def test_damage_before_the_end_is_not_passed_over() -> None:
    with pytest.raises(JournalDamagedError, match="not a journal line"):
        list(decode_all('{"n": 1, "t": 0}\n{"n": 2, "t": 0, "kind": "end"}\n'))


@pytest.mark.parametrize("text", ["", "no journal\n", '{"n": 1, "t": 0.0, "kind": "end"}\n'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(JournalDamagedError):
        Recording.load(file)


def test_every_event_is_on_disk_when_it_is_recorded(journal: Journal) -> None:
    journal.record(Noise("first"))
    assert len(journal.path.read_text(encoding="utf-8").splitlines()) == 1
    journal.record(Noise("second"))
    assert len(journal.path.read_text(encoding="utf-8").splitlines()) == 2


def test_waiting_ends_with_the_event(journal: Journal) -> None:
    async def scenario() -> Entry:
        waiting = asyncio.create_task(journal.wait_for("noise", lambda e: isinstance(e, Noise), within_s=5))
        await asyncio.sleep(0)  # let it begin to wait
        journal.record(RunEnded())
        journal.record(Noise("x"))
        return await waiting

    assert asyncio.run(scenario()).n == 2


def test_what_is_there_already_is_not_waited_for(journal: Journal) -> None:
    journal.record(Noise("x"))
    found = asyncio.run(journal.wait_for("noise", lambda e: isinstance(e, Noise), within_s=0.01))
    assert found.n == 1


def test_only_what_comes_after_a_line_counts(journal: Journal) -> None:
    journal.record(Noise("x"))
    with pytest.raises(NotSeenError):
        asyncio.run(journal.wait_for("noise", lambda e: isinstance(e, Noise), within_s=0.01, after=1))


def test_a_time_out_shows_what_did_come_and_where_the_rest_is(journal: Journal) -> None:
    for number in range(10):
        journal.record(ConsoleLine(LineKind.TEXT, f"console line {number}", 1))
    journal.record(Frame(1, "CP>", "text", call("7", "Heartbeat", {})))
    with pytest.raises(NotSeenError) as caught:
        asyncio.run(journal.wait_for("the StopTransaction", lambda _: False, within_s=0.01))
    told = str(caught.value)
    assert "the StopTransaction was not seen within 0.01 s" in told
    assert "console line 9" in told
    assert "console line 3" not in told
    assert 'CP> [2,"7","Heartbeat",{}]' in told
    assert str(journal.path) in told


def test_a_device_that_ends_ends_the_waiting_at_once(journal: Journal) -> None:
    async def scenario() -> None:
        waiting = asyncio.create_task(journal.wait_for("the banner", lambda _: False, within_s=60))
        await asyncio.sleep(0)
        journal.record(DeviceEvent("exited", 1, 139))
        await waiting

    with pytest.raises(DeviceLostError, match="139"):
        asyncio.run(scenario())


def test_a_device_that_halts_without_ending_ends_the_waiting_too(journal: Journal) -> None:
    """An Arm QEMU outlives a fatal error: only the console tells."""
    journal.record(ConsoleLine(LineKind.FATAL, "[00:00:10.450,000] <err> os: Halting system", 1))
    with pytest.raises(DeviceLostError, match="the StopTransaction was not seen: it halted after a fatal error"):
        asyncio.run(journal.wait_for("the StopTransaction", lambda _: False, within_s=60))


@pytest.mark.parametrize("life", [DeviceEvent("reset", 1), ConsoleLine(LineKind.BOOT, "*** Booting ***", 2)])
def test_a_device_that_boots_again_is_waited_for_again(journal: Journal, life: Event) -> None:
    journal.record(ConsoleLine(LineKind.FATAL, "Halting system", 1))
    journal.record(life)
    with pytest.raises(NotSeenError, match="not seen within"):
        asyncio.run(journal.wait_for("the banner", lambda _: False, within_s=0.01))


def entries_of(*frames: Frame) -> list[Entry]:
    return [Entry(n, n / 10, frame) for n, frame in enumerate(frames, start=1)]


def test_fragments_make_one_message() -> None:
    (message,) = messages_of(
        entries_of(
            Frame(1, "CP>", "text", '[2,"1","Heart', final=False),
            Frame(1, "CS>", "ping", None, ""),
            Frame(1, "CP>", "cont", 'beat",{}]'),
        )
    )
    assert (message.action, message.n) == ("Heartbeat", 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("{}", "not an array"),
        ("[]", "not an array"),
        ('[9,"1",{}]', "message type"),
        ('[2,"1",{}]', "a CALL of 3 elements instead of 4"),
        ("[3,7,{}]", "the message id is 7"),
        ('[2,"1",5,{}]', "the action is 5"),
    ],
)
def test_what_is_no_ocpp_says_why(text: str, problem: str) -> None:
    (message,) = messages_of(entries_of(Frame(1, "CP>", "text", text)))
    assert message.type is None
    assert problem in message.problem


def test_a_call_is_paired_with_the_answer_of_the_other_side_only() -> None:
    (paired,) = calls_of(
        messages_of(
            entries_of(
                Frame(1, "CS>", "text", '[3,"a",{}]'),
                Frame(1, "CP>", "text", call("a", "Heartbeat", {})),
                Frame(1, "CP>", "text", '[3,"a",{}]'),
                Frame(2, "CS>", "text", '[3,"a",{}]'),
                Frame(1, "CS>", "text", '[4,"a","InternalError","",{}]'),
            )
        )
    )
    assert paired.answer is not None
    assert (paired.answer.n, paired.answer.type, paired.result) == (5, MessageType.CALLERROR, None)
    assert paired.answered_after_s == pytest.approx(0.3)
