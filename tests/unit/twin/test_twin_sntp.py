"""The SNTP client: what it asks and which answers it believes."""

import socket

import pytest

from rig.twin.sntp import SntpError, Timestamp, epoch_of, query
from tests.unit.twin.bench import EPOCH, Bench, run, servers, sntp_answer

TRANSMIT = Timestamp(7, 1 << 31)
REQUEST = bytes([0x1B]) + bytes(39) + bytes([0, 0, 0, 7, 0x80, 0, 0, 0])


def test_asks_in_version_3_and_client_mode_with_its_transmit_timestamp() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with servers(bench) as config:
            assert await query("127.0.0.1", config.sntp_port, TRANSMIT, 1.0) == EPOCH
        assert bench.sntp_requests == [REQUEST]

    run(scenario())


def test_believes_a_synchronised_server() -> None:
    assert epoch_of(sntp_answer(REQUEST), originate=TRANSMIT) == EPOCH


def test_seconds_without_the_highest_bit_are_after_2036() -> None:
    assert epoch_of(sntp_answer(REQUEST, seconds=0), originate=TRANSMIT) == 2_085_978_496  # 2036-02-07T06:28:16Z


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(sntp_answer(REQUEST, flags=0x1B), id="mode of a client"),
        pytest.param(sntp_answer(REQUEST, flags=0xDC), id="not synchronised"),
        pytest.param(sntp_answer(REQUEST, stratum=0), id="kiss of death"),
        pytest.param(sntp_answer(bytes(48)), id="originate timestamp not echoed"),
        pytest.param(sntp_answer(REQUEST)[:47], id="too short"),
        pytest.param(b"", id="empty"),
    ],
)
def test_believes_nothing_else(packet: bytes) -> None:
    assert epoch_of(packet, originate=TRANSMIT) is None


def test_no_answer_is_zephyrs_time_out() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.sntp_answers = False
        async with servers(bench) as config:
            with pytest.raises(SntpError) as failure:
                await query("127.0.0.1", config.sntp_port, TRANSMIT, 0.05)
        assert failure.value.errno == 116

    run(scenario())


def test_a_closed_port_is_refused_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(SntpError) as failure:
        run(query("127.0.0.1", port, TRANSMIT, 1.0))
    assert failure.value.errno == 111
