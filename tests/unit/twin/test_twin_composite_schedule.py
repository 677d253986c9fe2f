"""What stacked and combined charging profiles come to, second by second (OCPP 1.6 section 3.13)."""

from typing import Any

import pytest

from rig.twin.charging_profiles import ChargingProfiles, Unit
from rig.twin.composite_schedule import composite_schedule, watts
from rig.twin.profiles.smart_charging import read_profile
from rig.twin.requests import Fields
from tests.unit.twin.bench import EPOCH
from tests.unit.twin.profile_bench import at

NOW = EPOCH
DAY = 86_400


def profile(number: int, purpose: str, *periods: tuple[int, float], **more: Any) -> dict[str, Any]:
    """A ChargingProfile: absolute from NOW on in amperes, unless ``more`` says otherwise."""
    schedule = {
        "chargingRateUnit": more.pop("unit", "A"),
        "startSchedule": more.pop("start", at(0)),
        "chargingSchedulePeriod": [
            {"startPeriod": start, "limit": limit, **more.get("period", {})} for start, limit in periods
        ],
    }
    more.pop("period", None)
    if "duration" in more:
        schedule["duration"] = more.pop("duration")
    if schedule["startSchedule"] is None:
        del schedule["startSchedule"]
    return {
        "chargingProfileId": number,
        "stackLevel": more.pop("level", 0),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": more.pop("kind", "Absolute"),
        "chargingSchedule": schedule,
        **more,
    }


def schedule_of(
    *installed: tuple[int, dict[str, Any]], connectors: tuple[int, ...] = (1,), unit: Unit = "A",
    begin: int = NOW, duration: int = 400, charging_since: int | None = None,
) -> list[tuple[object, object]]:  # fmt: skip
    """Start and limit of each period of the composite schedule of ``installed``: profiles by connector."""
    profiles = ChargingProfiles()
    for connector, request in installed:
        profiles.install(read_profile(Fields(request), connector=connector, now=NOW))
    if charging_since is not None:
        profiles.charging_begins(1, charging_since)
    periods = composite_schedule(profiles, connectors, begin, duration, unit)
    return [(period["startPeriod"], period["limit"]) for period in periods]


def test_without_profiles_the_hardware_is_the_limit() -> None:
    assert schedule_of() == [(0, 32.0)]
    assert schedule_of(unit="W") == [(0, 22_080.0)]
    assert schedule_of(connectors=(1, 2)) == [(0, 64.0)]


def test_the_lowest_of_all_purposes_prevails() -> None:
    installed = (
        (0, profile(1, "ChargePointMaxProfile", (0, 10))),
        (1, profile(2, "TxDefaultProfile", (0, 6), (100, 8), (200, 12), duration=300)),
    )
    assert schedule_of(*installed) == [(0, 6), (100, 8), (200, 10)]


def test_a_transactions_profile_overrules_the_default() -> None:
    installed = (
        (1, profile(1, "TxDefaultProfile", (0, 6))),
        (1, profile(2, "TxProfile", (0, 20), duration=50)),
    )
    assert schedule_of(*installed) == [(0, 20), (50, 6)]


def test_the_highest_stack_level_that_is_valid_prevails() -> None:
    installed = (
        (1, profile(1, "TxDefaultProfile", (0, 6), (100, 8), (200, 10))),
        (1, profile(2, "TxDefaultProfile", (0, 5), (50, 7), level=1, duration=150)),
        (1, profile(3, "TxDefaultProfile", (0, 1), level=2, validFrom=at(120), validTo=at(130))),
    )
    assert schedule_of(*installed) == [(0, 5), (50, 7), (120, 1), (130, 7), (150, 8), (200, 10)]


def test_a_connectors_own_default_replaces_the_one_of_all_connectors_at_its_level() -> None:
    everywhere = (0, profile(1, "TxDefaultProfile", (0, 16)))
    own = (1, profile(2, "TxDefaultProfile", (0, 20)))
    assert schedule_of(everywhere) == [(0, 16)]
    assert schedule_of(everywhere, own) == [(0, 20)]
    assert schedule_of(everywhere, own, connectors=(2,)) == [(0, 16)]


def test_a_daily_schedule_begins_anew_every_day() -> None:
    """The example of section 3.13.7: 6 kW from 8 to 20 o'clock, 11 kW else."""
    daily = profile(
        100, "TxDefaultProfile", (0, 11_000), (28_800, 6_000), (72_000, 11_000),
        kind="Recurring", recurrencyKind="Daily", start="2013-01-01T00:00Z", duration=DAY, unit="W",
    )  # fmt: skip
    assert NOW % DAY == 28_800, "it is 8 o'clock"
    day = [(0, 6000), (43_200, 11_000), (DAY, 6000), (DAY + 43_200, 11_000)]
    assert schedule_of((0, daily), unit="W", duration=2 * DAY) == day


def test_a_weekly_schedule_that_is_shorter_than_a_week_falls_back() -> None:
    weekly = profile(
        1, "TxDefaultProfile", (0, 6), kind="Recurring", recurrencyKind="Weekly", start=at(-7 * DAY), duration=DAY
    )
    assert schedule_of((1, weekly), duration=8 * DAY) == [(0, 6), (DAY, 32), (7 * DAY, 6)]


def test_a_relative_schedule_begins_with_the_charging() -> None:
    relative = profile(1, "TxDefaultProfile", (0, 6), (60, 8), kind="Relative", start=None)
    assert schedule_of((1, relative)) == [(0, 6), (60, 8)]
    assert schedule_of((1, relative), charging_since=NOW - 50) == [(0, 6), (10, 8)]


def test_a_schedule_that_has_not_begun_or_is_over_limits_nothing() -> None:
    later = profile(1, "TxDefaultProfile", (0, 6), start=at(100), duration=50)
    assert schedule_of((1, later)) == [(0, 32), (100, 6), (150, 32)]


@pytest.mark.parametrize(
    ("unit", "limit", "phases", "wanted", "told"),
    [
        ("A", 10, None, "W", 6900.0),
        ("A", 10, 1, "W", 2300.0),
        ("W", 6900, None, "A", 10.0),
        ("W", 2300, 1, "A", 10.0),
        ("W", 1000, None, "A", 1.4),
        ("A", 8.1, None, "A", 8.1),
    ],
)
def test_amperes_become_watts_by_the_set_voltage_and_the_phases(
    unit: str, limit: float, phases: int | None, wanted: Unit, told: float
) -> None:
    more = {} if phases is None else {"period": {"numberPhases": phases}}
    assert schedule_of((1, profile(1, "TxDefaultProfile", (0, limit), unit=unit, **more)), unit=wanted) == [(0, told)]


def test_the_charge_point_as_a_whole_takes_what_its_connectors_take_up_to_its_own_limit() -> None:
    default = (0, profile(1, "TxDefaultProfile", (0, 10)))
    assert schedule_of(default, connectors=(1, 2)) == [(0, 20)]
    limit = (0, profile(2, "ChargePointMaxProfile", (0, 15)))
    assert schedule_of(default, limit, connectors=(1, 2)) == [(0, 15)]


def test_connectors_that_charge_share_the_charge_points_limit() -> None:
    profiles = ChargingProfiles()
    request = profile(1, "ChargePointMaxProfile", (0, 4000), unit="W")
    profiles.install(read_profile(Fields(request), connector=0, now=NOW))
    assert [watts(profiles, 1, NOW, charging) for charging in (0, 1, 2)] == [4000, 4000, 2000]


def test_a_month_of_busy_schedules_is_calculated_in_no_time() -> None:
    periods = tuple((hour * 3600, float(hour % 2)) for hour in range(24))
    busy = [
        (1, profile(n, "TxDefaultProfile", *periods, level=n, kind="Recurring", recurrencyKind="Daily"))
        for n in range(8)
    ]
    assert len(schedule_of(*busy, duration=31 * DAY)) == 31 * 24
