"""What a person reads of an event on the wire."""

from datetime import UTC, datetime
from functools import singledispatch

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Frame,
    Impaired,
    ServerProblem,
    SntpExchange,
    TurnedAway,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
    WireEvent,
)
from central_system.web.secrecy import KEY, text_without_password

LONGEST = 16 * 1024
"""Characters; a frame may have a million."""

LONGEST_HEX = 256


def text_of(event: WireEvent) -> str:
    """The payload of a frame; a sentence for everything else."""
    return _cut(_text(event), LONGEST)


@singledispatch
def _text(event: WireEvent) -> str:
    raise TypeError(f"nobody said how to tell {event!r}")


@_text.register
def _(frame: Frame) -> str:
    if frame.text is not None:
        if frame.opcode == "cont" or not frame.final:
            # A password may be cut in two; the other part alone would not look like one.
            return f"{frame.opcode}, a fragment of {len(frame.text)} characters"
        return text_without_password(frame.text)
    return f"{frame.opcode} {_hex(frame.data or '')}".rstrip()


@_text.register
def _(opened: ConnectionOpened) -> str:
    return f"connection from {opened.peer}"


@_text.register
def _(upgrade: Upgrade) -> str:  # not its headers: a password is among them
    return f"asks for {upgrade.path}, offers {', '.join(upgrade.subprotocols) or 'no sub-protocol'}"


@_text.register
def _(answer: UpgradeAnswer) -> str:
    return f"answered {answer.status}, {answer.subprotocol or 'no sub-protocol'}"


@_text.register
def _(impaired: Impaired) -> str:
    met = text_without_password(impaired.text) if impaired.text is not None else _hex(impaired.data or "")
    return f"impaired ({impaired.how}): {impaired.what} {met}".rstrip()


@_text.register
def _(undecodable: Undecodable) -> str:
    return f"undecodable: {undecodable.why}: {_hex(undecodable.data)}"


@_text.register
def _(closed: ConnectionClosed) -> str:
    return f"closed by the {'charge point' if closed.by == 'CP>' else 'central system'}"


@_text.register
def _(problem: ServerProblem) -> str:
    # The message is as Python writes it, and where a password ends in that is not known.
    return problem.problem if KEY in problem.message.lower() else f"{problem.problem}: {problem.message}"


@_text.register
def _(turned_away: TurnedAway) -> str:
    status = "" if turned_away.status is None else f" with {turned_away.status}"
    return f"turned away {turned_away.peer}{status}: {turned_away.why}"


@_text.register
def _(exchange: SntpExchange) -> str:
    fault = f" (fault: {exchange.fault})" if exchange.fault else ""
    if exchange.epoch_s is None:
        return f"{exchange.peer} asked for the time and was not answered{fault}"
    try:
        told = datetime.fromtimestamp(exchange.epoch_s, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):  # not a moment of this calendar
        told = f"{exchange.epoch_s} s since 1970"
    return f"{exchange.peer} asked for the time and was told {told}{fault}"


def _hex(data: str) -> str:
    return _cut(data, LONGEST_HEX)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text) - longest} characters more)"
