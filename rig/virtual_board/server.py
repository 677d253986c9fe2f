"""The board's socket: its one debugger, those who look whether it is there, and those who do things to it."""

import asyncio
import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

from rig.errors import UsageError
from rig.virtual_board.board import Board
from rig.virtual_board.faults import parse_fault
from rig.virtual_board.wire import Operation, RefusedError, Status, framed, peer_uid, split

Facts = Callable[[], dict[str, Any]]


class Server:
    """Accepts connections and serves each in turn."""

    def __init__(self, board: Board, facts: Facts) -> None:
        self.board = board
        self.facts = facts
        self.debugger: Peer | None = None
        board.unplugged = self._unplugged

    async def start(self, listening: socket.socket) -> None:
        """Serve this socket from now on."""
        await asyncio.get_running_loop().create_unix_server(lambda: Peer(self), sock=listening)

    def _unplugged(self) -> None:
        if self.debugger:
            self.debugger.hang_up()


class Peer(asyncio.Protocol):
    """One connection; anybody may look, the first to ask is the debugger."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._board = server.board
        self._buffer = bytearray()
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Another user's connection ends at once."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - tells the type
        self._transport = transport
        if peer_uid(transport.get_extra_info("socket")) != os.geteuid():
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of a debugger's session; the reset line stays as it was left."""
        del exc
        if self._server.debugger is self:
            self._server.debugger = None
            self._board.save()

    def hang_up(self) -> None:
        """End the connection without another word."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._buffer += data
        try:
            for body in split(self._buffer):
                if not self._transport.is_closing():
                    answer = self._answer(body)
                    self._board.settle()  # before the answer: whoever has it finds everything as it says
                    self._transport.write(answer)
        except ValueError:
            self.hang_up()

    def _answer(self, body: bytes) -> bytes:
        try:
            return framed(bytes([Status.OK]), self._perform(Operation(body[0]), body[1:]))
        except RefusedError as refused:
            where = b"" if refused.address is None else struct.pack("<I", refused.address)
            return framed(bytes([refused.status]), where, str(refused).encode())
        except (UsageError, struct.error, ValueError) as error:
            return framed(bytes([Status.REFUSED]), str(error).encode())

    def _perform(self, operation: Operation, arguments: bytes) -> bytes:
        match operation:
            case Operation.CONTROL:
                return self._control(arguments)
            case _ if not self._board.plugged:
                raise RefusedError(Status.ABSENT, "the probe is unplugged")
            case Operation.PRESENT:
                return b""
            case Operation.OPEN:
                return self._open()
            case _ if self._server.debugger is not self:
                raise RefusedError(Status.REFUSED, "open the probe first")
        return self._debug(operation, arguments)

    def _open(self) -> bytes:
        if self._server.debugger not in (None, self):
            raise RefusedError(Status.BUSY, "the board has a debugger already")
        self._server.debugger = self
        return struct.pack("<f", self._board.volts)

    def _control(self, arguments: bytes) -> bytes:
        """`{"fault": NAME[=VALUE], "on": bool}`, or nothing; answers the facts of the ready line as they are now."""
        request = json.loads(arguments)
        if "fault" in request:
            self._board.suffer(parse_fault(request["fault"]), on=bool(request["on"]))
            self._board.settle()
        return json.dumps(self._server.facts()).encode()

    def _debug(self, operation: Operation, arguments: bytes) -> bytes:
        port = self._board.port
        match operation:
            case Operation.CONNECT:
                port.connect()
            case Operation.READ_DP:
                return struct.pack("<I", port.read_dp(*struct.unpack("<B", arguments)))
            case Operation.WRITE_DP:
                port.write_dp(*struct.unpack("<BI", arguments))
            case Operation.READ_AP:
                values = port.read_ap(*struct.unpack("<II", arguments))
                return struct.pack(f"<{len(values)}I", *values)
            case Operation.WRITE_AP:
                address, *values = struct.unpack(f"<{len(arguments) // 4}I", arguments)
                port.write_ap(address, tuple(values))
            case Operation.READ_MEMORY:
                return port.read_memory(*struct.unpack("<II", arguments))
            case Operation.WRITE_MEMORY:
                width, address = struct.unpack_from("<BI", arguments)
                port.write_memory(width, address, arguments[struct.calcsize("<BI") :])
            case Operation.NRST:
                self._board.set_reset(*struct.unpack("<?", arguments))
        return b""
