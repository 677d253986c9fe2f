"""Smart Charging: which profiles are taken, how they are cleared, and that the twin keeps to them."""

from typing import Any

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import Scenario, against_an_idle_twin, at, charge, error, valid
from tests.unit.twin.test_twin_composite_schedule import profile


def with_smart_charging(scenario: Scenario) -> None:
    against_an_idle_twin(scenario, Profile.SMART_CHARGING)


async def install(bench: Bench, connector: int, request: dict[str, Any]) -> object:
    return (await valid(bench, "SetChargingProfile", connectorId=connector, csChargingProfiles=request))["status"]


async def limits(bench: Bench, connector: int = 1, duration: int = 1000, **more: object) -> list[float]:
    answer = await valid(bench, "GetCompositeSchedule", connectorId=connector, duration=duration, **more)
    assert answer["status"] == "Accepted"
    return [period["limit"] for period in answer["chargingSchedule"]["chargingSchedulePeriod"]]


def test_a_composite_schedule_says_when_it_begins_and_in_which_unit_it_is() -> None:
    async def scenario(bench: Bench) -> None:
        assert await install(bench, 1, profile(1, "TxDefaultProfile", (0, 6), (100, 8.5))) == "Accepted"
        answer = await valid(bench, "GetCompositeSchedule", connectorId=1, duration=300)
        begun = int(answer["scheduleStart"][-3:-1])
        assert answer == {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": at(begun),
            "chargingSchedule": {
                "duration": 300,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 6.0},
                    {"startPeriod": 100 - begun, "limit": 8.5},
                ],
            },
        }
        assert await limits(bench, chargingRateUnit="W") == [4140.0, 5865.0]
        assert await limits(bench, connector=0) == [38.0, 40.5]

    with_smart_charging(scenario)


def test_what_cannot_be_calculated_is_rejected() -> None:
    async def scenario(bench: Bench) -> None:
        for connector, duration in ((3, 60), (1, 0), (1, 32 * 86_400)):
            answer = await valid(bench, "GetCompositeSchedule", connectorId=connector, duration=duration)
            assert answer == {"status": "Rejected"}
        odd = {"connectorId": 1, "duration": 60, "chargingRateUnit": "kW"}
        assert await error(bench, "GetCompositeSchedule", **odd) == "PropertyConstraintViolation"

    with_smart_charging(scenario)


UNFIT = (
    (1, profile(1, "ChargePointMaxProfile", (0, 6))),
    (0, profile(1, "TxProfile", (0, 6))),
    (1, profile(1, "TxProfile", (0, 6))),
    (1, profile(1, "TxDefaultProfile", (0, 6), level=9)),
    (1, profile(1, "TxDefaultProfile", (10, 6))),
    (1, profile(1, "TxDefaultProfile", (0, 6), (60, 7), (60, 8))),
    (1, profile(1, "TxDefaultProfile")),
    (1, profile(1, "TxDefaultProfile", *((60 * n, 6) for n in range(25)))),
    (1, profile(1, "TxDefaultProfile", (0, 6), kind="Recurring")),
    (1, profile(1, "TxDefaultProfile", (0, 6), kind="Recurring", recurrencyKind="Daily", start=None)),
    (0, profile(1, "ChargePointMaxProfile", (0, 6), kind="Relative", start=None)),
)
"""Connector and profile: of a purpose that the connector cannot have, too high, out of order, too long, or baseless."""


def test_a_profile_that_has_no_place_or_makes_no_sense_is_rejected() -> None:
    async def scenario(bench: Bench) -> None:
        for connector, request in UNFIT:
            assert await install(bench, connector, request) == "Rejected", request
        assert await limits(bench) == [32.0]

    with_smart_charging(scenario)


def test_an_unknown_connector_is_an_error() -> None:
    async def scenario(bench: Bench) -> None:
        request = {"connectorId": 3, "csChargingProfiles": profile(1, "TxDefaultProfile", (0, 6))}
        assert await error(bench, "SetChargingProfile", **request) == "PropertyConstraintViolation"

    with_smart_charging(scenario)


def test_a_profile_takes_the_place_of_one_with_its_id_or_its_level() -> None:
    async def scenario(bench: Bench) -> None:
        for number, level, limit in ((1, 0, 6), (2, 0, 7), (2, 1, 8)):
            assert await install(bench, 1, profile(number, "TxDefaultProfile", (0, limit), level=level)) == "Accepted"
            assert await limits(bench) == [limit]
        for number in range(10, 19):
            assert await install(bench, 2, profile(number, "TxDefaultProfile", (0, 6), level=number % 9)) == "Accepted"
        full = profile(20, "ChargePointMaxProfile", (0, 6))
        assert await install(bench, 0, full) == "Rejected"
        assert await install(bench, 2, profile(10, "TxDefaultProfile", (0, 9), level=2)) == "Accepted"
        assert await install(bench, 0, full) == "Accepted"

    with_smart_charging(scenario)


def test_profiles_are_cleared_by_id_or_by_all_criteria_together() -> None:
    async def scenario(bench: Bench) -> None:
        async def fill() -> None:
            for number, connector, level in ((1, 1, 0), (2, 1, 1), (3, 2, 1)):
                await install(bench, connector, profile(number, "TxDefaultProfile", (0, number), level=level))

        async def clear(**criteria: object) -> object:
            return (await valid(bench, "ClearChargingProfile", **criteria))["status"]

        async def left() -> tuple[list[float], list[float]]:
            return await limits(bench, 1), await limits(bench, 2)

        await fill()
        assert await clear(id=4) == await clear(connectorId=0) == "Unknown"
        assert await clear(connectorId=2, stackLevel=0) == "Unknown"
        assert await clear(chargingProfilePurpose="TxProfile") == "Unknown"
        assert await clear(connectorId=1, stackLevel=1, chargingProfilePurpose="TxDefaultProfile") == "Accepted"
        assert await left() == ([1.0], [3.0])
        assert await clear(id=1, connectorId=2) == "Accepted", "beside an id nothing else counts"
        assert await left() == ([32.0], [3.0])
        await fill()
        assert await clear(stackLevel=1) == "Accepted"
        assert await left() == ([1.0], [32.0])
        assert await clear() == "Accepted"
        assert await left() == ([32.0], [32.0])

    with_smart_charging(scenario)


def test_a_transactions_profile_ends_with_it_and_a_default_outlives_a_reset() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        wrong = profile(1, "TxProfile", (0, 6), transactionId=transaction + 1)
        assert await install(bench, 1, wrong) == "Rejected"
        assert await install(bench, 1, profile(1, "TxProfile", (0, 6), transactionId=transaction)) == "Accepted"
        assert await install(bench, 1, profile(2, "TxDefaultProfile", (0, 20))) == "Accepted"
        assert await limits(bench) == [6]
        await valid(bench, "RemoteStopTransaction", transactionId=transaction)
        await bench.until(lambda: bench.statuses(1)[-1] == "Available")
        assert await limits(bench) == [20]
        await valid(bench, "Reset", type="Soft")
        await bench.until(lambda: len(bench.of("BootNotification")) == 2)
        assert await limits(bench) == [20]

    with_smart_charging(scenario)


def test_a_remote_start_may_bring_a_profile_for_its_transaction_along() -> None:
    async def scenario(bench: Bench) -> None:
        relative = {"kind": "Relative", "start": None}
        for wrong in (
            profile(1, "TxDefaultProfile", (0, 6), **relative),
            profile(1, "TxProfile", (0, 6), transactionId=101, **relative),
            profile(1, "TxProfile", (5, 6), **relative),
        ):
            answer = await valid(bench, "RemoteStartTransaction", idTag="G", connectorId=1, chargingProfile=wrong)
            assert answer == {"status": "Rejected"}
        right = profile(1, "TxProfile", (0, 6), (3600, 8), **relative)
        await charge(bench, 1, chargingProfile=right)
        assert await limits(bench, duration=4000) == [6, 8]
        assert await limits(bench, connector=2) == [32]

    with_smart_charging(scenario)


def test_charging_is_suspended_while_the_limit_is_zero_and_slowed_while_it_is_low() -> None:
    async def scenario(bench: Bench) -> None:
        await charge(bench, 1)
        pause = profile(1, "TxProfile", (0, 0), (12, 720), kind="Relative", start=None, unit="W")
        assert await install(bench, 1, pause) == "Accepted"
        await bench.until(lambda: bench.statuses(1)[-1] == "SuspendedEVSE")
        await bench.until(lambda: bench.statuses(1)[-1] == "Charging")
        suspended, resumed = (call.at for call in bench.of("StatusNotification", connectorId=1)[-2:])
        assert resumed - suspended < 12.5
        await bench.until(lambda: len(bench.of("MeterValues", connectorId=1)) == 3)
        samples = [call.payload["meterValue"][0]["sampledValue"][0] for call in bench.of("MeterValues", connectorId=1)]
        assert [sample["value"] for sample in samples] == ["7", "7", "8"], "720 W are 1 Wh in 5 s"

    with_smart_charging(scenario)
