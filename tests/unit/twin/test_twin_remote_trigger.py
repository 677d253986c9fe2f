"""Remote Trigger: the message that is asked for follows the answer."""

from collections.abc import Awaitable, Callable

import pytest

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench, Sent, run, running_twin
from tests.unit.twin.profile_bench import against_an_idle_twin, at, charge, valid

ALL_BUT_FIRMWARE = [profile for profile in Profile if profile is not Profile.FIRMWARE_MANAGEMENT]


def with_trigger(scenario: Callable[[Bench], Awaitable[None]], *more: Profile) -> None:
    against_an_idle_twin(scenario, Profile.REMOTE_TRIGGER, *more)


async def trigger(bench: Bench, message: str, count: int = 1, **more: object) -> list[Sent]:
    """Ask for a message; returns what follows."""
    before = len(bench.of(message))
    answer = await valid(bench, "TriggerMessage", requestedMessage=message, **more)
    assert answer == {"status": "Accepted"}
    assert len(bench.of(message)) == before, "the answer comes first"
    await bench.until(lambda: len(bench.of(message)) == before + count)
    return bench.of(message)[before:]


async def refused(bench: Bench, message: str, **more: object) -> object:
    calls = len(bench.calls)
    answer = await bench.request("TriggerMessage", requestedMessage=message, **more)
    assert len(bench.calls) == calls
    return answer["status"]


def test_messages_of_the_charge_point_as_a_whole() -> None:
    async def scenario(bench: Bench) -> None:
        [heartbeat] = await trigger(bench, "Heartbeat", connectorId=99)
        assert heartbeat.payload == {}, "a connector that does not matter is ignored"
        statuses = await trigger(bench, "StatusNotification", count=3)
        assert [call.payload["connectorId"] for call in statuses] == [0, 1, 2]
        [status] = await trigger(bench, "StatusNotification", connectorId=2)
        assert (status.payload["connectorId"], status.payload["status"]) == (2, "Available")

    with_trigger(scenario)


def test_meter_values_of_one_connector_or_all() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        first, second = await trigger(bench, "MeterValues", count=2)
        assert (first.payload["connectorId"], first.payload["transactionId"]) == (1, transaction)
        assert (second.payload["connectorId"], "transactionId" in second.payload) == (2, False)
        [value] = second.payload["meterValue"][0]["sampledValue"]
        assert (value["context"], value["measurand"]) == ("Trigger", "Energy.Active.Import.Register")
        assert len(await trigger(bench, "MeterValues", connectorId=2)) == 1

    with_trigger(scenario)


def test_what_will_not_be_sent_is_rejected() -> None:
    async def scenario(bench: Bench) -> None:
        assert await refused(bench, "MeterValues", connectorId=3) == "Rejected"
        assert await refused(bench, "MeterValues", connectorId=0) == "Rejected"
        assert await refused(bench, "StatusNotification", connectorId=-1) == "Rejected"
        assert await refused(bench, "BootNotification") == "Rejected", "it was accepted"

    with_trigger(scenario)


@pytest.mark.parametrize("message", ["DiagnosticsStatusNotification", "FirmwareStatusNotification", "Nonsense"])
def test_what_the_twin_does_not_have_is_not_implemented(message: str) -> None:
    async def scenario(bench: Bench) -> None:
        assert await refused(bench, message) == "NotImplemented"

    with_trigger(scenario, *ALL_BUT_FIRMWARE)


def test_the_progress_of_firmware_and_diagnostics() -> None:
    async def scenario(bench: Bench) -> None:
        for action in ("FirmwareStatusNotification", "DiagnosticsStatusNotification"):
            [idle] = await trigger(bench, action)
            assert idle.payload == {"status": "Idle"}
        await valid(bench, "GetDiagnostics", location="ftp://files.example/")
        await bench.until(lambda: bench.of("DiagnosticsStatusNotification", status="Uploading"))
        [busy] = await trigger(bench, "DiagnosticsStatusNotification")
        assert busy.payload == {"status": "Uploading"}
        await valid(bench, "UpdateFirmware", location="ftp://files.example/f.bin", retrieveDate=at(0))
        await bench.until(lambda: bench.of("FirmwareStatusNotification", status="Downloading"))
        [busy] = await trigger(bench, "FirmwareStatusNotification")
        assert busy.payload == {"status": "Downloading"}
        await bench.until(lambda: bench.of("FirmwareStatusNotification", status="Installed"))
        [idle] = await trigger(bench, "FirmwareStatusNotification")
        assert idle.payload == {"status": "Idle"}

    with_trigger(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_while_pending_nothing_but_triggered_messages_is_sent() -> None:
    bench = Bench()
    status = "Pending"
    bench.answers["BootNotification"] = lambda _: {"status": status, "interval": 300, "currentTime": at(0)}

    async def scene() -> None:
        nonlocal status
        async with running_twin(bench, profiles=[Profile.REMOTE_TRIGGER]):
            await bench.until(lambda: bench.calls)
            [told] = await trigger(bench, "StatusNotification", connectorId=1)
            assert told.payload["status"] == "Available"
            status = "Accepted"
            [boot] = await trigger(bench, "BootNotification")
            assert boot.at < 300
            assert [call.action for call in bench.calls[:3]] == [
                *["BootNotification", "StatusNotification", "BootNotification"]
            ]

    run(scene())
