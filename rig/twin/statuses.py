"""The status of every connector and of the charge point as a whole (OCPP 1.6 section 4.9)."""

from collections.abc import Callable, Collection

from rig.twin.frames import JsonObject
from rig.twin.reservations import Reservations

AVAILABLE = "Available"
PREPARING = "Preparing"
CHARGING = "Charging"
SUSPENDED = "SuspendedEVSE"
FINISHING = "Finishing"
RESERVED = "Reserved"
UNAVAILABLE = "Unavailable"
FAULTED = "Faulted"

Tell = Callable[[int, JsonObject], None]
"""Sends a StatusNotification about a connector."""


class Statuses:
    """Knows what each connector is used for, and tells every change.

    Args:
        connectors: their numbers.
        inoperative: what ChangeAvailability has made so; 0 is the charge point as a whole.
        reservations: those that hold.
        timestamp: the time as OCPP writes it.
        tell: sends a StatusNotification; None where the charge point sends none, as the sample.
    """

    def __init__(
        self,
        connectors: Collection[int],
        inoperative: Collection[int],
        reservations: Reservations,
        timestamp: Callable[[], str],
        tell: Tell | None,
    ) -> None:
        self._connectors = connectors
        self._inoperative = inoperative
        self._reservations = reservations
        self._timestamp = timestamp
        self._tell = tell
        self._uses: dict[int, str] = {}
        self._told: dict[int, str] = {}
        self.faulted: set[int] = set()
        """Connectors with a fault."""
        self.closed = False
        """Whether connectors that are not in use are Unavailable, for the charge point's own reasons."""
        self.admitting = True
        """Whether anybody may begin to charge."""

    def of(self, connector: int) -> str:
        """The present status of a connector, or with 0 of the charge point as a whole."""
        if connector == 0:
            return UNAVAILABLE if 0 in self._inoperative and not self._uses else AVAILABLE
        if connector in self.faulted:
            return FAULTED
        if connector in self._uses:
            return self._uses[connector]
        if connector in self._inoperative or self.closed:
            return UNAVAILABLE
        # One connector is kept free for each reservation of any one connector.
        kept = self._reservations.on(connector) or len(self._reservations.on(0)) >= len(self._free())
        return RESERVED if kept else AVAILABLE

    def admits(self, connector: int, id_tag: str) -> bool:
        """Whether ``id_tag`` may be authorised to charge on a connector.

        On a reserved one it may if it could be of the reservation's group, which shows with its authorisation.
        """
        status = self.of(connector)
        if status != RESERVED or not self.admitting:
            return status == AVAILABLE and self.admitting
        held = (*self._reservations.on(connector), *self._reservations.on(0))
        return any(one.parent is not None or one.is_for(id_tag, None) for one in held)

    def in_use(self, connector: int) -> bool:
        """Whether a session is under way on a connector, or with 0 on any."""
        return connector in self._uses or (connector == 0 and bool(self._uses))

    def charging(self) -> int:
        """How many connectors deliver energy."""
        return sum(use == CHARGING for use in self._uses.values())

    def use(self, connector: int, status: str | None) -> None:
        """Note what a connector is used for; None ends its use."""
        if status is None:
            self._uses.pop(connector, None)
        else:
            self._uses[connector] = status
        self.refresh()

    def refresh(self) -> None:
        """Tell every status that is another than was told before."""
        for connector in (0, *self._connectors):
            if self._told and self._told.get(connector) != self.of(connector):
                self.tell(connector)

    def tell_all(self) -> None:
        """Tell all statuses, as after each boot, and from now on every change (errata 3.22)."""
        for connector in (0, *self._connectors):
            self.tell(connector)

    def tell(self, connector: int) -> None:
        """Tell the present status of one connector."""
        self._told[connector] = self.of(connector)
        if self._tell is not None:
            self._tell(connector, self.notification(connector))

    def notification(self, connector: int, error: str | None = None) -> JsonObject:
        """A StatusNotification.req about a connector; ``error`` is an error that charging goes on with."""
        fault = "InternalError" if self.of(connector) == FAULTED else "NoError"
        return {
            "connectorId": connector,
            "errorCode": error or fault,
            "status": self.of(connector),
            "timestamp": self._timestamp(),
        }

    def _free(self) -> list[int]:
        taken = self._inoperative if not self.closed else self._connectors
        return [
            one
            for one in self._connectors
            if one not in self._uses and one not in self.faulted and one not in taken and not self._reservations.on(one)
        ]
