"""What the twin answers to requests of the central system, and what it does then."""

from collections.abc import Awaitable, Callable

import pytest
from ocpp.messages import MessageType, get_validator

from rig.twin.defects import Defect
from tests.unit.twin.bench import Bench, run, running_twin


def against_a_connected_twin(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    """Run ``scenario`` as soon as the twin is connected."""

    async def scene() -> None:
        async with running_twin() as bench:
            await bench.until(lambda: bench.connection)
            await scenario(bench)

    run(scene())


def against_a_charging_twin(scenario: Callable[[Bench], Awaitable[None]], *defects: Defect) -> None:
    """Run ``scenario`` once both connectors charge."""

    async def scene() -> None:
        async with running_twin(None, *defects) as bench:
            await bench.until(lambda: len(bench.lines("start charging")) == 2)
            await scenario(bench)

    run(scene())


def test_remote_stop_ends_the_transaction_with_reason_remote() -> None:
    async def scenario(bench: Bench) -> None:
        assert await bench.request("RemoteStopTransaction", transactionId=101) == {"status": "Accepted"}
        await bench.until(lambda: bench.lines("stop charging connector id 1"))
        [stop] = bench.of("StopTransaction")
        assert (stop.payload["transactionId"], stop.payload["reason"]) == (101, "Remote")
        assert await bench.request("RemoteStopTransaction", transactionId=101) == {"status": "Rejected"}

    against_a_charging_twin(scenario)


def test_remote_stop_of_an_unknown_transaction_is_rejected() -> None:
    async def scenario(bench: Bench) -> None:
        assert await bench.request("RemoteStopTransaction", transactionId=4711) == {"status": "Rejected"}

    against_a_connected_twin(scenario)


def test_remote_start_charges_until_remote_stop() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.until(lambda: len(bench.lines("stop charging")) == 2)
        assert await bench.request("RemoteStartTransaction", idTag="Guest", connectorId=1) == {"status": "Accepted"}
        assert bench.lines("<inf> main: Remote start charging idtag ZepId00 connector 1")
        await bench.until(lambda: len(bench.of("StartTransaction")) == 3)
        assert bench.of("Authorize", idTag="Guest")
        start = bench.of("StartTransaction")[-1].payload
        assert (start["connectorId"], start["idTag"]) == (1, "Guest")
        assert start["meterStart"] >= bench.of("StopTransaction", transactionId=101)[0].payload["meterStop"]
        await bench.until(lambda: bench.of("MeterValues", transactionId=201))
        assert await bench.request("RemoteStopTransaction", transactionId=201) == {"status": "Accepted"}
        await bench.until(lambda: bench.of("StopTransaction", transactionId=201, reason="Remote"))

    against_a_charging_twin(scenario)


def test_remote_start_without_a_connector_takes_a_free_one() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.request("RemoteStopTransaction", transactionId=102)
        await bench.until(lambda: bench.lines("stop charging connector id 2"))
        assert await bench.request("RemoteStartTransaction", idTag="Guest") == {"status": "Accepted"}
        await bench.until(lambda: bench.of("StartTransaction", connectorId=2, idTag="Guest"))

    against_a_charging_twin(scenario)


@pytest.mark.parametrize("connector", [0, 1, 3, 99])
def test_remote_start_on_a_busy_or_unknown_connector_is_rejected(connector: int) -> None:
    async def scenario(bench: Bench) -> None:
        answer = await bench.request("RemoteStartTransaction", idTag="Guest", connectorId=connector)
        assert answer == {"status": "Rejected"}

    against_a_charging_twin(scenario)


def test_unlock_connector() -> None:
    async def scenario(bench: Bench) -> None:
        assert await bench.request("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        assert bench.lines("<inf> main: unlock connector 1")
        for unknown in (0, 99):
            assert await bench.request("UnlockConnector", connectorId=unknown) == {"status": "NotSupported"}

    against_a_connected_twin(scenario)


def test_get_configuration_answers_once_and_names_unknown_keys() -> None:
    async def scenario(bench: Bench) -> None:
        everything = await bench.request("GetConfiguration")
        assert len(everything["configurationKey"]) == 32
        assert "unknownKey" not in everything
        schema = get_validator(MessageType.CallResult, "GetConfiguration", "1.6")
        assert list(schema.iter_errors(everything)) == []
        some = await bench.request("GetConfiguration", key=["NumberOfConnectors", "HeartbeatIntervalX"])
        assert some == {
            "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}],
            "unknownKey": ["HeartbeatIntervalX"],
        }

    against_a_connected_twin(scenario)


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "2", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "abc", "Rejected"),
        ("MeterValueSampleInterval", "99999999999999", "Rejected"),
        ("AuthorizationCacheEnabled", "true", "Accepted"),
        ("AuthorizationCacheEnabled", "1", "Rejected"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register", "Accepted"),
        ("MeterValuesSampledData", "Voltage", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("NoSuchKey", "3", "NotSupported"),
    ],
)
def test_change_configuration(key: str, value: str, status: str) -> None:
    async def scenario(bench: Bench) -> None:
        before = await bench.request("GetConfiguration", key=[key])
        assert await bench.request("ChangeConfiguration", key=key, value=value) == {"status": status}
        after = await bench.request("GetConfiguration", key=[key])
        if status == "Accepted":
            assert after["configurationKey"][0]["value"] == value
        else:
            assert after == before

    against_a_connected_twin(scenario)


def test_sample_interval_takes_effect_at_once() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.request("ChangeConfiguration", key="MeterValueSampleInterval", value="1")
        await bench.until(lambda: bench.of("StopTransaction", transactionId=101))
        assert len(bench.of("MeterValues", transactionId=101)) >= 20

    against_a_charging_twin(scenario)


def test_sample_interval_zero_ends_sampling() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.request("ChangeConfiguration", key="MeterValueSampleInterval", value="0")
        samples = len(bench.of("MeterValues"))
        await bench.until(lambda: bench.of("StopTransaction", transactionId=101))
        assert len(bench.of("MeterValues")) == samples

    against_a_charging_twin(scenario)


@pytest.mark.parametrize("action", ["ChangeAvailability", "ClearCache", "Reset", "TriggerMessage", "NoSuchAction"])
def test_other_actions_are_not_implemented(action: str) -> None:
    async def scenario(bench: Bench) -> None:
        answer = await bench.say(f'[2,"u","{action}",{{}}]')
        assert answer == [4, "u", "NotImplemented", f"{action} is not implemented", {}]

    against_a_connected_twin(scenario)


@pytest.mark.parametrize(
    ("frame", "uid", "code"),
    [
        ('[2,"u","UnlockConnector",{}]', "u", "OccurenceConstraintViolation"),
        ('[2,"u","UnlockConnector",{"connectorId":"1"}]', "u", "TypeConstraintViolation"),
        ('[2,"u","UnlockConnector",{"connectorId":true}]', "u", "TypeConstraintViolation"),
        ('[2,"u","GetConfiguration",{"key":[1]}]', "u", "TypeConstraintViolation"),
        ('[2,"u","UnlockConnector"]', "u", "FormationViolation"),
        ('[2,"u","UnlockConnector",[]]', "u", "FormationViolation"),
        ('[2,"u",7,{}]', "u", "FormationViolation"),
        ('[2,"u","UnlockConn', "u", "FormationViolation"),
        ('[2,"' + "u" * 200 + '","Unlock', "u" * 200, "FormationViolation"),
    ],
)
def test_malformed_calls_get_a_callerror(frame: str, uid: str, code: str) -> None:
    async def scenario(bench: Bench) -> None:
        assert (await bench.say(frame))[:3] == [4, uid, code]

    against_a_connected_twin(scenario)


def test_other_garbage_is_ignored_and_the_twin_lives_on() -> None:
    garbage = [
        *["", "{}", "[]", "null", "1", "[2]", '[2,7,"UnlockConnector",{}]', '[9,"u",{}]', '[3,"nodash",{}]'],
        *['[3,"",{}]', '[3,"1-7-9",{"status":"Accepted"}]', '[4,"u"]', '[3,"1389400-0-1",7]', "[" * 100_000],
        *["\x00", "9" * 5000, '[3,"😀",{}]'],
    ]

    async def scenario(bench: Bench) -> None:
        assert bench.connection is not None
        for frame in garbage:
            await bench.connection.send(frame)
        await bench.connection.send(b"\xff\xfe binary")
        assert await bench.request("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        assert len(bench.paths) == 1

    against_a_connected_twin(scenario)


def test_a_tag_that_no_console_can_show_does_no_harm() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.request("RemoteStopTransaction", transactionId=101)
        await bench.until(lambda: bench.lines("stop charging connector id 1"))
        await bench.request("RemoteStartTransaction", idTag="\ud800", connectorId=1)
        await bench.until(lambda: bench.of("StartTransaction", idTag="\ud800"))
        await bench.request("RemoteStopTransaction", transactionId=201)
        await bench.until(lambda: bench.of("StopTransaction", idTag="\ud800"))
        await bench.until(lambda: len(bench.lines("stop charging connector id 1")) == 2)
        await bench.request("RemoteStartTransaction", idTag="Guest", connectorId=1)
        assert bench.lines("Remote start charging idtag ? connector 1")

    against_a_charging_twin(scenario)


def test_defective_answers() -> None:
    async def rejected(bench: Bench) -> None:
        await bench.until(lambda: len(bench.lines("stop charging")) == 2)
        assert await bench.request("RemoteStartTransaction", idTag="Guest", connectorId=1) == {"status": "Rejected"}

    async def ignored(bench: Bench) -> None:
        assert await bench.request("RemoteStopTransaction", transactionId=101) == {"status": "Accepted"}
        await bench.until(lambda: bench.of("StopTransaction", transactionId=101))
        await bench.until(lambda: len(bench.lines("stop charging")) == 2)
        assert not bench.of("StopTransaction", reason="Remote")
        assert await bench.request("RemoteStartTransaction", idTag="Guest", connectorId=1) == {"status": "Accepted"}
        beats = len(bench.of("Heartbeat"))
        await bench.until(lambda: len(bench.of("Heartbeat")) > beats + 1)  # 10 s and more
        assert not bench.of("Authorize", idTag="Guest")

    async def locked(bench: Bench) -> None:
        assert await bench.request("UnlockConnector", connectorId=1) == {"status": "UnlockFailed"}

    async def silent(bench: Bench) -> None:
        assert bench.connection is not None
        await bench.connection.send('[2,"unlock","UnlockConnector",{"connectorId":1}]')
        assert (await bench.say('[2,"next","ClearCache",{}]'))[1] == "next"
        assert bench.lines("unlock connector 1")

    against_a_charging_twin(rejected, Defect.REMOTE_START_REJECTED)
    against_a_charging_twin(ignored, Defect.REMOTE_START_IGNORED, Defect.REMOTE_STOP_IGNORED)
    against_a_charging_twin(locked, Defect.UNLOCK_FAILED)
    against_a_charging_twin(silent, Defect.UNLOCK_SILENT)
