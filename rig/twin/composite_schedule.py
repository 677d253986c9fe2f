"""What may be taken over a span of time: the Composite Charging Schedule (OCPP 1.6 sections 3.13.3 and 5.7)."""

from collections.abc import Sequence

from rig.twin.charging_profiles import ChargingProfiles, Limit, Unit
from rig.twin.frames import JsonObject


def composite_schedule(
    profiles: ChargingProfiles, connectors: Sequence[int], begin: int, duration: int, unit: Unit
) -> list[JsonObject]:
    """The ``chargingSchedulePeriod`` list of a composite schedule.

    Args:
        profiles: those that are installed.
        connectors: the connectors that it is for: one, or all of a charge point.
        begin: when it begins, in seconds since 1970.
        duration: how long it lasts, in seconds.
        unit: the unit of its limits.
    """
    periods: list[JsonObject] = []
    before: Limit | None = None
    for moment in (begin, *profiles.changes(begin, begin + duration, begin)):
        limit = _limit(profiles, connectors, moment, unit, begin)
        if limit == before:
            continue
        before = limit
        # At most one digit of a fraction (section 7.14); rounded down, as a limit is a limit.
        period: JsonObject = {"startPeriod": moment - begin, "limit": int(limit.value * 10 + 1e-6) / 10}
        if limit.phases is not None:
            period["numberPhases"] = limit.phases
        periods.append(period)
    return periods


def watts(profiles: ChargingProfiles, connector: int, moment: int, charging: int) -> float:
    """What a connector may take while ``charging`` connectors share the charge point's limit evenly, in watts."""
    limit = profiles.limit(connector, moment, "W", moment).to("W")
    shared = profiles.charge_point_limit(moment, moment)
    return limit if shared is None else min(limit, shared.to("W") / max(1, charging))


def _limit(profiles: ChargingProfiles, connectors: Sequence[int], moment: int, unit: Unit, now: int) -> Limit:
    if len(connectors) == 1:
        limit = profiles.limit(connectors[0], moment, unit, now)
        return Limit(limit.to(unit), unit, limit.phases)
    total = sum(profiles.limit(connector, moment, unit, now).to(unit) for connector in connectors)
    shared = profiles.charge_point_limit(moment, now)
    if shared is not None and shared.to(unit) < total:
        return Limit(shared.to(unit), unit, shared.phases)
    return Limit(total, unit)
