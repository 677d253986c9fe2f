"""Every frame against OCPP-J and the OCPP 1.6 schemas, apart from what the frames achieve."""

from collections.abc import Iterator, Mapping
from typing import Any

from ocpp.v16.enums import Action

from central_system.events import Direction, Undecodable
from central_system.operations.schemas import Side, first_fault
from rig.checks.verdict import Finding, Outcome, check, judged, lines, no_problem
from rig.journal.messages import Call, Message, MessageType
from rig.journal.recording import Recording

ACTIONS = frozenset(Action)


def _schema_problem(side: Side, action: str, payload: Mapping[str, Any]) -> str:
    """The first thing that the schema of OCPP 1.6 minds, empty where it minds nothing."""
    if action not in ACTIONS:
        return f"{action} is no action of OCPP 1.6"
    fault = first_fault(Action(action), side, payload)
    name = action + (".conf" if side is Side.RESPONSE else ".req")
    return "" if fault is None else f"{name} at {fault}" if fault.field else f"{name}: {fault}"


def _problems(recording: Recording, sender: Direction) -> Iterator[tuple[Message, str]]:
    """Every message of one side that is not OCPP 1.6, and why."""
    yield from ((m, m.problem) for m in recording.messages if m.sender == sender and m.problem)
    for call in recording.calls:
        for message, side in ((call.request, Side.REQUEST), (call.result, Side.RESPONSE)):
            if message and message.sender == sender:
                problem = _schema_problem(side, call.request.action, message.payload)
                if problem:
                    yield message, problem


def _unasked(recording: Recording) -> list[Message]:
    """CALLRESULTs and CALLERRORs of the charge point that answer no CALL."""
    paired = {call.answer.n for call in recording.calls if call.answer}
    answers = {MessageType.CALLRESULT, MessageType.CALLERROR}
    return [m for m in recording.messages if m.sender == "CP>" and m.type in answers and m.n not in paired]


@check("protocol.schema", "OCPP 1.6 JSON schemas; OCPP-J 1.6 §4")
def schema(recording: Recording) -> Finding:
    """Every message of the charge point is valid OCPP 1.6 JSON."""
    found = list(_problems(recording, "CP>"))
    undecodable = [(e, u) for e, u in recording.all(Undecodable) if u.sender == "CP>"]
    unasked = _unasked(recording)
    problems = [problem for _, problem in found] + [f"bytes that are no WebSocket: {u.why}" for _, u in undecodable]
    problems += [f"an answer to nobody, {m.uid}" for m in unasked]
    count = sum(m.sender == "CP>" for m in recording.messages)
    shown = [f"{len(problems)} of {count}: {problems[0]}"] if problems else []
    evidence = [m for m, _ in found] + [e for e, _ in undecodable] + unasked
    return no_problem(shown, f"{count} messages, all valid", "all valid", evidence)


@check("protocol.message-ids", "OCPP-J 1.6 §4.1.4: the message id of a CALL is unique on its connection")
def message_ids(recording: Recording) -> Finding:
    """No message id is used twice."""
    seen: dict[tuple[int, str], Call] = {}
    twice: list[Call] = []
    for call in recording.calls_from_charge_point():
        key = (call.request.connection, call.request.uid)
        if key in seen:
            twice += [seen[key], call]
        seen[key] = call
    measured = f"{twice[0].request.uid} used twice" if twice else f"{len(seen)} ids, each once"
    return judged(not twice, measured, "each once", twice)


@check("bench.frames", "OCPP 1.6 JSON schemas")
def own_frames(recording: Recording) -> Finding:
    """The rig's own messages are valid OCPP 1.6 JSON."""
    found = list(_problems(recording, "CS>"))
    count = sum(m.sender == "CS>" for m in recording.messages)
    if found:
        return Finding(Outcome.ERROR, found[0][1], "all valid", lines([m for m, _ in found]))
    return Finding(Outcome.PASS, f"{count} messages, all valid", "all valid", ())


PROTOCOL_CHECKS = (schema, message_ids)
