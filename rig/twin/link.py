"""The WebSocket to the central system: connection, reconnection, calls and their answers (OCPP 1.6-J)."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from rig.twin.clock import DeviceClock, TimeLimit
from rig.twin.console import Console
from rig.twin.defects import Defect
from rig.twin.frames import Call, Failure, JsonObject, MalformedFrameError, MessageIds, Result, encode, parse

RECONNECT_SECONDS = 4.0
"""Device time from a lost or refused connection to the next try."""

_OPEN_SECONDS = TimeLimit(device=10.0, wall=2.0)
_LINE_LIMIT = TimeLimit(device=0.5, wall=0.05)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with."""

    payload: JsonObject
    then: Callable[[], object] | None = None
    """Called once the answer is on its way, for what has to come after it."""


Answer = Callable[[Call], Reply | None]
"""Answers a request of the central system; None leaves it unanswered. May raise `RefusalError`."""


class NoAnswerError(Exception):
    """A call was not answered: no connection, connection lost, time limit passed, or a CALLERROR."""


class RefusalError(Exception):
    """A request that deserves a CALLERROR, with an error code of OCPP 1.6-J section 4.2.3."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Link:
    """One charge point's connection; open again some seconds after each loss, for ever.

    Args:
        uri: where the central system listens.
        clock: device time.
        console: told of connections that fail.
        ids: makes the message ids.
        defects: what to do wrong.
        headers: asked before each connection for HTTP headers to add to its request.
    """

    def __init__(
        self,
        uri: str,
        clock: DeviceClock,
        console: Console,
        ids: MessageIds,
        defects: Collection[Defect],
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._uri = uri
        self._clock = clock
        self._console = console
        self._ids = ids
        self._headers = headers
        self._subprotocols = None if Defect.NO_SUBPROTOCOL in defects else [Subprotocol("ocpp1.6")]
        # OCPP 1.6-J section 4.1.1: no further CALL until the one before is answered or timed out.
        self._line = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[JsonObject | None]] = {}
        self._connection: ClientConnection | None = None
        self.connected = asyncio.Event()
        """Set while the WebSocket is open."""

    async def run(self, answer: Answer) -> None:
        """Keep the connection up until cancelled; requests of the central system go to ``answer``."""
        while True:
            try:
                await self._connect_and_serve(answer)
            except OSError as error:
                self._console.error("ocpp", f"tcp socket connect fail -1 {error.errno or 0}")
            except WebSocketException:
                self._console.error("ocpp", "Websocket connect fail -113")
            await self._clock.sleep(RECONNECT_SECONDS)

    async def call(self, action: str, payload: JsonObject, *, limit: TimeLimit, connector: int = 0) -> JsonObject:
        """Send a CALL and return the payload of its CALLRESULT.

        Args:
            action: name of the OCPP operation.
            payload: its request.
            limit: how long to wait for the answer.
            connector: on whose behalf; 0 is the charge point as a whole.

        Raises:
            NoAnswerError: it could not be sent, or was not answered in time or not by a CALLRESULT.
        """
        answer: asyncio.Future[JsonObject | None] = asyncio.get_running_loop().create_future()
        uid = self._ids.make(action, connector)
        try:
            async with self._line:
                self._waiting[uid] = answer
                await self.send(encode(2, uid, action, payload))
                await asyncio.wait([answer], timeout=self._clock.wall(_LINE_LIMIT))
            async with asyncio.timeout(self._clock.wall(limit)):
                result = await answer
        except TimeoutError:
            raise NoAnswerError(f"{action}: no answer in time") from None
        finally:
            self._waiting.pop(uid, None)
        if result is None:
            raise NoAnswerError(f"{action}: connection lost, or a CALLERROR")
        return result

    async def send(self, text: str) -> None:
        """Send a frame as it is.

        Raises:
            NoAnswerError: there is no connection.
        """
        if self._connection is None:
            raise NoAnswerError("not connected")
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise NoAnswerError("connection lost") from error

    def drop(self) -> None:
        """Cut the TCP connection without a closing handshake."""
        if self._connection is not None:
            self._connection.transport.abort()

    async def close(self) -> None:
        """Close the connection in good order; the next one follows as after a loss."""
        if self._connection is not None:
            await self._connection.close()

    async def ping(self) -> None:
        """Send a WebSocket ping; nothing waits for the pong."""
        if self._connection is not None:
            with suppress(ConnectionClosed):
                await self._connection.ping()

    async def _connect_and_serve(self, answer: Answer) -> None:
        connection = await connect(
            self._uri,
            subprotocols=self._subprotocols,
            additional_headers=self._headers(),
            compression=None,
            user_agent_header=None,
            proxy=None,
            open_timeout=self._clock.wall(_OPEN_SECONDS),
            ping_interval=None,
        )
        self._connection = connection
        self.connected.set()
        try:
            async for text in connection:
                if isinstance(text, str):  # OCPP-J knows no binary frames
                    await self._receive(text, answer)
        except (ConnectionClosed, NoAnswerError):
            pass  # a lost link is no error of the charge point; run() opens the next one
        finally:
            self._connection = None
            self.connected.clear()
            for waiting in self._waiting.values():
                _settle(waiting, None)
            # A firmware that stops does not say good-bye either.
            connection.transport.abort()
            await connection.wait_closed()

    async def _receive(self, text: str, answer: Answer) -> None:
        try:
            frame = parse(text)
        except MalformedFrameError as error:
            if error.uid is not None:
                await self.send(encode(4, error.uid, "FormationViolation", "not an OCPP-J CALL", {}))
            return
        match frame:
            case Call():
                await self._serve(frame, answer)
            case Result(uid, payload) if uid in self._waiting:
                _settle(self._waiting[uid], payload)
            case Failure(uid) if uid in self._waiting:
                _settle(self._waiting[uid], None)

    async def _serve(self, call: Call, answer: Answer) -> None:
        try:
            reply = answer(call)
        except RefusalError as refusal:
            await self.send(encode(4, call.uid, refusal.code, refusal.description, {}))
            return
        if reply is not None:
            await self.send(encode(3, call.uid, reply.payload))
            if reply.then is not None:
                reply.then()


def _settle(answer: asyncio.Future[JsonObject | None], result: JsonObject | None) -> None:
    if not answer.done():
        answer.set_result(result)
