"""Impairments by name: how they are written and read, and what they leave as it was."""

from dataclasses import fields
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from central_system.impairments.frames import frame_bytes
from central_system.impairments.passage import SWITCHED
from central_system.impairments.portion import Portion
from central_system.impairments.spoiling import spoil
from central_system.impairments.standing import CATALOGUE, NO_IMPAIRMENTS, ImpairmentError, Impairments, catalogue
from central_system.named import forms
from central_system.wire import WireDecoder

EACH = [
    "delay=0.3",
    "jitter=0.05",
    "split=7",
    "split=7,gap=0.2",
    "dribble=0.01",
    "fragment=10",
    "truncate=0",
    "break-off=5",
    "corrupt=3",
    "duplicate=3",
    "coalesce=2",
    "reorder",
    "coalesce=2,hold=1.5",
    "drop",
    "black-hole",
    "drop,only=Authorize",
    "drop,nth=3",
    "corrupt=any,seed=7",
]
TOGETHER = "delay=0.3,jitter=0.05,split=7,gap=0.5,fragment=10,truncate=50,only=StartTransaction,nth=2,seed=1"

# How they are written


@pytest.mark.parametrize("text", [*EACH, TOGETHER, ""])
def test_what_is_written_is_read_back(text: str) -> None:
    assert str(Impairments.parse(text)) == text


def test_each_impairment_that_there_is_has_its_name() -> None:
    named = {word.partition("=")[0] for text in EACH for word in text.split(",")}
    assert named == set(CATALOGUE)
    assert len(fields(Impairments)) == len(CATALOGUE)
    assert (
        Impairments.parse("delay=0.3, black-hole")
        if False
        else Impairments.parse("delay=0.3 split=7") == Impairments(delay=0.3, split=7)
    )


def test_an_amount_may_be_left_out_where_there_is_a_usual_one() -> None:
    read = Impairments.parse("dribble,corrupt,duplicate,coalesce")
    assert read == Impairments(dribble=0.0, corrupt="any", duplicate=2, coalesce=2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dely=2", "there is no 'dely'"),
        ("delay", "delay takes seconds from 0 to 3600, not ''"),
        ("delay=soon", "delay takes seconds from 0 to 3600, not 'soon'"),
        ("delay=-1", "delay takes seconds from 0 to 3600, not '-1'"),
        ("jitter=nan", "jitter takes seconds from 0 to 3600, not 'nan'"),
        ("split=0", "split takes a whole number from 1 to 1048576, not '0'"),
        ("split=1.5", "split takes a whole number from 1 to 1048576, not '1.5'"),
        ("corrupt=first", "corrupt takes a whole number from 0 to 1048576, or any, not 'first'"),
        ("duplicate=1", "duplicate takes a whole number from 2 to 1000, not '1'"),
        ("drop=1", "drop takes no amount, not '1'"),
        ("drop,only=Autorize", "only takes an OCPP action or ping, pong, close, binary, not 'Autorize'"),
        ("delay=1,delay=2", "delay is named twice"),
        ("gap=1", "gap goes with split or fragment only (gap=1)"),
        ("delay=1,hold=1", "hold goes with coalesce or reorder only"),
        ("delay=1,seed=1", "seed goes with jitter or corrupt only"),
        ("drop,delay=1", "drop does not go with delay"),
        ("black-hole,only=Authorize", "black-hole does not go with only"),
        ("dribble,split=1", "dribble does not go with split"),
        ("only=Authorize,nth=2", "only=Authorize,nth=2 says which frames, and not what is done to them"),
    ],
)
def test_an_error_says_what_is_wrong_and_lists_what_there_is(text: str, problem: str) -> None:
    with pytest.raises(ImpairmentError) as error:
        Impairments.parse(text)
    said = str(error.value)
    assert said.startswith(problem)
    assert said.endswith(", ".join(forms(CATALOGUE)))


def test_impairments_made_by_a_program_are_checked_as_well() -> None:
    with pytest.raises(ImpairmentError, match="delay takes seconds from 0 to 3600, not '-1'"):
        Impairments(delay=-1)


@given(st.text(max_size=30))
def test_any_other_text_is_an_error_with_the_list(text: str) -> None:
    # Hypothesis tries words of the source as well.
    assume(not any(word.partition("=")[0] in CATALOGUE for word in text.replace(",", " ").split()))
    if text.replace(",", " ").strip():
        with pytest.raises(ImpairmentError, match="delay=SECONDS"):
            Impairments.parse(text)
    else:
        assert Impairments.parse(text) == NO_IMPAIRMENTS


def test_the_catalogue_has_a_line_for_each() -> None:
    lines = catalogue().splitlines()
    assert [line.split()[0] for line in lines] == forms(CATALOGUE)
    assert lines[0].startswith("delay=SECONDS  ")
    assert "duplicate[=TIMES] " in catalogue()
    assert all(line[20:].strip() for line in lines)


# What they leave as it was

PAYLOADS = st.binary(max_size=300) | st.text(max_size=100).map(str.encode)
SIZES = st.integers(1, 400)


def decoded(pieces: list[bytes], *, masked: bool) -> list[Frame]:
    """The frames that the other side reads of these pieces."""
    decoder = WireDecoder(from_charge_point=masked)
    decoder.feed(b"GET / HTTP/1.1\r\n\r\n" if masked else SWITCHED)
    frames = [unit.what for piece in pieces for unit in decoder.feed(piece)]
    assert decoder.pending == 0
    assert all(isinstance(frame, Frame) for frame in frames)
    return [frame for frame in frames if isinstance(frame, Frame)]


@given(PAYLOADS, st.builds(Impairments, fragment=SIZES, split=SIZES), st.booleans(), st.booleans())
def test_fragments_split_anywhere_are_the_message_again(
    payload: bytes, wanted: Impairments, mask: bool, final: bool
) -> None:
    opcode = Opcode.BINARY
    raw = frame_bytes(opcode, payload, mask=mask, final=final)
    spoilt = spoil(Frame(opcode, payload, final), raw, wanted, Random(0), mask=mask)
    pieces = list(Portion(spoilt.writes, 0.0, shape=wanted).pieces())
    assert all(pieces)
    frames = decoded(pieces, masked=mask)
    assert b"".join(bytes(frame.data) for frame in frames) == payload
    assert [frame.opcode for frame in frames] == [opcode] + [Opcode.CONT] * (len(frames) - 1)
    assert [frame.fin for frame in frames] == [False] * (len(frames) - 1) + [final]
    assert all(len(frame.data) <= (wanted.fragment or 0) for frame in frames)


@given(st.binary(min_size=1, max_size=300), SIZES)
def test_a_split_or_dribble_changes_no_byte(raw: bytes, offset: int) -> None:
    split = list(Portion((raw,), 0.0, shape=Impairments(split=offset)).pieces())
    assert b"".join(split) == raw
    assert [len(piece) for piece in split] == ([offset, len(raw) - offset] if offset < len(raw) else [len(raw)])
    dribbled = list(Portion((raw,), 0.0, shape=Impairments(dribble=0.1)).pieces())
    assert b"".join(dribbled) == raw
    assert {len(piece) for piece in dribbled} == {1}


@given(PAYLOADS, st.integers(0, 300), st.integers(0, 2**32), st.booleans())
def test_corruption_flips_one_bit_of_the_payload_or_nothing(payload: bytes, place: int, seed: int, mask: bool) -> None:
    raw = frame_bytes(Opcode.TEXT, payload, mask=mask)
    for where in (place, "any"):
        wanted = Impairments(corrupt=where)
        spoilt = spoil(Frame(Opcode.TEXT, payload), raw, wanted, Random(seed), mask=mask)
        (frame,) = decoded(list(spoilt.writes), masked=mask)
        changed = [a ^ b for a, b in zip(bytes(frame.data), payload, strict=True) if a != b]
        has_place = bool(payload) if where == "any" else place < len(payload)
        assert [bits.bit_count() for bits in changed] == [1] * has_place
        assert spoilt.by == (("corrupt",) if has_place else ())


@given(PAYLOADS, st.integers(0, 300))
def test_a_truncated_payload_is_the_beginning_of_the_right_one(payload: bytes, length: int) -> None:
    raw = frame_bytes(Opcode.TEXT, payload, mask=True)
    wanted = Impairments(truncate=length)
    spoilt = spoil(Frame(Opcode.TEXT, payload), raw, wanted, Random(0), mask=True)
    (frame,) = decoded(list(spoilt.writes), masked=True)
    assert bytes(frame.data) == payload[:length]
    assert (spoilt.writes == (raw,)) == (length >= len(payload)), "what is not changed keeps its very bytes"
