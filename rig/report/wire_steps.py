"""What was on the wire as arrows: messages, other frames, connections, SNTP."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Direction,
    Frame,
    SntpExchange,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
)
from central_system.web.secrecy import text_without_password
from rig.journal.codec import Entry
from rig.journal.messages import Call, Message, MessageType
from rig.journal.recording import Recording
from rig.report.essentials import essentials
from rig.report.steps import Arrow, Lane, Tone

ROUTINE = frozenset({"Heartbeat", "MeterValues"})
"""What a charge point says again and again."""
LONGEST = 300
"""Characters of what was sent; the journal has the rest."""
SWITCHING_PROTOCOLS = 101
"""The only right answer to an upgrade (RFC 6455 §4.2.2)."""
CHARGE_POINT: Direction = "CP>"
CENTRAL_SYSTEM: Direction = "CS>"
SIDES = {
    CHARGE_POINT: (Lane.CHARGE_POINT, Lane.CENTRAL_SYSTEM),
    CENTRAL_SYSTEM: (Lane.CENTRAL_SYSTEM, Lane.CHARGE_POINT),
}

Connected = ConnectionOpened | Upgrade | UpgradeAnswer | Frame | Undecodable | ConnectionClosed


class WireSteps:
    """Tells of one event in the light of all: what an answer answers, whether there is more than one connection."""

    def __init__(self, recording: Recording) -> None:
        self._messages = {message.n: message for message in recording.messages}
        self._calls: dict[int, Call] = {}
        for call in recording.calls:
            self._calls |= {each.n: call for each in (call.request, call.answer) if each}
        connected = (each.event for each in recording.entries if isinstance(each.event, Connected))
        self._several = len({each.connection for each in connected}) > 1

    def arrow(self, entry: Entry, event: Connected) -> Arrow:
        """The arrow of an event on a connection; its number is told where there are several."""
        told = self._arrow(entry, event)
        return replace(told, name=f"#{event.connection} {told.name}") if self._several else told

    def _arrow(self, entry: Entry, event: Connected) -> Arrow:  # noqa: PLR0911  (one line for each kind of event)
        match event:
            case Frame() as frame:
                message = self._messages.get(entry.n)
                return self._message(entry, message) if message else _other_frame(entry, frame)
            case ConnectionOpened(peer=peer):
                return _between(entry, CHARGE_POINT, "TCP connection", f"from {peer}")
            case Upgrade(path=path, subprotocols=offered):
                return _between(entry, CHARGE_POINT, "WebSocket", f"{path}, {', '.join(offered) or 'no sub-protocol'}")
            case UpgradeAnswer(status=status, subprotocol=chosen):
                told = replace(_between(entry, CENTRAL_SYSTEM, f"HTTP {status}"), is_answer=True)
                if status == SWITCHING_PROTOCOLS:
                    return replace(told, detail=chosen or "no sub-protocol")
                return replace(told, remark="refused", tone=Tone.FAULT)
            case Undecodable(sender=sender, data=data, why=why):
                detail = f"{why}: {len(data) // 2} bytes {data[:LONGEST]}"
                return replace(_between(entry, sender, "no WebSocket", detail), tone=Tone.BAD)
            case ConnectionClosed(by=by):
                return replace(_between(entry, by, f"connection closed by the {SIDES[by][0]}"), cut=True)

    def _message(self, entry: Entry, message: Message) -> Arrow:
        if message.type is None:
            detail = f"{message.problem}: {text_without_password(message.raw)[:LONGEST]}"
            return replace(_between(entry, message.sender, "no OCPP-J", detail), tone=Tone.BAD)
        call = self._calls.get(message.n)
        is_call = message.type is MessageType.CALL
        action = call.request.action if call else ""
        told = _between(entry, message.sender, action, essentials(message.payload))
        told = replace(told, is_answer=not is_call)
        if not call:
            return replace(told, name=message.type.name, remark="answers no call", tone=Tone.BAD)
        if not call.answer:
            return replace(told, remark="never answered", tone=Tone.BAD)
        told = replace(told, partner=call.answer.n if is_call else call.request.n)
        if message.type is MessageType.CALLERROR:
            code, description = json.loads(message.raw)[2:4]
            return replace(told, name="CALLERROR", detail=f"{action}: {code} {description}"[:LONGEST], tone=Tone.FAULT)
        return replace(told, name=action if is_call else f"{action}.conf", routine=action if action in ROUTINE else "")


def _between(entry: Entry, sender: Direction, name: str, detail: str = "") -> Arrow:
    source, target = SIDES[sender]
    return Arrow(n=entry.n, t=entry.t, source=source, target=target, name=name, detail=detail)


def _other_frame(entry: Entry, frame: Frame) -> Arrow:
    """A control frame, a fragment, or what OCPP-J has no use for: it knows text messages only (OCPP-J 1.6 §4.1)."""
    data = frame.data or ""
    told = _between(entry, frame.sender, frame.opcode, f"{len(data) // 2} bytes {data[:LONGEST]}".rstrip())
    if not frame.final or frame.opcode in {"text", "cont"}:
        text = frame.text if frame.text is not None else data
        return replace(told, name="fragment", detail=text_without_password(text)[:LONGEST])
    if frame.opcode == "close":
        return replace(told, detail=_close_reason(bytes.fromhex(data)))
    return told if frame.opcode in {"ping", "pong"} else replace(told, tone=Tone.BAD)


def _close_reason(data: bytes) -> str:
    """Status code and reason of a close frame (RFC 6455 §5.5.1)."""
    return f"{int.from_bytes(data[:2])} {data[2:].decode(errors='replace')}".rstrip() if data else "without a code"


def sntp_steps(entry: Entry, exchange: SntpExchange) -> Iterator[Arrow]:
    """The request, and the answer or the want of one."""
    asked = Arrow(n=entry.n, t=entry.t, source=Lane.CHARGE_POINT, target=Lane.SNTP, name="SNTP request")
    tone = Tone.FAULT if exchange.fault else Tone.PLAIN
    fault = f"fault {exchange.fault}" if exchange.fault else ""
    if exchange.reply is None:
        yield replace(asked, remark=fault or "not answered", tone=Tone.FAULT if fault else Tone.BAD)
        return
    yield asked
    yield Arrow(
        n=entry.n,
        t=entry.t,
        source=Lane.SNTP,
        target=Lane.CHARGE_POINT,
        name="time",
        detail=_utc(exchange.epoch_s),
        remark=fault,
        is_answer=True,
        tone=tone,
    )


def _utc(epoch_s: float | None) -> str:
    try:
        return "" if epoch_s is None else f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{epoch_s:g} s since 1970"
