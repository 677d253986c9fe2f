"""A fact as a line of JSON: what a charge point sent comes back as it was, whatever it was."""

import json
import math
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_system.registry.facts import Fact, MetersRead, Notified, TransactionStarted
from central_system.storage.codec import DEEPEST, compact, decode, encode

# All that `json.loads` can make of a frame: lone surrogates, NUL, integers of any size, infinities.
text = st.text(st.characters(), max_size=8)
numbers = st.integers() | st.integers(-(10**40), 10**40) | st.floats(allow_nan=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | text, lambda each: st.lists(each) | st.dictionaries(text, each)
)
payloads = st.dictionaries(text, values, max_size=4).map(lambda sent: json.loads(json.dumps(sent)))


def nested(depth: int) -> object:
    value: object = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


@settings(max_examples=30, deadline=None)
@given(payloads, text, numbers, st.integers(1, 2**62))
def test_a_fact_comes_back_as_it_was(payload: dict[str, Any], name: str, at: float, sequence: int) -> None:
    fact = Notified(name, "DataTransfer", at, payload)
    line = encode(sequence, fact)
    assert line.isascii()
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert decode(line[:-1]) == (sequence, fact)


@pytest.mark.parametrize("kind", get_args(Fact))
def test_every_kind_of_fact_has_a_line(kind: type[Fact]) -> None:
    some: dict[str, Any] = {
        "at": 1.5,
        "request": {"a": [1]},
        "answer": {},
        "meter_values": [{}],
        "transaction": 7,
        "connector": 1,
    }
    fact = kind(**{each.name: some.get(each.name, "text") for each in fields(kind) if each.name != "kind"})
    assert json.loads(encode(3, fact))["kind"] == fact.kind
    assert decode(encode(3, fact)[:-1]) == (3, fact)


def test_numbers_that_are_none_come_back_too() -> None:
    line = encode(1, Notified("CP", "DataTransfer", 0.0, {"data": [math.nan, math.inf, -math.inf]}))
    _, fact = decode(line[:-1])
    assert isinstance(fact, Notified)
    assert str(fact.request["data"]) == "[nan, inf, -inf]"


@pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST, 300, 5000])
def test_what_is_nested_too_deep_is_kept_as_text(depth: int) -> None:
    line = encode(1, MetersRead("CP", 1, 7, 0.0, [nested(depth), "beside it"]))
    _, fact = decode(line[:-1])
    assert isinstance(fact, MetersRead)
    value, beside = fact.meter_values
    assert beside == "beside it"
    levels = 0
    while isinstance(value, dict | list):
        value = value["in"] if isinstance(value, dict) else value[0]
        levels += 1
    assert levels <= DEEPEST
    # The rest is there, as JSON: in the text there are the levels that are missing.
    assert levels + value.count("[") + value.count("{") == depth
    assert "core" in value


def test_many_shallow_values_stay_as_they_are() -> None:
    value = [{"sampledValue": [{"value": "1"}]}] * 200
    assert json.loads(compact(value)) == value


@given(st.data())
def test_a_line_with_a_changed_byte_is_none(data: st.DataObject) -> None:
    line = bytearray(encode(12, TransactionStarted(7, "CP", 1, "TAG", 0, 1.0, "2026-11-22T10:27:38Z", "Accepted"))[:-1])
    where = data.draw(st.integers(0, len(line) - 1))
    line[where] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[where]))
    with pytest.raises(ValueError, match="checksum"):
        decode(bytes(line))


@given(st.binary(max_size=60))
def test_garbage_is_no_line(garbage: bytes) -> None:
    with pytest.raises(ValueError, match="checksum"):
        decode(garbage)


def test_a_kind_that_only_a_newer_program_knows_is_told() -> None:
    fact = Notified("CP", "DataTransfer", 0.0, {})
    object.__setattr__(fact, "kind", "from-the-future")
    with pytest.raises(ValueError, match="knows no such from-the-future"):
        decode(encode(1, fact)[:-1])


def test_what_json_cannot_say_is_refused_before_it_is_written() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encode(1, Notified("CP", "DataTransfer", 0.0, {"data": b"bytes"}))
