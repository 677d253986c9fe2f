"""What the central system's side observes, one frozen dataclass for each kind of event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

Direction = Literal["CP>", "CS>"]
"""Who sent it: `CP>` the charge point, `CS>` the central system."""


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """A charge point opened TCP connection number `connection`; `peer` is its address and port."""

    kind: ClassVar = "open"
    connection: int
    peer: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A charge point's WebSocket opening handshake (RFC 6455 §4.1): path, sub-protocols offered, headers.

    A password in them is not recorded.
    """

    kind: ClassVar = "upgrade"
    connection: int
    path: str
    subprotocols: tuple[str, ...]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class UpgradeAnswer:
    """The central system's answer to it: HTTP status and the sub-protocol chosen."""

    kind: ClassVar = "upgrade-answer"
    connection: int
    status: int
    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One WebSocket frame as it was on the wire.

    `text` holds the payload as UTF-8; a payload that is none (and of a binary or control frame) is `data`, in hex.
    """

    kind: ClassVar = "frame"
    connection: int
    sender: Direction
    opcode: str
    text: str | None = None
    data: str | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Bytes that are no HTTP upgrade and no WebSocket frame, in hex, and why."""

    kind: ClassVar = "undecodable"
    connection: int
    sender: Direction
    data: str
    why: str


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """TCP connection number `connection` ended; `by` says who closed it first."""

    kind: ClassVar = "close"
    connection: int
    by: Direction


@dataclass(frozen=True, slots=True)
class SntpExchange:
    """One SNTP datagram received (hex) and the answer really sent; `epoch_s` is the time told, in seconds since 1970.

    `fault` names what was done to the answer on purpose, as `central_system.sntp_faults.SntpFaults` spells it.
    """

    kind: ClassVar = "sntp"
    peer: str
    request: str
    reply: str | None
    epoch_s: float | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ServerProblem:
    """The central system could not handle a message; the connection stays open."""

    kind: ClassVar = "server-problem"
    charge_point: str
    message: str
    problem: str
    connection: int | None = None


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The central system refused a connection, or ended it: a limit was reached, or the charge point connected again.

    `charge_point` is who it said it is, as far as it came to that. `status` is the HTTP status of the refusal, or from
    1000 the WebSocket close code (RFC 6455 §7.4); None where it was closed without a word. `why` is for a person.
    """

    kind: ClassVar = "turned-away"
    connection: int
    charge_point: str | None
    peer: str
    status: int | None
    why: str


WireEvent = (
    ConnectionOpened
    | Upgrade
    | UpgradeAnswer
    | Frame
    | Undecodable
    | ConnectionClosed
    | SntpExchange
    | ServerProblem
    | TurnedAway
)
Observer = Callable[[WireEvent], object]
