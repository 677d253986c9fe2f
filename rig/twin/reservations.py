"""Which connectors are reserved, and for whom (OCPP 1.6 section 5.13)."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from rig.twin.id_tags import same


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation of a connector, or with connector 0 of any one connector."""

    id: int
    connector: int
    id_tag: str
    parent: str | None
    """The group whose idTags may use it, too."""
    expires: float
    """In seconds since 1970."""

    def is_for(self, id_tag: str, parent: str | None) -> bool:
        """Whether the reservation lets ``id_tag``, whose group is ``parent``, charge."""
        return same(self.id_tag, id_tag) or (self.parent is not None and same(self.parent, parent))


class Reservations:
    """All reservations that hold."""

    def __init__(self) -> None:
        self._held: dict[int, Reservation] = {}
        self._changed = asyncio.Event()

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change; ask anew after each change."""
        return self._changed

    @property
    def next_expiry(self) -> float:
        """When the first of them expires, in seconds since 1970; infinite when there is none."""
        return min((held.expires for held in self._held.values()), default=math.inf)

    def on(self, connector: int) -> list[Reservation]:
        """Those of one connector; with 0, those of any one connector."""
        return [held for held in self._held.values() if held.connector == connector]

    def usable(self, connector: int, id_tag: str, parent: str | None) -> Reservation | None:
        """The reservation that a transaction of ``id_tag`` on ``connector`` uses up, if any."""
        candidates = (*self.on(connector), *self.on(0))
        return next((held for held in candidates if held.is_for(id_tag, parent)), None)

    def put(self, reservation: Reservation) -> None:
        """Add a reservation."""
        self._held[reservation.id] = reservation
        self._tell()

    def take(self, number: int) -> Reservation | None:
        """End the reservation with this id; None when there is none."""
        taken = self._held.pop(number, None)
        if taken is not None:
            self._tell()
        return taken

    def expire(self) -> None:
        """End those that expire first."""
        first = self.next_expiry
        self.end(lambda held: held.expires == first)

    def end(self, ends: Callable[[Reservation], bool]) -> None:
        """End all for which ``ends`` says so."""
        for reservation in [held for held in self._held.values() if ends(held)]:
            self.take(reservation.id)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
