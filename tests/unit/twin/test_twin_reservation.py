"""Reservation: who may charge where, and for how long."""

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import Scenario, against_an_idle_twin, at, charge, valid


def with_reservation(scenario: Scenario, bench: Bench | None = None) -> None:
    against_an_idle_twin(scenario, Profile.RESERVATION, bench=bench)


async def reserve(bench: Bench, connector: int, number: int = 1, *, until: float = 3600, **more: object) -> object:
    request = {"connectorId": connector, "reservationId": number, "idTag": "Owner", "expiryDate": at(until), **more}
    return (await valid(bench, "ReserveNow", **request))["status"]


async def remote_start(bench: Bench, id_tag: str, connector: int) -> object:
    return (await valid(bench, "RemoteStartTransaction", idTag=id_tag, connectorId=connector))["status"]


def test_a_reserved_connector_is_for_its_tag_and_the_transaction_uses_the_reservation_up() -> None:
    async def scenario(bench: Bench) -> None:
        assert await reserve(bench, 1, 42) == "Accepted"
        await bench.until(lambda: bench.statuses(1)[-1] == "Reserved")
        assert await remote_start(bench, "Other", 1) == "Rejected"
        transaction = await charge(bench, 1, "owner")
        [start] = bench.of("StartTransaction")
        assert start.payload["reservationId"] == 42
        assert bench.statuses(1)[-3:] == ["Reserved", "Preparing", "Charging"]
        assert await valid(bench, "CancelReservation", reservationId=42) == {"status": "Rejected"}
        await valid(bench, "RemoteStopTransaction", transactionId=transaction)
        await bench.until(lambda: bench.statuses(1)[-1] == "Available")
        await charge(bench, 1, "Owner")
        assert "reservationId" not in bench.of("StartTransaction")[-1].payload

    with_reservation(scenario)


def test_a_tag_of_the_reservations_group_may_charge_and_another_may_not() -> None:
    bench = Bench()
    groups = {"Friend": "Family", "Stranger": "Others"}
    bench.answers["Authorize"] = lambda request: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": groups.get(request["idTag"], "None")}
    }

    async def scenario(bench: Bench) -> None:
        await reserve(bench, 1, 7, parentIdTag="family")
        assert await remote_start(bench, "Stranger", 1) == "Accepted", "its group is not known yet"
        await bench.until(lambda: len(bench.lines("idcon 1> not authorized")) == 2)
        await bench.until(lambda: bench.statuses(1)[-3:] == ["Reserved", "Preparing", "Reserved"])
        await charge(bench, 1, "Friend")
        assert bench.of("StartTransaction", idTag="Friend", reservationId=7)

    with_reservation(scenario, bench)


def test_a_reservation_expires_or_is_cancelled() -> None:
    async def scenario(bench: Bench) -> None:
        await reserve(bench, 1, 1, until=60)
        await reserve(bench, 2, 2)
        await bench.until(lambda: bench.statuses(1)[-2:] == ["Reserved", "Available"])
        assert abs(bench.of("StatusNotification", connectorId=1)[-1].at - 60) < 1
        assert bench.statuses(2)[-1] == "Reserved"
        assert await valid(bench, "CancelReservation", reservationId=2) == {"status": "Accepted"}
        await bench.until(lambda: bench.statuses(2)[-1] == "Available")

    with_reservation(scenario)


def test_what_cannot_be_reserved_is_said() -> None:
    async def scenario(bench: Bench) -> None:
        assert await reserve(bench, 3) == "Rejected"
        assert await reserve(bench, 1, until=0) == "Rejected"
        await charge(bench, 1)
        assert await reserve(bench, 1) == "Occupied"
        assert await reserve(bench, 2, 2) == "Accepted"
        assert await reserve(bench, 2, 3) == "Occupied"
        assert await reserve(bench, 0, 3) == "Occupied"
        assert await reserve(bench, 2, 2, until=90) == "Accepted", "it replaces the one with its id"
        assert await reserve(bench, 1, 2) == "Occupied"
        await bench.until(lambda: bench.statuses(2)[-1] == "Reserved")
        await valid(bench, "ChangeAvailability", connectorId=2, type="Inoperative")
        assert await reserve(bench, 2, 2) == "Unavailable"
        await valid(bench, "ChangeAvailability", connectorId=2, type="Operative")
        # A reservation ends with the availability of its connector.
        await bench.until(lambda: bench.statuses(2)[-1] == "Available")

    with_reservation(scenario)


def test_broken_connectors_and_charge_points_cannot_be_reserved() -> None:
    async def scenario(bench: Bench) -> None:
        await reserve(bench, 1)
        for connector in ("1", "2"):
            await valid(bench, "DataTransfer", vendorId="ocpp-rig", messageId="Fault", data=connector)
        assert await reserve(bench, 1) == "Faulted"
        assert await reserve(bench, 0) == "Faulted"
        await valid(bench, "DataTransfer", vendorId="ocpp-rig", messageId="Repair", data="1")
        await valid(bench, "ChangeAvailability", connectorId=1, type="Inoperative")
        assert await reserve(bench, 0) == "Unavailable"
        await valid(bench, "ChangeAvailability", connectorId=0, type="Inoperative")
        assert await reserve(bench, 2) == "Unavailable"

    with_reservation(scenario)


def test_a_reservation_of_the_charge_point_keeps_one_connector_free() -> None:
    async def scenario(bench: Bench) -> None:
        assert await reserve(bench, 0, 5) == "Accepted"
        assert bench.statuses(1)[-1] == bench.statuses(2)[-1] == "Available"
        await charge(bench, 1, "Other")
        await bench.until(lambda: bench.statuses(2)[-1] == "Reserved")
        assert await remote_start(bench, "Another", 2) == "Rejected"
        await charge(bench, 2, "Owner")
        assert bench.of("StartTransaction", connectorId=2, reservationId=5)

    with_reservation(scenario)


def test_a_remote_start_without_a_connector_takes_the_reserved_one() -> None:
    async def scenario(bench: Bench) -> None:
        await reserve(bench, 2, 8)
        await valid(bench, "RemoteStartTransaction", idTag="Owner")
        await bench.until(lambda: bench.of("StartTransaction", connectorId=2, reservationId=8))

    with_reservation(scenario)


def test_a_reservation_outlives_a_reset() -> None:
    async def scenario(bench: Bench) -> None:
        await reserve(bench, 2)
        await valid(bench, "Reset", type="Hard")
        await bench.until(lambda: len(bench.of("BootNotification")) == 2)
        await bench.until(lambda: bench.statuses(2)[-2:] == ["Reserved", "Reserved"])
        await bench.until(lambda: len(bench.lines("idcon 2> not authorized")) == 2)
        assert len(bench.of("Authorize", idTag="ZepId01")) == 1, "the schedule's tag is not even asked for"

    with_reservation(scenario)
