"""The charge point's answers to requests of the central system (OCPP 1.6 section 5)."""

from collections.abc import Sequence
from typing import TypeVar

from rig.twin.connector import Connector
from rig.twin.defects import Defect
from rig.twin.device import Device
from rig.twin.frames import Call, JsonObject
from rig.twin.link import RefusalError

_T = TypeVar("_T", str, int)


class Operations:
    """Answers requests; what a request sets off happens after its answer, in the connector's own task."""

    def __init__(self, device: Device, connectors: Sequence[Connector]) -> None:
        self._device = device
        self._connectors = {connector.number: connector for connector in connectors}
        self._handlers = {
            "ChangeConfiguration": self._change_configuration,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "UnlockConnector": self._unlock,
        }

    def answer(self, call: Call) -> JsonObject | None:
        """The payload of the CALLRESULT; None when the charge point stays silent, by a defect.

        Raises:
            RefusalError: the request is not supported, or its payload breaks the schema.
        """
        handler = self._handlers.get(call.action)
        if handler is None:
            raise RefusalError("NotImplemented", f"{call.action} is not implemented")
        return handler(call.payload)

    def _change_configuration(self, request: JsonObject) -> JsonObject:
        return {"status": self._device.settings.change(_get(request, "key", str), _get(request, "value", str))}

    def _get_configuration(self, request: JsonObject) -> JsonObject:
        names = request.get("key", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RefusalError("TypeConstraintViolation", "key has to be a list of strings")
        known, unknown = self._device.settings.find(names)
        answer: JsonObject = {"configurationKey": [key.as_json() for key in known]}
        if unknown:
            answer["unknownKey"] = unknown
        return answer

    def _remote_start(self, request: JsonObject) -> JsonObject:
        id_tag = _get(request, "idTag", str)
        wanted = _get(request, "connectorId", int) if "connectorId" in request else None
        connector = next(
            (one for one in self._connectors.values() if one.idle.is_set() and wanted in {None, one.number}), None
        )
        if connector is None or Defect.REMOTE_START_REJECTED in self._device.defects:
            return {"status": "Rejected"}
        if Defect.REMOTE_START_IGNORED not in self._device.defects:
            # The firmware, too, prints the tag of the session before.
            self._device.console.info(
                "main", f"Remote start charging idtag {connector.id_tag} connector {connector.number}\n"
            )
            connector.begin(id_tag)
        return {"status": "Accepted"}

    def _remote_stop(self, request: JsonObject) -> JsonObject:
        wanted = _get(request, "transactionId", int)
        for connector in self._connectors.values():
            if connector.transaction_id == wanted:
                if Defect.REMOTE_STOP_IGNORED not in self._device.defects:
                    connector.stop("Remote")
                return {"status": "Accepted"}
        return {"status": "Rejected"}

    def _unlock(self, request: JsonObject) -> JsonObject | None:
        number = _get(request, "connectorId", int)
        if number not in self._connectors:
            return {"status": "NotSupported"}
        self._device.console.info("main", f"unlock connector {number}\n")
        if Defect.UNLOCK_SILENT in self._device.defects:
            return None
        return {"status": "UnlockFailed" if Defect.UNLOCK_FAILED in self._device.defects else "Unlocked"}


def _get(request: JsonObject, name: str, kind: type[_T]) -> _T:
    """A required field; a boolean is no integer."""
    if name not in request:
        # The misspelling is OCPP 1.6-J's own.
        raise RefusalError("OccurenceConstraintViolation", f"{name} is missing")
    value = request[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RefusalError("TypeConstraintViolation", f"{name} has to be of type {kind.__name__}")
    return value
