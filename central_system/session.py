"""One charge point's connection: answers what it asks, and asks it what an operation wants to know."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocpp.messages import Call, CallError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from central_system.clock import WorldClock
from central_system.events import Observer, ServerProblem

LOG = logging.getLogger(__name__)

# The schema of every frame is judged from the recording. The hot path does without: a check costs up to 0.6 ms of the
# 5 ms that a charge point at 100 times real time waits, and a frame that fails it must be answered all the same.
answers = {"skip_schema_validation": True}


@dataclass(frozen=True, slots=True)
class Rules:
    """How the central system answers.

    `heartbeat_interval_s` and `boot_status` go into every BootNotification.conf (OCPP 1.6 §4.2); `tags` gives the
    status of idTags that are not simply Accepted (§4.1).
    """

    heartbeat_interval_s: int = 10
    boot_status: RegistrationStatus = RegistrationStatus.accepted
    tags: Mapping[str, AuthorizationStatus] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The charge point answered with a CALLRESULT."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The charge point answered with a CALLERROR (OCPP-J 1.6 §4.2.3)."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came within `after_s` wall seconds, or the connection closed first."""

    after_s: float


Outcome = Answered | Refused | Unanswered


class Session(ChargePoint):
    """A connected charge point, as the `ocpp` package sees one: handlers below, `request` towards it."""

    def __init__(
        self,
        identity: str,
        connection: ServerConnection,
        *,
        rules: Rules,
        clock: WorldClock,
        new_transaction_id: Callable[[], int],
        observe: Observer,
    ) -> None:
        super().__init__(identity, connection, logger=LOG)
        self.identity = identity
        self._rules = rules
        self._clock = clock
        self._new_transaction_id = new_transaction_id
        self._observe = observe

    async def serve(self) -> None:
        """Answer the charge point until its connection closes; one bad message never ends that."""
        with contextlib.suppress(ConnectionClosed):
            async for message in self._connection:
                try:
                    await self.route_message(message)
                except ConnectionClosed:
                    raise
                except Exception as problem:
                    LOG.exception("%s: cannot handle %r", self.identity, message)
                    self._observe(ServerProblem(self.identity, repr(message), repr(problem)))

    async def request(self, action: Action, payload: Mapping[str, Any], *, within_s: float) -> Outcome:
        """Send a CALL and wait up to `within_s` wall seconds for what comes back."""
        call = Call(unique_id=str(uuid.uuid4()), action=action.value, payload=dict(payload))
        async with self._call_lock:
            try:
                await self._send(call.to_json())
                response = await self._get_specific_response(call.unique_id, within_s)
            except (TimeoutError, ConnectionClosed):
                return Unanswered(within_s)
        if isinstance(response, CallError):
            return Refused(response.error_code, response.error_description)
        return Answered(response.payload)

    async def drop(self) -> None:
        """End the connection at once, without a WebSocket close."""
        self._connection.transport.abort()
        await asyncio.shield(self._connection.wait_closed())

    def _tag(self, request: Mapping[str, Any]) -> IdTagInfo:
        return IdTagInfo(status=self._rules.tags.get(str(request.get("id_tag")), AuthorizationStatus.accepted))

    @on(Action.boot_notification, **answers)
    def _boot(self, **_: Any) -> call_result.BootNotification:
        return call_result.BootNotification(
            current_time=self._clock.iso(),
            interval=self._rules.heartbeat_interval_s,
            status=self._rules.boot_status,
        )

    @on(Action.heartbeat, **answers)
    def _heartbeat(self, **_: Any) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=self._clock.iso())

    @on(Action.authorize, **answers)
    def _authorize(self, **request: Any) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=self._tag(request))

    @on(Action.start_transaction, **answers)
    def _start(self, **request: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(transaction_id=self._new_transaction_id(), id_tag_info=self._tag(request))

    @on(Action.meter_values, **answers)
    def _meter(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on(Action.stop_transaction, **answers)
    def _stop(self, **request: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction(id_tag_info=self._tag(request))

    @on(Action.status_notification, **answers)
    def _status(self, **_: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()
