"""What the central system answers to what a charge point asks (OCPP 1.6 §4, and the security extensions)."""

from collections.abc import Callable
from typing import Any, TypeVar

from ocpp.exceptions import OccurenceConstraintViolationError, OCPPError, TypeConstraintViolationError
from ocpp.v16.enums import Action, DataTransferStatus, GenericStatus

from central_system.clock import WorldClock
from central_system.registry.facts import Booted, MetersRead, Notified, StatusNotified, TransactionStopped
from central_system.registry.registry import Registry

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

    def answer(self, action: str, request: Payload) -> Payload | None:
        """The payload of the CALLRESULT; None where a charge point cannot ask for `action`.

        Raises:
            OCPPError: what the answer depends on is missing or of the wrong type.
            OSError: what the request says could not be kept.
        """
        answer = self._by_action.get(action)
        return answer(request) if answer else None

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
        values = request.get("meterValue", [])
        self._meters_read(request, values, Action.meter_values, given(request, "transactionId", int))
        return {}

    def _sign_certificate(self, request: Payload) -> Payload:
        """The request is kept; a certificate follows when the operator sends CertificateSigned."""
        self._note(Action.sign_certificate, request)
        return {"status": GenericStatus.accepted.value}

    def _start(self, request: Payload) -> Payload:
        number, info = self._registry.start(
            self._identity,
            needed(request, "connectorId", int),
            needed(request, "idTag", str),
            meter_start=given(request, "meterStart", int),
            timestamp=str(request.get("timestamp", "")),
            reservation=given(request, "reservationId", int),
        )
        return {"transactionId": number, "idTagInfo": info}

    def _status(self, request: Payload) -> Payload:
        connector, status = needed(request, "connectorId", int), needed(request, "status", str)
        self._registry.record(StatusNotified(self._identity, connector, self._clock.now(), status, request))
        return {}

    def _stop(self, request: Payload) -> Payload:
        number = needed(request, "transactionId", int)
        running = self._registry.transactions.get(number)
        tag = given(request, "idTag", str)
        if "transactionData" in request:
            self._meters_read(request, request["transactionData"], Action.stop_transaction, number)
        if running is None or running.charge_point != self._identity:
            # Over already (a repeated message), never begun, or somebody else's: kept, for whoever looks for it.
            self._note(Action.stop_transaction, request)
        else:
            stopped = TransactionStopped(
                number,
                self._identity,
                given(request, "meterStop", int),
                self._clock.now(),
                str(request.get("timestamp", "")),
                given(request, "reason", str),
                tag,
            )
            self._registry.record(stopped)
        owner = tag or (running.id_tag if running else "")
        return {"idTagInfo": self._registry.id_tag_info(owner)}

    def _notified(self, action: Action) -> Callable[[Payload], Payload]:
        def answer(request: Payload) -> Payload:
            self._note(action, request)
            return {}

        return answer

    def _note(self, action: Action, request: Payload) -> None:
        self._registry.record(Notified(self._identity, action.value, self._clock.now(), request))

    def _meters_read(self, request: Payload, values: object, source: Action, transaction: int | None) -> None:
        """Keep meter values in whatever shape they came."""
        kept = values if isinstance(values, list) else [values]
        connector = given(request, "connectorId", int)
        if connector is None and (running := self._registry.transactions.get(transaction or 0)):
            connector = running.connector
        self._registry.record(MetersRead(self._identity, connector, transaction, self._clock.now(), kept, source.value))


NOTIFICATIONS = (
    Action.diagnostics_status_notification,
    Action.firmware_status_notification,
    Action.log_status_notification,
    Action.security_event_notification,
    Action.signed_firmware_status_notification,
)
"""What a charge point tells and wants no more than an empty answer to."""


def needed(request: Payload, name: str, kind: type[_T]) -> _T:
    """A field that the answer depends on.

    Raises:
        OCPPError: it is missing or of the wrong type (OCPP-J 1.6 §4.2.3).
    """
    value = given(request, name, kind)
    if value is not None:
        return value
    # The misspelling is OCPP 1.6-J's own.
    problem: type[OCPPError] = TypeConstraintViolationError if name in request else OccurenceConstraintViolationError
    raise problem(description=f"{name} has to be given, of type {kind.__name__}")


def given(request: Payload, name: str, kind: type[_T]) -> _T | None:
    """A field of its type; None where it is missing or of another. A boolean is no integer."""
    value = request.get(name)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
