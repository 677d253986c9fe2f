"""Reservation (OCPP 1.6 sections 5.1 and 5.13)."""

from collections.abc import Mapping

from rig.twin.frames import JsonObject
from rig.twin.link import Reply
from rig.twin.requests import Fields
from rig.twin.reservations import Reservation
from rig.twin.station import Handler, Station
from rig.twin.statuses import AVAILABLE, FAULTED, UNAVAILABLE


class ReservationProfile:
    """Makes, cancels and expires reservations; `Statuses` and `Connector` keep to them."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._clock = station.device.clock
        self._statuses = station.device.statuses
        self._reservations = station.device.memory.reservations
        self.handlers: Mapping[str, Handler] = {
            "CancelReservation": self._cancel,
            "ReserveNow": self._reserve,
        }

    async def run(self) -> None:
        """End reservations when their time has come."""
        while True:
            due = self._clock.moment_of(self._reservations.next_expiry)
            if not await self._clock.happens(self._reservations.changed, before=due):
                self._reservations.expire()
                self._statuses.refresh()

    def _reserve(self, request: Fields) -> JsonObject | Reply:
        reservation = Reservation(
            id=request.integer("reservationId"),
            connector=request.integer("connectorId"),
            id_tag=request.id_token("idTag"),
            parent=request.optional(request.id_token, "parentIdTag"),
            expires=request.moment("expiryDate"),
        )
        if not self._station.knows(reservation.connector) or reservation.expires <= self._clock.realtime():
            return {"status": "Rejected"}
        # One with the same id makes way, if the new one can be had.
        old = self._reservations.take(reservation.id)
        status = self._status_for(reservation.connector)
        kept = reservation if status == "Accepted" else old
        if kept is not None:
            self._reservations.put(kept)
        return Reply({"status": status}, self._statuses.refresh)

    def _status_for(self, connector: int) -> str:
        """The ReservationStatus that a request for ``connector`` deserves; 0 stands for any one of them."""
        if self._statuses.of(0) == UNAVAILABLE:
            return "Unavailable"
        found = {self._statuses.of(one) for one in ([connector] if connector else self._station.connectors)}
        if AVAILABLE in found:
            return "Accepted"
        if found == {FAULTED}:
            return "Faulted"
        return "Unavailable" if found <= {FAULTED, UNAVAILABLE} else "Occupied"

    def _cancel(self, request: Fields) -> JsonObject | Reply:
        if self._reservations.take(request.integer("reservationId")) is None:
            return {"status": "Rejected"}
        return Reply({"status": "Accepted"}, self._statuses.refresh)
