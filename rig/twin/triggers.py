"""Messages that a central system can ask for, whichever profile's message asks (OCPP 1.6 section 5.17)."""

from collections.abc import Callable, Mapping
from functools import partial

from rig.twin.delivery import UNKNOWN
from rig.twin.link import Reply
from rig.twin.requests import Fields
from rig.twin.station import Station, Trigger


def answer_trigger(request: Fields, triggers: Mapping[str, Trigger]) -> Reply:
    """Answer a TriggerMessage or an ExtendedTriggerMessage; the message itself follows the answer."""
    trigger = triggers.get(request.text("requestedMessage"))
    connector = request.optional(request.integer, "connectorId")
    if trigger is None:
        return Reply({"status": "NotImplemented"})
    send = trigger(connector)
    return Reply({"status": "Rejected" if send is None else "Accepted"}, send)


class CoreTriggers:
    """The messages of Core that can be asked for."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.triggers: Mapping[str, Trigger] = {
            "BootNotification": self._boot,
            "Heartbeat": self._heartbeat,
            "MeterValues": self._meter_values,
            "StatusNotification": self._status,
        }

    def _boot(self, _: int | None) -> Callable[[], object] | None:
        """Refused once it is accepted, as errata 3.35 recommends."""
        return None if self._station.device.registered.is_set() else self._station.registration.boot_now

    def _heartbeat(self, _: int | None) -> Callable[[], object]:
        return partial(self._station.send_now, "Heartbeat", {})

    def _meter_values(self, connector: int | None) -> Callable[[], object] | None:
        """Of one connector, or of all; there is no main meter, which would be connector 0."""
        if connector is None:
            return partial(self._send_meter_values, list(self._station.connectors))
        return partial(self._send_meter_values, [connector]) if connector in self._station.connectors else None

    def _status(self, connector: int | None) -> Callable[[], object] | None:
        if connector is None:
            return partial(self._send_statuses, [0, *self._station.connectors])
        return partial(self._send_statuses, [connector]) if self._station.knows(connector) else None

    def _send_meter_values(self, numbers: list[int]) -> None:
        for number in numbers:
            connector = self._station.connectors[number]
            known = None if connector.transaction_id == UNKNOWN else connector.transaction_id
            values = connector.meter.meter_values(known, "Trigger")
            self._station.send_now("MeterValues", values)

    def _send_statuses(self, numbers: list[int]) -> None:
        for number in numbers:
            self._station.send_now("StatusNotification", self._station.device.statuses.notification(number))
