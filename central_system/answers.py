"""What the central system answers to what a charge point asks (OCPP 1.6 §4, and the security extensions)."""

from collections.abc import Callable
from typing import Any, TypeVar

from ocpp import exceptions
from ocpp.v16.enums import Action, DataTransferStatus, GenericStatus

from central_system.clock import WorldClock
from central_system.registry.facts import Booted, MetersRead, Notified, StatusNotified, TransactionStopped
from central_system.registry.registry import Registry

ACTIONS = frozenset(Action)
MOST_CONNECTORS = 1000
LONGEST = 255
"""Characters of a text that is remembered; OCPP's own limits, which the judge knows, are 20 and 25."""

Payload = dict[str, Any]
_T = TypeVar("_T", str, int)


class Answers:
    """Answers one charge point's requests from the registry, and records what they say.

    A payload is not held against its schema: the judge does that from the recording, and a charge point that errs is
    answered all the same, as far as what it left out is not what the answer depends on. A check of the schema would
    cost up to 0.6 ms of the 5 ms that a charge point at 100 times real time waits.
    """

    def __init__(self, identity: str, registry: Registry, clock: WorldClock) -> None:
        self._identity = identity
        self._registry = registry
        self._clock = clock
        self._by_action: dict[str, Callable[[Payload], Payload]] = {
            action: self._notified(action) for action in NOTIFICATIONS
        }
        self._by_action |= {
            Action.authorize: self._authorize,
            Action.boot_notification: self._boot,
            Action.data_transfer: self._data_transfer,
            Action.heartbeat: self._heartbeat,
            Action.meter_values: self._meter,
            Action.sign_certificate: self._sign_certificate,
            Action.start_transaction: self._start,
            Action.status_notification: self._status,
            Action.stop_transaction: self._stop,
        }

    def answer(self, action: str, request: Payload) -> Payload:
        """The payload of the CALLRESULT.

        Raises:
            OCPPError: a charge point cannot ask for `action`; what the answer depends on is missing or impossible.
            OSError: what the request says could not be kept.
        """
        answer = self._by_action.get(action)
        if answer is None:
            problem = exceptions.NotSupportedError if action in ACTIONS else exceptions.NotImplementedError
            raise problem(description=f"a charge point cannot ask for {action[:64]}")
        return answer(request)

    def _authorize(self, request: Payload) -> Payload:
        return {"idTagInfo": self._registry.id_tag_info(needed(request, "idTag", str))}

    def _boot(self, request: Payload) -> Payload:
        known = self._registry.known(self._identity)
        self._registry.record(Booted(self._identity, self._clock.now(), known.boot_status, request))
        interval_s = known.heartbeat_interval_s
        return {"currentTime": self._clock.iso(), "interval": interval_s, "status": known.boot_status}

    def _data_transfer(self, request: Payload) -> Payload:
        self._note(Action.data_transfer, request)
        return {"status": DataTransferStatus.unknown_vendor_id.value}

    def _heartbeat(self, _: Payload) -> Payload:
        return {"currentTime": self._clock.iso()}

    def _meter(self, request: Payload) -> Payload:
        connector, transaction = given(request, "connectorId", int), given(request, "transactionId", int)
        self._meters_read(connector, transaction, request.get("meterValue", []), Action.meter_values)
        return {}

    def _sign_certificate(self, request: Payload) -> Payload:
        """The request is kept; a certificate follows when the operator sends CertificateSigned."""
        self._note(Action.sign_certificate, request)
        return {"status": GenericStatus.accepted.value}

    def _start(self, request: Payload) -> Payload:
        number, info = self._registry.start(
            self._identity,
            connector_of(request),
            needed(request, "idTag", str),
            meter_start=given(request, "meterStart", int),
            timestamp=str(request.get("timestamp", "")),
            reservation=given(request, "reservationId", int),
        )
        return {"transactionId": number, "idTagInfo": info}

    def _status(self, request: Payload) -> Payload:
        connector, status = connector_of(request), needed(request, "status", str)
        self._registry.record(StatusNotified(self._identity, connector, self._clock.now(), status, request))
        return {}

    def _stop(self, request: Payload) -> Payload:
        number = needed(request, "transactionId", int)
        running = self._registry.transactions.get(number)
        tag = given(request, "idTag", str)
        if running is None or running.charge_point != self._identity:
            # Over already (a repeated message), never begun, or somebody else's: kept whole, for whoever looks for it.
            self._note(Action.stop_transaction, request)
        else:
            tag = tag or running.id_tag
            stopped = TransactionStopped(
                number,
                self._identity,
                given(request, "meterStop", int),
                self._clock.now(),
                str(request.get("timestamp", "")),
                given(request, "reason", str),
                given(request, "idTag", str),
            )
            self._registry.record(stopped)
            # After the stop: where these cannot be kept, the charge point repeats a message that is kept whole.
            if "transactionData" in request:
                connector, data = running.connector, request["transactionData"]
                self._meters_read(connector, number, data, Action.stop_transaction)
        # Optional (§6.50): nothing is told of an idTag that was not named.
        return {"idTagInfo": self._registry.id_tag_info(tag)} if tag else {}

    def _notified(self, action: Action) -> Callable[[Payload], Payload]:
        def answer(request: Payload) -> Payload:
            self._note(action, request)
            return {}

        return answer

    def _note(self, action: Action, request: Payload) -> None:
        self._registry.record(Notified(self._identity, action.value, self._clock.now(), request))

    def _meters_read(self, connector: int | None, transaction: int | None, values: object, source: Action) -> None:
        """Keep meter values in whatever shape they came."""
        kept = values if isinstance(values, list) else [values]
        now = self._clock.now()
        self._registry.record(MetersRead(self._identity, connector, transaction, now, kept, source.value))


NOTIFICATIONS = (
    Action.diagnostics_status_notification,
    Action.firmware_status_notification,
    Action.log_status_notification,
    Action.security_event_notification,
    Action.signed_firmware_status_notification,
)
"""What a charge point tells and wants no more than an empty answer to."""


def connector_of(request: Payload) -> int:
    """The connectorId, where the charge point can have so many: one record is kept for each, for good.

    Raises:
        OCPPError: it is missing, no integer, or too large or small.
    """
    number = needed(request, "connectorId", int)
    if not 0 <= number <= MOST_CONNECTORS:
        problem = f"connectorId has to be from 0 to {MOST_CONNECTORS}"
        raise exceptions.PropertyConstraintViolationError(description=problem)
    return number


def needed(request: Payload, name: str, kind: type[_T]) -> _T:
    """A field that the answer depends on.

    Raises:
        OCPPError: it is missing or of the wrong type (OCPP-J 1.6 §4.2.3).
    """
    value = given(request, name, kind)
    if isinstance(value, str) and len(value) > LONGEST:
        raise exceptions.PropertyConstraintViolationError(description=f"{name} is longer than {LONGEST} characters")
    if value is not None:
        return value
    if name in request:
        raise exceptions.TypeConstraintViolationError(description=f"{name} has to be of type {kind.__name__}")
    # The misspelling is OCPP 1.6-J's own.
    raise exceptions.OccurenceConstraintViolationError(description=f"{name} is missing")


def given(request: Payload, name: str, kind: type[_T]) -> _T | None:
    """A field of its type; None where it is missing or of another. A boolean is no integer."""
    value = request.get(name)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
