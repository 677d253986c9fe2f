"""What was impaired, in the journal and as a person reads it."""

from typing import get_args

import pytest

from central_system.events import Frame, Impaired
from rig.journal.codec import TYPES, Entry, decode, encode
from rig.journal.lines import line_of
from rig.journal.messages import messages_of
from rig.report.progress import Narrator

SET = Impaired(None, "CS>", "set", "delay=0.3,only=Authorize")
NONE = Impaired(None, "CP>", "set", "")
DROPPED = Impaired(1, "CS>", "shaped", "drop", "text", '[3,"1",{}]', sent="")
DELAYED = Impaired(1, "CS>", "shaped", "delay=0.3", "text", '[3,"1",{}]', for_s=0.3)
PINGED = Impaired(1, "CS>", "done", "ping", "ping", data="6162", sent="89026162")
CUT = Impaired(None, None, "done", "cut: silent", for_s=10.0)
LOST = Impaired(1, "CP>", "lost", "", "text", '[2,"1","Heartbeat",{}]')


@pytest.mark.parametrize("event", [SET, NONE, DROPPED, DELAYED, PINGED, CUT, LOST])
def test_what_was_impaired_is_read_back_as_it_was_written(event: Impaired) -> None:
    assert TYPES["impaired"] is Impaired
    assert get_args(Impaired.__annotations__["how"]) == ("set", "shaped", "done", "lost")
    entry = Entry(7, 1.5, event)
    assert decode(encode(entry)) == entry


def test_a_frame_that_was_dropped_is_no_message_of_the_wire() -> None:
    entries = [Entry(1, 0.0, DROPPED), Entry(2, 0.0, Frame(1, "CS>", "text", '[3,"2",{}]'))]
    assert [message.uid for message in messages_of(entries)] == ["2"]


def test_a_line_for_a_person_says_what_met_which_frame() -> None:
    assert line_of(Entry(1, 1.5, DROPPED)) == '    1.500  CS> impaired by drop: [3,"1",{}]'
    assert line_of(Entry(1, 1.5, CUT)).startswith('{"n": 1,')


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (SET, "impaired, what it is sent from now on: delay=0.3,only=Authorize"),
        (NONE, "impaired, what the charge point sends from now on: not impaired"),
        (DROPPED, "impaired, what it is sent: drop"),
        (DELAYED, ""),
        (PINGED, "impaired, what it is sent: ping"),
        (CUT, "impaired, the link: cut: silent, 10 s"),
        (LOST, "impaired, what the charge point sends: a frame was lost, for the connection ended"),
    ],
)
def test_a_run_tells_what_was_done_but_not_of_each_frame_that_was_late(event: Impaired, told: str) -> None:
    lines: list[str] = []
    Narrator(lines.append)(Entry(1, 1.5, event))
    assert [line.partition(" s  ")[2] for line in lines] == ([told] if told else [])
