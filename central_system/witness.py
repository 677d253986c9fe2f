"""What is to be seen of one charge point's connection, and told to an observer."""

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import Literal

from websockets.exceptions import WebSocketException
from websockets.frames import Close, CloseCode, Opcode
from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Request, Response

from central_system.caller import Caller
from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Direction,
    Frame,
    Impaired,
    Observer,
    TurnedAway,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
)
from central_system.paths import identity_of
from central_system.security.basic import shown, shown_bytes
from central_system.wire import Undecoded, Unit, payload_of

LOG = logging.getLogger(__name__)

LONGEST_WHY = 200
CUT_SHORT = "the connection closed within it"
SHOWN_BYTES = 4096
"""How much of what nobody understands is told: it may be as long as somebody likes."""
TLS_HANDSHAKE = b"\x16\x03"
"""How one begins (RFC 8446 §5.1): record type 22 and version 3."""


class Witness:
    """Tells the observer of a connection, and knows how far it has come.

    `has_asked`: the upgrade request is in; `is_open`, and `opened` to wait for: it was answered 101;
    `turned_away`: once it is.
    """

    def __init__(self, caller: Caller, observe: Observer) -> None:
        self._caller = caller
        self._observe = observe
        self._charge_point_leaves = False
        self.has_asked = False
        self.is_open = False
        self.opened = asyncio.Event()
        self.turned_away: TurnedAway | None = None

    def begin(self) -> None:
        """The connection is there."""
        self._observe(ConnectionOpened(self._caller.connection, self._caller.peer))

    def end(self, by: Direction) -> None:
        """The connection is over."""
        self._observe(ConnectionClosed(self._caller.connection, by))

    def turn_away(self, status: int | None, why: str) -> None:
        """The connection is refused, or ended by the central system; see `TurnedAway`."""
        caller = self._caller
        # Parts of it may be what somebody sent, and it goes to terminals.
        why = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in why[:LONGEST_WHY])
        LOG.info("connection %d of %s at %s: %s (%s)", caller.connection, caller.identity, caller.peer, why, status)
        self.turned_away = TurnedAway(caller.connection, caller.identity, caller.peer, status, why)
        self._observe(self.turned_away)

    def see(self, sender: Direction, unit: Unit) -> None:
        """A whole unit went over the wire."""
        number = self._caller.connection
        match unit.what:
            case WebSocketFrame() as frame:
                text, data = payload_of(frame)
                self._observe(Frame(number, sender, frame.opcode.name.lower(), text, data, frame.fin))
                if frame.opcode is Opcode.CLOSE:
                    self._close(sender, frame)
            case Request() as request:
                self._ask(request)
            case Response() as response:
                self._answer(response)
            case Undecoded(why=why):
                self.see_undecoded(sender, unit.raw, why)
                if not self.has_asked:
                    hello = unit.raw.startswith(TLS_HANDSHAKE)
                    self._caller.why = "it speaks TLS (wss://), and this port is plain ws://" if hello else why

    def see_undecoded(self, sender: Direction, raw: bytes, why: str) -> None:
        """Bytes went over the wire that are no whole unit."""
        if not self.is_open:
            raw = shown_bytes(raw)
        if len(raw) > SHOWN_BYTES:
            why = f"{why}; the first {SHOWN_BYTES} of {len(raw)} bytes are shown"
        self._observe(Undecodable(self._caller.connection, sender, raw[:SHOWN_BYTES].hex(), why))

    def impaired(
        self,
        sender: Direction,
        how: Literal["shaped", "done", "lost"],
        what: str,
        unit: Unit | None = None,
        *,
        sent: bytes | None = None,
        for_s: float | None = None,
    ) -> None:
        """Something was done to a unit, or to the connection; see `Impaired`."""
        opcode = text = data = None
        if unit and isinstance(unit.what, WebSocketFrame):
            opcode, (text, data) = unit.what.opcode.name.lower(), payload_of(unit.what)
        sent_hex = None if sent is None else sent.hex()
        self._observe(Impaired(self._caller.connection, sender, how, what, opcode, text, data, sent_hex, for_s))

    def _ask(self, request: Request) -> None:
        self.has_asked = True
        self._caller.identity = identity_of(request.path)
        # It may come several times (RFC 6455 §11.3.4).
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
        protocols = tuple(part.strip() for part in offered.split(",") if part.strip())
        self._observe(Upgrade(self._caller.connection, request.path, protocols, shown(request.headers)))

    def _answer(self, response: Response) -> None:
        status = response.status_code
        chosen = ",".join(response.headers.get_all("Sec-WebSocket-Protocol")) or None
        self._observe(UpgradeAnswer(self._caller.connection, status, chosen))
        self.is_open = status == HTTPStatus.SWITCHING_PROTOCOLS
        if self.is_open:
            self.opened.set()
        if not self.is_open:
            self.turn_away(status, self._caller.why or bytes(response.body).decode(errors="replace").strip())

    def _close(self, sender: Direction, frame: WebSocketFrame) -> None:
        """A close frame of the central system turns away, unless it answers the charge point's."""
        if sender == "CP>":
            self._charge_point_leaves = True
        elif not self._charge_point_leaves:
            with contextlib.suppress(WebSocketException, UnicodeDecodeError):
                close = Close.parse(frame.data)
                if self._caller.why or close.code not in {CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY}:
                    self.turn_away(close.code, self._caller.why or close.reason)
