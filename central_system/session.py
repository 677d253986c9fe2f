"""One charge point's connection: answers what it asks, and asks it what an operation wants to know."""

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ocpp import exceptions
from ocpp.messages import MessageType
from ocpp.v16.enums import Action
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from central_system.answers import Answers
from central_system.caller import Caller
from central_system.events import Observer, ServerProblem
from central_system.outcome import Answered, Outcome, Refused, Unanswered

LOG = logging.getLogger(__name__)

LONGEST_SHOWN = 1000
"""Characters of a message that is told beside its problem; the frame itself is told as a whole."""


class Session:
    """A connected charge point.

    `since` (seconds since 1970) is when it connected, `last_seen` when its latest message came; `peer` its address.
    `connection` is the number of its connection, as in the events.
    """

    def __init__(
        self,
        identity: str,
        connection: ServerConnection,
        answers: Answers,
        *,
        caller: Caller,
        now: Callable[[], float],
        observe: Observer,
    ) -> None:
        self.identity = identity
        self.peer = caller.peer
        self.connection = caller.connection
        self._caller = caller
        self.since = self.last_seen = now()
        self._now = now
        self._connection = connection
        self._answers = answers
        self._observe = observe
        self._awaited: dict[str, asyncio.Future[Outcome[dict[str, Any]]]] = {}
        # OCPP-J 1.6 §4.1.1: one CALL at a time.
        self._line = asyncio.Lock()

    async def serve(self) -> None:
        """Answer the charge point until its connection closes; one bad message never ends that."""
        try:
            async for message in self._connection:
                self.last_seen = self._now()
                await self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            for waiting in self._awaited.values():
                waiting.cancel()

    async def request(self, action: Action, payload: Mapping[str, Any], *, within_s: float) -> Outcome[dict[str, Any]]:
        """Send a CALL and wait for what comes back, up to `within_s` wall seconds including the wait for its turn."""
        uid = str(uuid.uuid4())
        answer: asyncio.Future[Outcome[dict[str, Any]]] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s), self._line:
                self._awaited[uid] = answer
                await self._send([MessageType.Call, uid, action.value, dict(payload)])
                await asyncio.wait([answer])
        except (TimeoutError, ConnectionClosed):
            return Unanswered(within_s)
        finally:
            self._awaited.pop(uid, None)
        return Unanswered(within_s) if answer.cancelled() else answer.result()

    async def drop(self, why: str = "") -> None:
        """End the connection at once, without a WebSocket close; `why` is told to the observer (`TurnedAway`)."""
        self._caller.why = why
        self._connection.transport.abort()
        await asyncio.shield(self._connection.wait_closed())

    async def _receive(self, message: str | bytes) -> None:
        try:
            match json.loads(message):
                case [MessageType.Call, str(uid), str(action), dict(payload)]:
                    await self._serve(uid, action, payload)
                case [MessageType.Call, str(uid), *_]:
                    await self._refuse(uid, exceptions.FormationViolationError())
                    self._problem(message, "a CALL is [2, id, action, {…}]")
                case [MessageType.CallResult, str(uid), dict(payload)]:
                    self._settle(uid, Answered(payload, payload))
                case [MessageType.CallError, str(uid), str(code), str(description), *_]:
                    self._settle(uid, Refused(code, description))
                case _:
                    self._problem(message, "no OCPP-J message")
        except ConnectionClosed:
            raise
        except (ValueError, RecursionError) as error:
            self._problem(message, f"no JSON: {error}")

    async def _serve(self, uid: str, action: str, payload: dict[str, Any]) -> None:
        try:
            answer = self._answers.answer(action, payload)
        except exceptions.OCPPError as error:
            await self._refuse(uid, error)
        except OSError as error:
            # What the charge point says is not acknowledged: it may send it again.
            LOG.error("%s: %s is not acknowledged: it cannot be kept: %s", self.identity, action, error)  # noqa: TRY400
            self._problem(action, f"cannot be kept: {error}")
            await self._refuse(uid, exceptions.InternalError(description="cannot be stored"))
        except Exception as error:
            # A mistake of ours must not cost the charge point its connection.
            LOG.exception("%s: cannot answer %s", self.identity, action)
            self._problem(action, f"{error!r}: a mistake in the central system, please report it")
            await self._refuse(uid, exceptions.InternalError(description="the central system failed"))
        else:
            await self._send([MessageType.CallResult, uid, answer])

    async def _refuse(self, uid: str, error: exceptions.OCPPError) -> None:
        await self._send([MessageType.CallError, uid, getattr(error, "code", "GenericError"), error.description, {}])

    def _settle(self, uid: str, outcome: Outcome[dict[str, Any]]) -> None:
        waiting = self._awaited.get(uid)
        if waiting and not waiting.done():
            waiting.set_result(outcome)

    def _problem(self, message: str | bytes, problem: str) -> None:
        LOG.info("%s: %s: %.200r", self.identity, problem, message)
        shown = repr(message[:LONGEST_SHOWN])
        self._observe(ServerProblem(self.identity, shown, problem[:LONGEST_SHOWN], self.connection))

    async def _send(self, parts: list[Any]) -> None:
        """Compact, for the firmware needs it so, and with every character escaped that is not ASCII."""
        await self._connection.send(json.dumps(parts, separators=(",", ":")))
