"""The documented life cycle, from boot to the second stop, as the twin without a defect goes through it."""

import re
from collections import Counter

import pytest
from ocpp.messages import MessageType, get_validator

from tests.unit.twin.bench import EPOCH, Bench, run, running_twin

A_LITTLE = 0.5
"""Seconds: what the host takes to compute, and no more."""


def test_calls_come_in_the_order_of_the_recordings(healthy: Bench) -> None:
    actions = [call.action for call in healthy.calls]
    assert actions[:5] == ["BootNotification", "Authorize", "Authorize", "StartTransaction", "StartTransaction"]
    assert Counter(actions[5:]) == {"MeterValues": 9, "Heartbeat": 4, "StopTransaction": 2}


def test_payloads_are_those_of_the_recordings(healthy: Bench) -> None:
    assert healthy.calls[0].payload == {"chargePointModel": "basic", "chargePointVendor": "zephyr"}
    assert [call.payload for call in healthy.of("Authorize")] == [{"idTag": "ZepId00"}, {"idTag": "ZepId01"}]
    start = healthy.of("StartTransaction")[0].payload
    assert start == {"connectorId": 1, "idTag": "ZepId00", "meterStart": 7, "timestamp": start["timestamp"]}
    sample = healthy.of("MeterValues", connectorId=1)[0].payload
    timestamp = sample["meterValue"][0]["timestamp"]
    reading = {"measurand": "Energy.Active.Import.Register", "value": "9", "unit": "Wh"}
    assert sample == {
        "connectorId": 1,
        "transactionId": 101,
        "meterValue": [{"timestamp": timestamp, "sampledValue": [reading]}],
    }
    stop = healthy.of("StopTransaction")[0].payload
    assert stop == {
        "transactionId": 101,
        "meterStop": stop["meterStop"],
        "timestamp": stop["timestamp"],
        "idTag": "ZepId00",
    }


def test_every_call_is_valid_by_the_schemas_of_ocpp_1_6(healthy: Bench) -> None:
    for call in healthy.calls:
        assert list(get_validator(MessageType.Call, call.action, "1.6").iter_errors(call.payload)) == []


def test_fields_come_in_the_order_of_the_firmware(healthy: Bench) -> None:
    assert list(healthy.of("StartTransaction")[0].payload) == ["connectorId", "idTag", "meterStart", "timestamp"]
    assert list(healthy.of("StopTransaction")[0].payload) == ["transactionId", "meterStop", "timestamp", "idTag"]


@pytest.mark.parametrize(
    ("action", "moments"),
    [
        ("BootNotification", [1.0]),
        ("Authorize", [5.0, 5.0]),
        ("StartTransaction", [5.0, 5.0]),
        ("Heartbeat", [11.0, 21.0, 31.0, 41.0]),
        ("StopTransaction", [30.0, 31.0]),
    ],
)
def test_calls_come_when_the_sample_sends_them(healthy: Bench, action: str, moments: list[float]) -> None:
    assert [call.at for call in healthy.of(action)] == pytest.approx(moments, abs=A_LITTLE)


def test_samples_come_every_five_seconds_and_end_with_the_transaction(healthy: Bench) -> None:
    for connector, samples in ((1, 4), (2, 5)):
        moments = [call.at for call in healthy.of("MeterValues", connectorId=connector)]
        assert moments[:samples] == pytest.approx([10.0 + 5 * n for n in range(samples)], abs=A_LITTLE)
        assert max(moments) <= 30 + A_LITTLE


def test_register_is_the_same_at_start_in_samples_and_at_stop(healthy: Bench) -> None:
    for connector, transaction in ((1, 101), (2, 102)):
        start = healthy.of("StartTransaction", connectorId=connector)[0].payload["meterStart"]
        samples = [
            int(call.payload["meterValue"][0]["sampledValue"][0]["value"])
            for call in healthy.of("MeterValues", connectorId=connector)
        ]
        stop = healthy.of("StopTransaction", transactionId=transaction)[0].payload["meterStop"]
        register = [start, *samples, stop]
        assert register == sorted(register)
        assert start >= 0
        assert len(set(samples)) == len(samples)


def test_timestamps_come_from_the_time_server(healthy: Bench) -> None:
    assert EPOCH == 1_800_000_000
    stamp = healthy.of("StartTransaction")[0].payload["timestamp"]
    assert re.fullmatch(r"2027-01-15T08:00:0[5-7]Z", stamp)
    assert re.fullmatch(r"2027-01-15T08:00:3[01]Z", healthy.of("StopTransaction")[0].payload["timestamp"])


def test_console_reads_as_the_firmware_writes_it(healthy: Bench) -> None:
    without_times = re.sub(r"\[\d\d:\d\d:\d\d\.\d{3},\d{3}\]", "[t]", healthy.console)
    port = re.search(r"cs server 127\.0\.0\.1 (\d+)", without_times)
    assert port is not None
    boot = (
        "*** Booting Zephyr OS build nonce ***",
        "[t] \x1b[0m<inf> net_config: Initializing network\x1b[0m",
        "[t] \x1b[0m<inf> net_config: Running dhcpv4 client...\x1b[0m",
        "OCPP sample test",
        "[t] \x1b[0m<inf> net_samples_common: Waiting for network...\x1b[0m",
        "[t] \x1b[0m<inf> net_dhcpv4: Received: 127.0.0.1\x1b[0m",
        "[t] \x1b[0m<inf> net_config: IPv4 address: 127.0.0.1\x1b[0m",
        "[t] \x1b[0m<inf> net_config: Lease time: 86400 seconds\x1b[0m",
        "[t] \x1b[0m<inf> net_config: Subnet: 255.0.0.0\x1b[0m",
        "[t] \x1b[0m<inf> net_config: Router: 127.0.0.1\x1b[0m",
        "[t] \x1b[0m<inf> net_samples_common: Network connectivity established and IP address assigned\x1b[0m",
        f"[t] \x1b[0m<inf> main: cs server 127.0.0.1 {port[1]}\x1b[0m",
        "[t] \x1b[0m<inf> main: IPv4 Address 127.0.0.1\x1b[0m",
        "[t] \x1b[0m<inf> main: 127.0.0.1 -> 127.0.0.1\x1b[0m",
        "[t] \x1b[0m<inf> main: SNTP success, epoch seconds: 1800000000",
        "\x1b[0m",
        "[t] \x1b[0m<inf> ocpp: upstream init\x1b[0m",
        "[t] \x1b[0m<inf> ocpp: ocpp init success\x1b[0m",
    )
    assert without_times.startswith("\r\n".join(boot) + "\r\n")
    charging = without_times.split("ocpp init success\x1b[0m\r\n")[1]
    assert charging.endswith(
        "[t] \x1b[0m<inf> main: ocpp stop charging connector id 1\r\n\x1b[0m\r\n"
        "[t] \x1b[0m<inf> main: ocpp stop charging connector id 2\r\n\x1b[0m\r\n"
    )
    for connector in (1, 2):
        assert charging.count(f"<inf> main: ocpp auth 0> idcon {connector} status 1\r\n\x1b[0m\r\n") == 1
        assert charging.count(f"<inf> main: ocpp start charging connector id {connector}\r\n\x1b[0m\r\n") == 1


def test_connects_as_the_sample_does(healthy: Bench) -> None:
    assert healthy.paths == ["/steve/websocket/CentralSystemService/zephyr"]
    assert healthy.subprotocols == ["ocpp1.6"]
    assert len(healthy.sntp_requests) == 1


def test_message_ids_are_formed_as_the_firmwares_and_unique(healthy: Bench) -> None:
    kinds = {"BootNotification": 0, "Authorize": 1, "StartTransaction": 2, "StopTransaction": 3, "Heartbeat": 4}
    for call in healthy.calls:
        kind = kinds.get(call.action, 5)
        assert re.fullmatch(rf"13894\d\d-{kind}-\d{{1,10}}|13895\d\d-{kind}-\d{{1,10}}", call.uid)
    assert len({call.uid for call in healthy.calls}) == len(healthy.calls)


def test_message_ids_are_the_same_in_every_run(healthy: Bench) -> None:
    async def first_id() -> str:
        async with running_twin() as bench:
            await bench.until(lambda: bench.calls)
            return bench.calls[0].uid

    assert run(first_id()) == healthy.calls[0].uid
