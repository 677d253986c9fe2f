"""Smart Charging (OCPP 1.6 sections 3.13, 5.5, 5.7 and 5.16)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rig.twin.charging_profiles import (
    AMPERES,
    DEFAULT_PROFILE,
    MAX_PROFILE,
    RECURRENCE,
    TX_PROFILE,
    WATTS,
    ChargingProfile,
    Limit,
    Period,
    Unit,
)
from rig.twin.composite_schedule import composite_schedule
from rig.twin.frames import JsonObject
from rig.twin.link import RefusalError
from rig.twin.profiles.configuration_keys import MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL
from rig.twin.requests import Fields
from rig.twin.station import Handler, Station

_PURPOSES = (MAX_PROFILE, DEFAULT_PROFILE, TX_PROFILE)
_KINDS = ("Absolute", "Recurring", "Relative")
_DAY = 86_400
_LONGEST_SCHEDULE = 31 * _DAY
"""Seconds of the longest composite schedule that this charge point calculates."""


class SmartCharging:
    """Installs and clears charging profiles, tells what they come to, and suspends charging where they allow none."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._clock = station.device.clock
        self._profiles = station.device.memory.charging_profiles
        self.handlers: Mapping[str, Handler] = {
            "ClearChargingProfile": self._clear,
            "GetCompositeSchedule": self._get_composite_schedule,
            "SetChargingProfile": self._set,
        }

    async def run(self) -> None:
        """Let the connectors follow their limits whenever these may have changed."""
        while True:
            changed = self._profiles.changed
            for connector in self._station.connectors.values():
                connector.follow_limits()
            now = self._now()
            due = min(self._profiles.changes(now, now + _DAY, now), default=now + _DAY)
            await self._clock.happens(changed, before=self._clock.moment_of(due))

    def _set(self, request: Fields) -> JsonObject:
        number = request.integer("connectorId")
        if not self._station.knows(number):
            raise RefusalError("PropertyConstraintViolation", f"there is no connector {number}")  # errata 3.39
        profile = read_profile(request.fields("csChargingProfiles"), connector=number, now=self._now())
        if not (self._fits(profile) and self._has_its_place(profile)):
            return {"status": "Rejected"}
        self._profiles.install(profile)
        return {"status": "Accepted"}

    def _fits(self, profile: ChargingProfile) -> bool:
        """Whether there is room for the profile."""
        installed = len(self._profiles) - len(self._profiles.replaced_by(profile)) + 1
        return installed <= MAX_PROFILES and is_sound(profile)

    def _has_its_place(self, profile: ChargingProfile) -> bool:
        """Whether its purpose is one that its connector can have now (section 3.13.1)."""
        if profile.purpose == DEFAULT_PROFILE:
            return True
        if profile.purpose == MAX_PROFILE:
            return profile.connector == 0
        connector = self._station.connectors.get(profile.connector)
        running = connector.transaction_id if connector else None
        return running is not None and profile.transaction_id in {None, running}

    def _clear(self, request: Fields) -> JsonObject:
        number = request.optional(request.integer, "id")
        connector = request.optional(request.integer, "connectorId")
        purpose = request.optional(lambda name: request.choice(name, _PURPOSES), "chargingProfilePurpose")
        level = request.optional(request.integer, "stackLevel")

        def meant(profile: ChargingProfile) -> bool:
            if number is not None:  # then all other fields are ignored (errata 3.26)
                return profile.id == number
            wanted = (connector, purpose, level)
            found = (profile.connector, profile.purpose, profile.stack_level)
            return all(one in {None, other} for one, other in zip(wanted, found, strict=True))

        return {"status": "Accepted" if self._profiles.remove(meant) else "Unknown"}

    def _get_composite_schedule(self, request: Fields) -> JsonObject:
        number = request.integer("connectorId")
        duration = request.seconds("duration")
        asked = request.optional(lambda name: _unit(request, name), "chargingRateUnit")
        if not self._station.knows(number) or not 0 < duration <= _LONGEST_SCHEDULE:
            return {"status": "Rejected"}
        units = self._profiles.units
        unit = asked or (units.pop() if len(units) == 1 else AMPERES)
        connectors: Sequence[int] = [number] if number else list(self._station.connectors)
        periods = composite_schedule(self._profiles, connectors, self._now(), duration, unit)
        return {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": self._station.device.timestamp(),
            "chargingSchedule": {
                "duration": duration,
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": periods,
            },
        }

    def _now(self) -> int:
        return int(self._clock.realtime())


def read_profile(fields: Fields, *, connector: int, now: int) -> ChargingProfile:
    """Read a ChargingProfile (section 7.8).

    Args:
        fields: its fields.
        connector: the connector that it is for.
        now: the time, in seconds since 1970.

    Raises:
        RefusalError: it breaks the schema.
    """
    kind = fields.choice("chargingProfileKind", _KINDS)
    recurrence = fields.optional(lambda name: fields.choice(name, tuple(RECURRENCE)), "recurrencyKind")
    purpose = fields.choice("chargingProfilePurpose", _PURPOSES)
    schedule = fields.fields("chargingSchedule")
    begin = schedule.optional(schedule.moment, "startSchedule")
    unit = _unit(schedule, "chargingRateUnit")
    schedule.optional(schedule.decimal, "minChargingRate")  # of no use to a charge point that does not share power
    if kind == "Relative":
        begin = None
    elif begin is None and purpose == MAX_PROFILE:
        begin = now
    return ChargingProfile(
        id=fields.integer("chargingProfileId"),
        connector=connector,
        stack_level=fields.integer("stackLevel"),
        purpose=purpose,
        kind=kind,
        recurrence=RECURRENCE[recurrence] if kind == "Recurring" and recurrence else None,
        begin=begin,
        duration=schedule.optional(schedule.seconds, "duration"),
        periods=tuple(_period(period, unit) for period in schedule.each("chargingSchedulePeriod")),
        valid_from=fields.optional(fields.moment, "validFrom"),
        valid_to=fields.optional(fields.moment, "validTo"),
        transaction_id=fields.optional(fields.integer, "transactionId"),
    )


def is_sound(profile: ChargingProfile) -> bool:
    """Whether this charge point can follow a profile."""
    starts = [period.start for period in profile.periods]
    in_order = starts[:1] == [0] and all(one < other for one, other in pairwise(starts))
    small = len(starts) <= MAX_PERIODS and 0 <= profile.stack_level <= MAX_STACK_LEVEL
    if profile.kind == "Recurring":
        anchored = profile.recurrence is not None and profile.begin is not None
    else:
        # The charge point as a whole has no start of charging that a schedule could be relative to.
        anchored = (profile.purpose, profile.kind) != (MAX_PROFILE, "Relative")
    return in_order and small and anchored


def _period(fields: Fields, unit: Unit) -> Period:
    phases = fields.optional(fields.integer, "numberPhases")
    if phases is not None and not 1 <= phases <= 3:  # noqa: PLR2004 - there are three
        raise RefusalError("PropertyConstraintViolation", "numberPhases has to be 1, 2 or 3")
    return Period(fields.seconds("startPeriod"), Limit(fields.decimal("limit"), unit, phases))


def _unit(fields: Fields, name: str) -> Unit:
    return AMPERES if fields.choice(name, (AMPERES, WATTS)) == AMPERES else WATTS
