"""Charging profiles, and the limits that they set (OCPP 1.6 section 3.13)."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Unit = Literal["A", "W"]
AMPERES: Unit = "A"
WATTS: Unit = "W"

MAX_PROFILE = "ChargePointMaxProfile"
DEFAULT_PROFILE = "TxDefaultProfile"
TX_PROFILE = "TxProfile"

RECURRENCE = {"Daily": 86_400, "Weekly": 604_800}
"""Seconds after which a recurring schedule begins anew (section 7.37)."""

_VOLTS = 230
"""The set voltage of the area, by which amperes become watts (section 7.12)."""
_PHASES = 3


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that may be taken: amperes a phase, or watts in all phases together."""

    value: float
    unit: Unit
    phases: int | None = None
    """How many phases it is meant for; 3 where nobody says."""

    def to(self, unit: Unit) -> float:
        """The same limit in ``unit``."""
        if unit == self.unit:
            return self.value
        # A limit for more phases than there are holds for those that there are (errata 3.34).
        factor = _VOLTS * min(self.phases or _PHASES, _PHASES)
        return self.value * factor if unit == WATTS else self.value / factor


HARDWARE = Limit(32.0, AMPERES)
"""What each connector can deliver, whatever a profile allows."""


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a schedule: a limit from ``start`` on, in seconds from the schedule's start."""

    start: int
    limit: Limit


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """A charging profile of one connector, or with connector 0 of all (section 7.8); times in seconds since 1970."""

    id: int
    connector: int
    stack_level: int
    purpose: str
    kind: str
    """Absolute, Recurring or Relative (section 7.9)."""
    recurrence: int | None
    """Seconds after which the schedule begins anew; None where it does not."""
    begin: int | None
    """When the schedule begins; None for the start of charging."""
    duration: int | None
    """How long the schedule lasts, in seconds; None for ever."""
    periods: tuple[Period, ...]
    valid_from: int | None = None
    valid_to: int | None = None
    transaction_id: int | None = None
    """The transaction that it was sent for, where the central system says so."""

    def limit_at(self, moment: int, charging_since: int) -> Limit | None:
        """What the profile allows at ``moment``; None when it says nothing about it."""
        if self.valid_from is not None and moment < self.valid_from:
            return None
        if self.valid_to is not None and moment >= self.valid_to:
            return None
        offset = moment - (charging_since if self.begin is None else self.begin)
        if offset < 0:
            return None
        if self.recurrence is not None:
            offset %= self.recurrence
        if self.duration is not None and offset >= self.duration:
            return None
        return [period for period in self.periods if period.start <= offset][-1].limit

    def changes(self, begin: int, end: int, charging_since: int) -> Iterator[int]:
        """The moments from ``begin`` to ``end`` at which the limit may become another, and maybe some more."""
        first = charging_since if self.begin is None else self.begin
        step = self.recurrence or 0
        start = first + (max(0, begin - first) // step * step if step else 0)
        while True:
            yield from (start + period.start for period in self.periods)
            if self.duration is not None:
                yield start + self.duration
            start += step
            if not step or start > end:
                break
        yield from (moment for moment in (start, self.valid_from, self.valid_to) if moment is not None)


class ChargingProfiles:
    """All installed profiles."""

    def __init__(self) -> None:
        self._installed: list[ChargingProfile] = []
        self._charging_since: dict[int, int] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._installed)

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change; ask anew after each change."""
        return self._changed

    @property
    def units(self) -> set[Unit]:
        """The units of all limits."""
        return {period.limit.unit for profile in self._installed for period in profile.periods}

    def replaced_by(self, new: ChargingProfile) -> list[ChargingProfile]:
        """Those whose place ``new`` takes: of its id, or of its connector, purpose and level (section 5.16.3)."""
        place = (new.connector, new.purpose, new.stack_level)
        return [
            old for old in self._installed if old.id == new.id or place == (old.connector, old.purpose, old.stack_level)
        ]

    def install(self, new: ChargingProfile) -> None:
        """Add a profile, in the place of those that it replaces."""
        replaced = self.replaced_by(new)
        self._installed = [*(old for old in self._installed if old not in replaced), new]
        self._tell()

    def remove(self, gone: Callable[[ChargingProfile], bool]) -> bool:
        """Remove all for which ``gone`` says so; returns whether there were any."""
        kept = [profile for profile in self._installed if not gone(profile)]
        removed = len(kept) < len(self._installed)
        self._installed = kept
        if removed:
            self._tell()
        return removed

    def charging_begins(self, connector: int, moment: int) -> None:
        """Note when the charging on a connector began, for schedules relative to it."""
        self._charging_since[connector] = moment
        self._tell()

    def charging_ends(self, connector: int) -> None:
        """Forget what was for the transaction only (section 3.13.1)."""
        self._charging_since.pop(connector, None)
        self.remove(lambda profile: profile.purpose == TX_PROFILE and profile.connector == connector)
        self._tell()

    def limit(self, connector: int, moment: int, unit: Unit, now: int) -> Limit:
        """The lowest of all limits on a connector at ``moment`` (section 3.13.3).

        Args:
            connector: its number.
            moment: when, in seconds since 1970.
            unit: the unit in which limits are compared.
            now: when charging is taken to begin that has not begun.
        """
        limits = (self.transaction_limit(connector, moment, now), self.charge_point_limit(moment, now), HARDWARE)
        return min((limit for limit in limits if limit is not None), key=lambda limit: limit.to(unit))

    def transaction_limit(self, connector: int, moment: int, now: int) -> Limit | None:
        """What TxProfile or else TxDefaultProfile allows on a connector."""
        since = self._charging_since.get(connector, now)
        for purpose in (TX_PROFILE, DEFAULT_PROFILE):
            limit = self._prevailing(connector, purpose, moment, since)
            if limit is not None:
                return limit
        return None

    def charge_point_limit(self, moment: int, now: int) -> Limit | None:
        """What ChargePointMaxProfile allows for all connectors together."""
        return self._prevailing(0, MAX_PROFILE, moment, now)

    def changes(self, begin: int, end: int, now: int) -> list[int]:
        """The moments after ``begin`` and before ``end`` at which any limit may become another."""
        since = {now, *self._charging_since.values()}
        moments = {
            moment
            for profile in self._installed
            for charging_since in since
            for moment in profile.changes(begin, end, charging_since)
        }
        return sorted(moment for moment in moments if begin < moment < end)

    def _prevailing(self, connector: int, purpose: str, moment: int, charging_since: int) -> Limit | None:
        """What the highest of the stacked profiles that are valid allows (section 3.13.2)."""
        stack: dict[int, ChargingProfile] = {}
        # A connector's own profile replaces the one of all connectors, for this connector (section 3.13.1).
        for profile in sorted(self._installed, key=lambda profile: profile.connector):
            if profile.purpose == purpose and profile.connector in {0, connector}:
                stack[profile.stack_level] = profile
        limits = (stack[level].limit_at(moment, charging_since) for level in sorted(stack, reverse=True))
        return next((limit for limit in limits if limit is not None), None)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
