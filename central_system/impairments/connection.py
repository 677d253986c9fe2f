"""One connection at the tap, and what can be done to it at once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal, cast

from websockets.frames import CTRL_OPCODES, Opcode
from websockets.frames import Frame as WebSocketFrame

from central_system.events import Direction
from central_system.impairments.cable import Cable
from central_system.impairments.frames import frame_bytes
from central_system.impairments.passage import Passage
from central_system.impairments.selection import Actions
from central_system.impairments.sockets import Socket, deafen, hear_again, reset_on_close
from central_system.impairments.standing import Impairments
from central_system.wire import Undecoded, Unit
from central_system.witness import Witness

Directions = Direction | Literal["both"]
INJECTED = "injected"


class NotConnectedError(Exception):
    """There is no such connection, or no more, or it cannot be reached."""


class Connection:
    """Its two directions, and acts: each is done once, now, and told as `Impaired`.

    `sender` of an act is on whose behalf it is done: `CS>` towards the charge point, unmasked as the central system
    sends; `CP>` towards the central system, masked as a charge point does (RFC 6455 §5.3). What an act sends is shaped
    by nothing, and waits for what is under way already. In the event loop only.

    `over` is who ended the connection, where neither side did by itself.

    Raises:
        NotConnectedError: by every act, where nobody is connected; by `reset` and `hang_up`, where the link is cut.
    """

    def __init__(self, number: int, witness: Witness, cable: Cable) -> None:
        self.number = number
        self.device: Socket | None = None
        """The charge point's socket."""
        self.over: asyncio.Future[Direction] = asyncio.get_running_loop().create_future()
        self._witness = witness
        self._cable = cable
        self._is_open = False
        self._is_deaf = False
        self._paused: list[asyncio.Transport] = []
        self._actions = Actions()
        self.from_charge_point = self._passage("CP>", receiver="CS>")
        self.from_server = self._passage("CS>", receiver="CP>")

    def impair(self, direction: Directions, impairments: Impairments) -> None:
        """Have these shape what passes from now on, instead of those that did."""
        for passage in self._passages(direction):
            passage.impair(impairments)
        if impairments.only is not None:
            # Whose answer an answer is only they know who have seen the request, which goes the other way.
            for passage in self._passages("both"):
                passage.shape()

    def inject(
        self,
        payload: bytes | str,
        *,
        opcode: int = Opcode.TEXT,
        final: bool = True,
        reserved: int = 0,
        sender: Direction = "CS>",
    ) -> None:
        """Send a frame, allowed or not: any opcode from 0 to 15, FIN or not, the bits RSV1 to RSV3 from 0 to 7."""
        data = payload.encode() if isinstance(payload, str) else payload
        raw = frame_bytes(opcode, data, mask=sender == "CP>", final=final, reserved=reserved)
        try:
            frame = WebSocketFrame(Opcode(opcode), data, final)
        except ValueError:  # no opcode of RFC 6455
            self._inject(sender, f"inject opcode {opcode}", Unit(Undecoded(INJECTED), raw))
        else:
            name = frame.opcode.name.lower()
            self._inject(sender, name if frame.opcode in CTRL_OPCODES else f"inject {name}", Unit(frame, raw))

    def inject_raw(self, raw: bytes, *, sender: Direction = "CS>") -> None:
        """Send these bytes as they are."""
        self._inject(sender, "inject raw", Unit(Undecoded(INJECTED), raw))

    def ping(self, payload: bytes = b"", *, sender: Direction = "CS>") -> None:
        """Send a ping (RFC 6455 §5.5.2); of 126 bytes or more it is one that is not allowed."""
        self.inject(payload, opcode=Opcode.PING, sender=sender)

    def pong(self, payload: bytes = b"", *, sender: Direction = "CS>") -> None:
        """Send a pong that nobody asked for (RFC 6455 §5.5.3)."""
        self.inject(payload, opcode=Opcode.PONG, sender=sender)

    def close(self, code: int | None = None, reason: str = "", *, sender: Direction = "CS>") -> None:
        """Send a close frame (RFC 6455 §5.5.1), with any code (§7.4) or none; the TCP connection stays as it is."""
        payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
        self.inject(payload, opcode=Opcode.CLOSE, sender=sender)

    def half_close(self, *, sender: Direction = "CS>") -> None:
        """End one direction of the connection (FIN); what comes in it later goes no further.

        Raises:
            NotConnectedError: it is TLS, which has no such thing.
        """
        self._must_be_there()
        (passage,) = self._passages(sender)
        if passage.writer and not passage.writer.can_write_eof():
            raise NotConnectedError("TLS cannot be closed in one direction only; `hang_up` closes both")
        self._witness.impaired(sender, "done", "half-close")
        passage.half_close()

    def reset(self) -> None:
        """Reset the charge point's connection (RST); the server's ends with it."""
        self._must_be_reachable()
        self._witness.impaired("CS>", "done", "reset")
        writer = self.from_server.writer
        if self.device and writer:
            reset_on_close(self.device)
            writer.transport.abort()
        self._end("CS>")

    def hang_up(self) -> None:
        """Close the connection (FIN) without a WebSocket close; what is under way is lost."""
        self._must_be_reachable()
        self._witness.impaired("CS>", "done", "hang-up")
        self._end("CS>")

    # What relay and link do with it

    def open(self, sender: Direction, writer: asyncio.StreamWriter, drain: Callable[[], Awaitable[None]]) -> Passage:
        """What `sender` says goes to this writer; `drain` waits until there is room. With both, acts can be done."""
        (passage,) = self._passages(sender)
        passage.open(writer, drain)
        self._is_open = all(each.writer for each in self._passages("both"))
        if not self._cable.is_set():
            self._stop_reading()
        return passage

    def pause(self, *, deaf: bool) -> None:
        """The link is cut; `deaf`: the kernel too takes nothing from the charge point."""
        if deaf and self.device:
            with contextlib.suppress(OSError):  # it is closed
                deafen(self.device)
                self._is_deaf = True
        self._stop_reading()

    def resume(self) -> None:
        """The link is not cut any more."""
        if self._is_deaf and self.device:
            self._is_deaf = False
            with contextlib.suppress(OSError):
                hear_again(self.device)
        while self._paused:
            self._paused.pop().resume_reading()

    async def closed(self) -> None:
        """It is over."""
        self._is_open = False
        for passage in self._passages("both"):
            await passage.close()
        if not self.over.cancel() and not self.over.cancelled():
            self.over.exception()  # so that asyncio does not complain that nobody looked

    def _passage(self, sender: Direction, *, receiver: Direction) -> Passage:
        def ended(error: BaseException) -> None:
            """By an OSError the receiver is gone; anything else is the relay's to judge."""
            if isinstance(error, OSError):
                self._end(receiver)
            elif not self.over.done():
                self.over.set_exception(error)

        return Passage(sender, witness=self._witness, actions=self._actions, is_up=self._cable.wait, ended=ended)

    def _stop_reading(self) -> None:
        """From either end: neither what it says nor that it leaves."""
        for passage in self._passages("both"):
            transport = cast("asyncio.Transport", passage.writer.transport) if passage.writer else None
            if transport and transport.is_reading():
                transport.pause_reading()
                self._paused.append(transport)

    def _passages(self, direction: Directions) -> tuple[Passage, ...]:
        named = {"CP>": (self.from_charge_point,), "CS>": (self.from_server,)}
        return named.get(direction, (self.from_charge_point, self.from_server))

    def _inject(self, sender: Direction, what: str, unit: Unit) -> None:
        self._must_be_there()
        (passage,) = self._passages(sender)
        if passage.is_half_closed:
            raise NotConnectedError(f"this direction of connection {self.number} is closed (half-close)")
        self._witness.impaired(sender, "done", what, unit, sent=unit.raw)
        passage.inject(unit)

    def _must_be_there(self) -> None:
        if not self._is_open or self.over.done():
            raise NotConnectedError(f"connection {self.number} is not there yet, or no more")

    def _must_be_reachable(self) -> None:
        self._must_be_there()
        if not self._cable.is_set():
            raise NotConnectedError(f"connection {self.number} cannot be ended while the link is cut")

    def _end(self, by: Direction) -> None:
        if not self.over.done():
            self.over.set_result(by)
