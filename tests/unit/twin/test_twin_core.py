"""The rest of Core: statuses, availability, reset, cache, DataTransfer, and values on the clock."""

from datetime import datetime

import pytest

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import EPOCH, Bench, run, running_twin
from tests.unit.twin.profile_bench import Scenario, against_an_idle_twin, at, charge, valid


def with_core(scenario: Scenario, bench: Bench | None = None) -> None:
    against_an_idle_twin(scenario, Profile.CORE, bench=bench)


def test_statuses_are_told_after_boot_and_at_each_change() -> None:
    async def scene() -> None:
        async with running_twin(profiles=[Profile.CORE]) as bench:
            await bench.until(lambda: bench.statuses(2)[-1] == "Available" and bench.of("StopTransaction"))
            await bench.until(lambda: len(bench.statuses(2)) == 6)
            assert bench.statuses(0) == ["", "Available"]
            told = ["", "Available", "Preparing", "Charging", "Finishing", "Available"]
            assert bench.statuses(1) == bench.statuses(2) == told
            actions = [call.action for call in bench.calls if call.payload.get("connectorId") in {None, 0, 1}]
            assert actions[:3] == ["BootNotification", "StatusNotification", "StatusNotification"]
            about_1 = [call for call in bench.calls if call.payload.get("connectorId") == 1]
            assert [call.payload.get("status", call.action) for call in about_1[:4]] == [
                *["Available", "Preparing", "StartTransaction", "Charging"]
            ]

    run(scene())


def test_availability_changes_at_once_where_nobody_charges() -> None:
    async def scenario(bench: Bench) -> None:
        change = {"connectorId": 2, "type": "Inoperative"}
        for _ in range(2):
            assert await valid(bench, "ChangeAvailability", **change) == {"status": "Accepted"}
        await bench.until(lambda: bench.statuses(2)[-1] == "Unavailable")
        start = await valid(bench, "RemoteStartTransaction", idTag="Guest", connectorId=2)
        assert start == {"status": "Rejected"}
        assert await valid(bench, "ChangeAvailability", connectorId=2, type="Operative") == {"status": "Accepted"}
        await bench.until(lambda: bench.statuses(2)[-1] == "Available")
        assert bench.statuses(2).count("Unavailable") == 1
        assert await valid(bench, "ChangeAvailability", connectorId=3, type="Operative") == {"status": "Rejected"}

    with_core(scenario)


def test_availability_is_scheduled_while_a_transaction_runs_and_survives_a_reset() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        answer = await valid(bench, "ChangeAvailability", connectorId=0, type="Inoperative")
        assert answer == {"status": "Scheduled"}
        await bench.until(lambda: bench.statuses(2)[-1] == "Unavailable")
        assert (bench.statuses(0)[-1], bench.statuses(1)[-1]) == ("Available", "Charging")
        await valid(bench, "RemoteStopTransaction", transactionId=transaction)
        await bench.until(lambda: bench.statuses(1)[-1] == "Unavailable")
        assert bench.statuses(1)[-2] == "Finishing"
        await bench.until(lambda: bench.statuses(0)[-1] == "Unavailable")
        await valid(bench, "Reset", type="Hard")
        await bench.until(lambda: len(bench.of("BootNotification")) == 2)
        told = len(bench.of("StatusNotification"))
        await bench.until(lambda: len(bench.of("StatusNotification")) == told + 3)
        assert [bench.statuses(number)[-1] for number in (0, 1, 2)] == ["Unavailable"] * 3

    with_core(scenario)


def test_a_soft_reset_ends_transactions_first() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 2)
        assert await valid(bench, "Reset", type="Soft") == {"status": "Accepted"}
        await bench.until(lambda: len(bench.of("BootNotification")) == 2)
        [stop] = bench.of("StopTransaction", transactionId=transaction)
        assert (stop.payload["reason"], stop.connection) == ("SoftReset", 1)
        assert len(bench.lines("*** Booting Zephyr OS build nonce ***")) == 2
        await bench.until(lambda: len(bench.lines("not authorized")) == 4)
        assert await charge(bench, 2) == transaction + 100
        start = bench.of("StartTransaction")[-1].payload
        assert start["meterStart"] == stop.payload["meterStop"], "the register outlives the restart"

    with_core(scenario)


def test_a_hard_reset_tells_of_the_transactions_afterwards() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        assert await valid(bench, "Reset", type="Hard") == {"status": "Accepted"}
        await bench.until(lambda: bench.of("StopTransaction"))
        [stop] = bench.of("StopTransaction", transactionId=transaction, reason="HardReset")
        boot = bench.of("BootNotification")[-1]
        assert boot.connection == stop.connection == 2
        assert boot.at < stop.at

    with_core(scenario)


def test_data_transfer_knows_no_message() -> None:
    async def scenario(bench: Bench) -> None:
        assert await valid(bench, "DataTransfer", vendorId="com.example") == {"status": "UnknownVendorId"}
        own = await valid(bench, "DataTransfer", vendorId="zephyr", messageId="greet", data="hello")
        assert own == {"status": "UnknownMessageId"}

    with_core(scenario)


def test_a_bench_can_break_and_repair_a_connector() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        broken = await valid(bench, "DataTransfer", vendorId="ocpp-rig", messageId="Fault", data="1")
        assert broken == {"status": "Accepted"}
        await bench.until(lambda: bench.of("StopTransaction", transactionId=transaction, reason="Other"))
        await bench.until(lambda: bench.statuses(1)[-1] == "Faulted")
        assert bench.of("StatusNotification", status="Faulted", errorCode="InternalError")
        start = await valid(bench, "RemoteStartTransaction", idTag="Guest", connectorId=1)
        assert start == {"status": "Rejected"}
        await valid(bench, "DataTransfer", vendorId="ocpp-rig", messageId="Repair", data="1")
        await bench.until(lambda: bench.statuses(1)[-1] == "Available")
        for message, data, status in (("Fault", "3", "Rejected"), ("Melt", "1", "UnknownMessageId")):
            answer = await valid(bench, "DataTransfer", vendorId="ocpp-rig", messageId=message, data=data)
            assert answer["status"] == status

    with_core(scenario)


def test_unlocking_ends_the_transaction() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        assert await valid(bench, "UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        await bench.until(lambda: bench.of("StopTransaction", transactionId=transaction, reason="UnlockCommand"))

    with_core(scenario)


def test_a_cached_tag_needs_no_authorize_until_the_cache_is_cleared() -> None:
    async def scenario(bench: Bench) -> None:
        for key in ("AuthorizationCacheEnabled", "LocalPreAuthorize"):
            await valid(bench, "ChangeConfiguration", key=key, value="true")
        for connector, asked in ((1, 1), (2, 1)):
            await charge(bench, connector)
            assert len(bench.of("Authorize", idTag="Guest")) == asked
        await valid(bench, "UnlockConnector", connectorId=2)
        await bench.until(lambda: bench.statuses(2)[-1] == "Available")
        assert await valid(bench, "ClearCache") == {"status": "Accepted"}
        await charge(bench, 2, "guest")
        assert bench.of("Authorize", idTag="guest")

    with_core(scenario)


def test_remote_start_skips_authorize_where_it_is_told_to() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="AuthorizeRemoteTxRequests", value="false")
        await charge(bench, 1)
        assert not bench.of("Authorize", idTag="Guest")

    with_core(scenario)


def test_a_status_that_does_not_last_is_not_told() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="MinimumStatusDuration", value="2")
        await charge(bench, 1)
        assert bench.statuses(1)[-2:] == ["Available", "Charging"]
        began = bench.of("StartTransaction")[0].at
        told = bench.of("StatusNotification", status="Charging")[0]
        assert told.at - began == pytest.approx(2, abs=0.5)

    with_core(scenario)


def test_clock_aligned_values_come_at_multiples_of_the_interval_since_midnight() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="ClockAlignedDataInterval", value="20")
        await bench.until(lambda: len(bench.of("MeterValues")) == 6)
        moments = [call.payload["meterValue"][0]["timestamp"] for call in bench.of("MeterValues", connectorId=1)]
        assert moments == [at(20), at(40), at(60)]
        [value] = bench.of("MeterValues")[0].payload["meterValue"][0]["sampledValue"]
        assert value["context"] == "Sample.Clock"
        assert "transactionId" not in bench.of("MeterValues")[0].payload

    assert EPOCH % 60 == 0
    with_core(scenario)


def test_stop_transaction_carries_the_samples_that_it_is_asked_for() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="StopTxnSampledData", value="Energy.Active.Import.Register")
        transaction = await charge(bench, 1)
        await bench.until(lambda: len(bench.of("MeterValues", transactionId=transaction)) == 2)
        await valid(bench, "RemoteStopTransaction", transactionId=transaction)
        await bench.until(lambda: bench.of("StopTransaction"))
        data = bench.of("StopTransaction")[0].payload["transactionData"]
        contexts = [value["sampledValue"][0]["context"] for value in data]
        assert contexts == ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]
        await valid(bench, "ChangeConfiguration", key="StopTxnSampledData", value="")
        await charge(bench, 1)
        await valid(bench, "UnlockConnector", connectorId=1)
        await bench.until(lambda: len(bench.of("StopTransaction")) == 2)
        assert "transactionData" not in bench.of("StopTransaction")[1].payload

    with_core(scenario)


def test_a_refused_transaction_is_suspended_where_it_may_not_be_stopped() -> None:
    bench = Bench()
    bench.answers["StartTransaction"] = lambda _: {"transactionId": 5, "idTagInfo": {"status": "Blocked"}}

    async def scenario(bench: Bench) -> None:
        wanted = {"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": "4", "MeterValueSampleInterval": "1"}
        for key, value in wanted.items():
            await valid(bench, "ChangeConfiguration", key=key, value=value)
        await valid(bench, "RemoteStartTransaction", idTag="Guest", connectorId=1)
        await bench.until(lambda: bench.statuses(1)[-1] == "SuspendedEVSE")
        await bench.until(lambda: len(bench.of("MeterValues")) >= 4)
        values = [call.payload["meterValue"][0]["sampledValue"][0]["value"] for call in bench.of("MeterValues")]
        assert values[:4] == ["9", "11", "11", "11"]
        await valid(bench, "RemoteStopTransaction", transactionId=5)
        await bench.until(lambda: bench.of("StopTransaction", meterStop=11))

    with_core(scenario, bench)


def test_while_pending_nothing_starts_and_while_rejected_nothing_is_answered() -> None:
    bench = Bench()
    status = "Pending"
    bench.answers["BootNotification"] = lambda _: {"status": status, "interval": 5, "currentTime": at(0)}

    async def scene() -> None:
        nonlocal status
        async with running_twin(bench, profiles=[Profile.CORE]):
            await bench.until(lambda: bench.calls)
            assert await valid(bench, "RemoteStartTransaction", idTag="Guest") == {"status": "Rejected"}
            status = "Rejected"
            await bench.until(lambda: len(bench.calls) == 3)
            assert bench.connection is not None
            await bench.connection.send('[2,"lost","ClearCache",{}]')
            status = "Accepted"
            await bench.until(lambda: bench.statuses(2)[-1] == "Available")
            assert {call.action for call in bench.calls[:4]} == {"BootNotification"}
            assert (await bench.say('[2,"found","ClearCache",{}]'))[1] == "found"

    run(scene())


def test_the_central_system_tells_the_time_where_no_time_server_does() -> None:
    bench = Bench()
    bench.sntp_answers = False

    async def scenario(bench: Bench) -> None:
        stamp = bench.of("StatusNotification")[0].payload["timestamp"]
        assert abs(datetime.fromisoformat(stamp).timestamp() - EPOCH) < 2

    with_core(scenario, bench)
