"""OCPP-J messages, as the frames of a recording hold them (OCPP-J 1.6 §4)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from central_system.events import Direction, Frame
from rig.journal.codec import Entry


class MessageType(IntEnum):
    """The first element of an OCPP-J message."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4


LENGTHS = {MessageType.CALL: 4, MessageType.CALLRESULT: 3, MessageType.CALLERROR: 5}


@dataclass(frozen=True, slots=True)
class Message:
    """One text message on the wire, at journal line `n` and time `t`.

    `problem` says why it is no OCPP-J message; `type` is then None, and whatever could be read is there all the same.
    """

    n: int
    t: float
    connection: int
    sender: Direction
    raw: str
    type: MessageType | None = None
    uid: str = ""
    action: str = ""
    payload: Any = None
    problem: str = ""

    def field(self, *path: str | int) -> Any:  # noqa: ANN401  (JSON of a device under test may be anything)
        """What the payload holds at `path`, None where it has no such place."""
        value = self.payload
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """A CALL and the first CALLRESULT or CALLERROR to it, None where none came."""

    request: Message
    answer: Message | None

    @property
    def result(self) -> Message | None:
        """The CALLRESULT, None where there was none."""
        return self.answer if self.answer and self.answer.type is MessageType.CALLRESULT else None

    @property
    def tag_accepted(self) -> bool:
        """Whether its CALLRESULT accepts the idTag that it is about (IdTagInfo, OCPP 1.6 §7)."""
        return self.result is not None and self.result.field("idTagInfo", "status") == "Accepted"

    @property
    def answered_after_s(self) -> float | None:
        """Wall seconds between the request at the tap and its answer there."""
        return self.answer.t - self.request.t if self.answer else None


def messages_of(entries: Iterable[Entry]) -> Iterator[Message]:
    """All text messages of both sides in the order of the wire; fragments are joined (RFC 6455 §5.4)."""
    begun: dict[tuple[int, Direction], str] = {}
    for entry in entries:
        frame = entry.event
        if not isinstance(frame, Frame) or frame.opcode not in {"text", "cont"}:
            continue
        key = (frame.connection, frame.sender)
        payload = frame.text if frame.text is not None else bytes.fromhex(frame.data or "").decode("latin-1")
        text = begun.pop(key, "") + payload
        if not frame.final:
            begun[key] = text
            continue
        yield _parse(text, entry, frame)


def _parse(text: str, entry: Entry, frame: Frame) -> Message:
    head = (entry.n, entry.t, frame.connection, frame.sender, text)
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Message(*head, problem=f"not JSON: {error}")
    if problem := _malformed(parts):
        return Message(*head, problem=problem)
    kind = MessageType(parts[0])
    return Message(*head, kind, parts[1], parts[2] if kind is MessageType.CALL else "", parts[-1])


def _malformed(parts: Any) -> str:  # noqa: ANN401  (JSON of a device under test may be anything)
    """Why this is no OCPP-J message, empty where it is one."""
    if not isinstance(parts, list) or not parts or parts[0] not in set(MessageType):
        return "not an array that begins with a message type of 2, 3 or 4"
    kind = MessageType(parts[0])
    if len(parts) != LENGTHS[kind]:
        return f"a {kind.name} of {len(parts)} elements instead of {LENGTHS[kind]}"
    if not isinstance(parts[1], str) or not parts[1]:
        return f"the message id is {parts[1]!r}, not a string"
    if kind is MessageType.CALL and not isinstance(parts[2], str):
        return f"the action is {parts[2]!r}, not a string"
    return ""


def calls_of(messages: Iterable[Message]) -> list[Call]:
    """Every CALL of either side with its answer: same connection, same message id, the other side, later."""
    kept = list(messages)
    answers: dict[tuple[int, str, Direction], list[Message]] = {}
    for message in kept:
        if message.type in {MessageType.CALLRESULT, MessageType.CALLERROR}:
            answers.setdefault((message.connection, message.uid, message.sender), []).append(message)
    calls = []
    for message in kept:
        if message.type is MessageType.CALL:
            other: Direction = "CS>" if message.sender == "CP>" else "CP>"
            waiting = answers.get((message.connection, message.uid, other), [])
            answer = next((each for each in waiting if each.n > message.n), None)
            if answer:
                waiting.remove(answer)
            calls.append(Call(message, answer))
    return calls
