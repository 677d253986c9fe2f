"""Each defect shows in the one way that its name says."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from rig.twin.defects import Defect
from tests.unit.twin.bench import Bench, Sent, run, running_twin, what_was_said

Shows = Callable[[Bench], bool]


def values(bench: Bench, connector: int) -> list[int]:
    samples = bench.of("MeterValues", connectorId=connector)
    return [int(call.payload["meterValue"][0]["sampledValue"][0]["value"]) for call in samples]


def first(bench: Bench, action: str) -> Sent:
    return bench.of(action)[0]


def position(bench: Bench, action: str, **fields: object) -> int:
    return bench.calls.index(bench.of(action, **fields)[0])


# Defects that leave every message on the wire as it is, but for its time.
ON_THE_CONSOLE: dict[Defect, Shows] = {
    Defect.WRONG_BUILD: lambda b: not b.lines("build nonce") and bool(b.lines("Booting Zephyr OS build v0.0.0")),
    Defect.WRONG_SAMPLE: lambda b: not b.lines("OCPP sample"),
    Defect.BANNER_TWICE: lambda b: len(b.lines("*** Booting")) == 2,
    Defect.NO_ADDRESS: lambda b: bool(b.lines("Received: 0.0.0.0") and b.lines("IPv4 address: 0.0.0.0")),
    Defect.WRONG_SERVER_LINE: lambda b: bool(b.lines("cs server 192.0.2.1 ") and b.lines("IPv4 Address 192.0.2.1")),
    Defect.SNTP_IGNORED_LINE: lambda b: bool(b.lines("epoch seconds: 1799996400")),
    Defect.NO_SNTP: lambda b: not b.sntp_requests and not b.lines("SNTP"),
    Defect.CONSOLE_SILENT: lambda b: not b.lines("start charging connector id 2"),
    Defect.DROPPED_MESSAGES: lambda b: bool(b.lines("--- 3 messages dropped ---")),
    Defect.FATAL_ERROR: lambda b: (
        b.console.index("stop charging connector id 2") < b.console.index("ZEPHYR FATAL ERROR 35")
    ),
    Defect.CONSOLE_DISORDER: lambda b: len(b.lines("stop charging connector id 1")) == 1,
    Defect.TIMESTAMPS_OFF: lambda b: first(b, "StartTransaction").payload["timestamp"][:13] == "2027-01-15T09",
    Defect.WRONG_PATH: lambda b: b.paths == ["/steve/websocket/CentralSystemService/other"],
    Defect.NO_SUBPROTOCOL: lambda b: b.subprotocols == [None],
    Defect.BOOT_LATE: lambda b: [call.action for call in b.calls[:2]] == ["Heartbeat", "BootNotification"],
    Defect.HEARTBEAT_SLOW: lambda b: len(b.of("Heartbeat")) == 2,
    Defect.HEARTBEAT_MISSING: lambda b: not b.of("Heartbeat"),
    Defect.UID_REUSED: lambda b: len({call.uid for call in b.calls}) == len(b.calls) - 1,
    Defect.INVALID_JSON: lambda b: b.garbage == ['[2,"0-4-0","Heartbeat",{}'],
    Defect.RECONNECTS: lambda b: len(b.paths) == 2 and len(b.of("BootNotification")) == 1,
    Defect.REMOTE_START_IGNORED: lambda b: len(b.of("StartTransaction")) == 2,
    Defect.REMOTE_START_REJECTED: lambda b: len(b.of("StartTransaction")) == 2,
    Defect.REMOTE_STOP_IGNORED: lambda b: len(b.of("StopTransaction")) == 2,
    Defect.UNLOCK_FAILED: lambda b: len(b.of("StopTransaction")) == 2,
    Defect.UNLOCK_SILENT: lambda b: len(b.of("StopTransaction")) == 2,
}

# Defects that change what is said, and how many calls differ from those of the twin without a defect.
ON_THE_WIRE: dict[Defect, tuple[Shows, int]] = {
    Defect.BOOT_WRONG_MODEL: (lambda b: b.calls[0].payload["chargePointModel"] == "advanced", 1),
    Defect.AUTHORIZE_SKIPPED: (lambda b: len(b.of("Authorize")) == len(b.lines("auth 0>")) - 1, 1),
    Defect.AUTHORIZE_WRONG_TAG: (
        lambda b: bool(b.of("Authorize", idTag="ZepId99") and b.of("StartTransaction", idTag="ZepId99")),
        3,
    ),
    Defect.START_WRONG_CONNECTOR: (lambda b: bool(b.of("StartTransaction", connectorId=3)), 7),
    Defect.START_MISSING: (
        lambda b: len(b.of("Authorize")) == 2 and not b.of("StartTransaction", connectorId=2) and not values(b, 2),
        7,
    ),
    Defect.METER_AFTER_STOP: (
        lambda b: b.of("MeterValues", connectorId=1)[-1].at > b.of("StopTransaction")[0].at + 4,
        1,
    ),
    Defect.METER_SLOW: (lambda b: len(values(b, 1)) == 3, 5),
    Defect.METER_MISSING: (lambda b: len(values(b, 1)) >= 4 and not values(b, 2), 6),
    Defect.METER_FALLING: (
        lambda b: values(b, 1)[0] > values(b, 1)[-1] and min(values(b, 1)) >= 7 and max(values(b, 1)) <= 17,
        9,
    ),
    Defect.METER_WRONG_TRANSACTION: (lambda b: bool(b.of("MeterValues", transactionId=1102)), 5),
    Defect.METER_WRONG_CONNECTOR: (
        lambda b: bool(b.of("MeterValues", connectorId=1, transactionId=102)) and not values(b, 2),
        5,
    ),
    Defect.REGISTER_RANDOM: (lambda b: abs(first(b, "StartTransaction").payload["meterStart"]) > 1000, 4),
    Defect.STOP_EARLY: (lambda b: 18 < first(b, "StopTransaction").at < 24, 3),
    Defect.STOP_MISSING: (lambda b: not b.of("StopTransaction", transactionId=102), 2),
    Defect.STOP_WRONG_TRANSACTION: (lambda b: bool(b.of("StopTransaction", transactionId=-1)), 1),
    Defect.SCHEMA_EXTRA_FIELD: (
        lambda b: all(call.payload.get("vendorId") == "zephyr" for call in b.of("MeterValues")),
        9,
    ),
    Defect.SCHEMA_BAD_TYPE: (lambda b: first(b, "StartTransaction").payload["meterStart"] == "7", 2),
    Defect.RESTARTS: (
        lambda b: len(b.lines("*** Booting")) == 2 and len(b.of("BootNotification")) == 2 and len(b.paths) == 2,
        13,
    ),
    Defect.SILENT: (lambda b: b.console == "*** Booting Zephyr OS build nonce ***\r\n" and not b.calls, 16),
    Defect.DEAD: (lambda b: not b.console and not b.calls, 16),
}
LOOKED_AT_ALONE = {Defect.CRASH, Defect.HALTS, Defect.SERIAL_CONNECTORS}


def test_every_defect_is_looked_at() -> None:
    assert ON_THE_CONSOLE.keys() | ON_THE_WIRE.keys() | LOOKED_AT_ALONE == set(Defect)


def test_the_healthy_twin_has_no_defect(healthy: Bench) -> None:
    neutral = {defect for defect in ON_THE_CONSOLE if defect.startswith(("remote-", "unlock-"))}
    harmless = {Defect.CONSOLE_DISORDER}  # looks different only beside the wire, below
    shown = {defect for defect, shows in ON_THE_CONSOLE.items() if defect != Defect.FATAL_ERROR and shows(healthy)}
    assert shown == neutral | harmless
    assert "FATAL" not in healthy.console
    wire = {defect for defect, (shows, _) in ON_THE_WIRE.items() if shows(healthy)}
    assert wire == set()


@pytest.mark.parametrize("defect", ON_THE_CONSOLE)
def test_defect_shows_and_says_the_same_on_the_wire(
    recordings: dict[Defect | None, Bench], healthy: Bench, defect: Defect
) -> None:
    bench = recordings[defect]
    assert ON_THE_CONSOLE[defect](bench)
    assert differences(bench, healthy) == 0


@pytest.mark.parametrize("defect", ON_THE_WIRE)
def test_defect_shows_on_the_wire_and_leaves_the_rest_alone(
    recordings: dict[Defect | None, Bench], healthy: Bench, defect: Defect
) -> None:
    shows, different = ON_THE_WIRE[defect]
    assert shows(recordings[defect])
    assert differences(recordings[defect], healthy) == different


def differences(bench: Bench, healthy: Bench) -> int:
    said, expected = what_was_said(bench), what_was_said(healthy)
    return max((said - expected).total(), (expected - said).total())


def test_no_timestamp_is_right_without_sntp(recordings: dict[Defect | None, Bench]) -> None:
    bench = recordings[Defect.NO_SNTP]
    assert first(bench, "StartTransaction").payload["timestamp"].startswith("1970-01-01T00:00:0")


def test_restart_repeats_the_whole_sequence_with_new_ids(recordings: dict[Defect | None, Bench]) -> None:
    bench = recordings[Defect.RESTARTS]
    again = [call for call in bench.calls if call.connection == 2]
    assert again[0].action == "BootNotification"
    assert (
        len([call for call in bench.of("MeterValues") if call.connection == 1 and call.payload["connectorId"] == 1])
        == 2
    )
    assert len({call.uid for call in bench.calls}) == len(bench.calls)


def test_reconnection_loses_and_repeats_no_sample(recordings: dict[Defect | None, Bench]) -> None:
    bench = recordings[Defect.RECONNECTS]
    for connector in (1, 2):
        assert all(later - earlier == 2 for earlier, later in pairwise(values(bench, connector)))
        assert len(values(bench, connector)) >= 4


def test_console_disorder_tells_of_the_stop_before_it_happens() -> None:
    async def scenario() -> None:
        async with running_twin(None, Defect.CONSOLE_DISORDER) as bench:
            await bench.until(lambda: bench.lines("stop charging connector id 1"))
            assert not bench.of("StopTransaction")
            await bench.until(lambda: bench.of("StopTransaction", transactionId=101))

    run(scenario())


def test_a_halted_charge_point_says_so_and_then_nothing_ever_more() -> None:
    async def scenario() -> None:
        async with running_twin(None, Defect.HALTS) as bench:
            await bench.until(lambda: bench.lines("Halting system"))
            said, calls = bench.console, len(bench.calls)
            await asyncio.sleep(60)
            assert (bench.console, len(bench.calls)) == (said, calls)

    run(scenario())


def test_serial_connectors_charge_one_after_the_other() -> None:
    async def scenario() -> None:
        async with running_twin(None, Defect.SERIAL_CONNECTORS) as bench:
            await bench.until(lambda: len(bench.of("MeterValues", connectorId=2)) == 2)
            [stop] = bench.of("StopTransaction")
            [start] = bench.of("StartTransaction", connectorId=2)
            assert stop.at < bench.of("Authorize", idTag="ZepId01")[0].at < start.at

    run(scenario())
