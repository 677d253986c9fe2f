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
    """One WebSocket frame as it was on the wire between charge point and tap.

    What the charge point sent is there as it came, what it was sent as it went out: impaired, where it was, and not at
    all where it was dropped. What was done to it is told by `Impaired`.

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


@dataclass(frozen=True, slots=True)
class Impaired:
    """The tap did something on purpose to what `sender` sends; to both directions where that is None.

    `how` is

    - `set`: from now on `what`, as `central_system.impairments.standing` spells it, shapes what passes (empty: nothing
      does), on this connection or, where that is None, on all.
    - `shaped`: a unit met `what`. A frame, as it came, has `opcode` and `text` or `data`, as in `Frame`, which for the
      central system's follows when and if it leaves; what is no frame has none of them. `sent` is what goes on instead
      of its bytes, in hex, once; empty: nothing; None: its own bytes. `for_s` are wall seconds that it is held back at
      least.
    - `done`: an act, done once: the frame or the bytes (`sent`) that were injected, half-close, reset, hang-up; or a
      cut of the whole link, for `for_s` wall seconds or until it is mended.
    - `lost`: what was under way when the connection ended.
    """

    kind: ClassVar = "impaired"
    connection: int | None
    sender: Direction | None
    how: Literal["set", "shaped", "done", "lost"]
    what: str
    opcode: str | None = None
    text: str | None = None
    data: str | None = None
    sent: str | None = None
    for_s: float | None = None


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
    | Impaired
)
Observer = Callable[[WireEvent], object]
