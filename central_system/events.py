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
    """A charge point's WebSocket opening handshake (RFC 6455 §4.1): path, sub-protocols offered, all headers."""

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
    """One SNTP datagram received (hex) and the answer to it; `epoch_s` is the time told, in seconds since 1970."""

    kind: ClassVar = "sntp"
    peer: str
    request: str
    reply: str | None
    epoch_s: float | None


@dataclass(frozen=True, slots=True)
class ServerProblem:
    """The central system could not handle a message; the connection stays open."""

    kind: ClassVar = "server-problem"
    charge_point: str
    message: str
    problem: str


WireEvent = (
    ConnectionOpened | Upgrade | UpgradeAnswer | Frame | Undecodable | ConnectionClosed | SntpExchange | ServerProblem
)
Observer = Callable[[WireEvent], object]
