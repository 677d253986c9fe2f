"""What the twin does when the central system refuses, stays silent or goes away."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.unit.twin.bench import Answer, Bench, run, running_twin


def against(bench: Bench, scenario: Callable[[], Awaitable[None]]) -> None:
    async def against_twin() -> None:
        async with running_twin(bench):
            await scenario()

    run(against_twin())


def always(payload: dict[str, Any] | None) -> Answer:
    return lambda _: payload


def once(payload: dict[str, Any] | None, then: Answer) -> Answer:
    """Answer the first call with ``payload`` and later ones as ``then`` says."""
    answers = iter([always(payload)])

    def answer(request: dict[str, Any]) -> dict[str, Any] | None:
        return next(answers, then)(request)

    return answer


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_boot_is_tried_again_after_the_interval_and_nothing_else_is_sent(status: str) -> None:
    bench = Bench()
    bench.answers["BootNotification"] = always({"status": status, "interval": 3, "currentTime": "2027-01-15T08:00:00Z"})

    async def scenario() -> None:
        await bench.until(lambda: len(bench.of("BootNotification")) == 4)
        assert len(bench.calls) == 4
        assert [call.at for call in bench.calls] == pytest.approx([1, 4, 7, 10], abs=2)
        await bench.until(lambda: bench.lines("<err> main: ocpp auth -11> idcon 1 status 0"))

    against(bench, scenario)


def test_boot_answers_that_make_no_sense_are_no_acceptance() -> None:
    bench = Bench()
    accepted = bench.answers["BootNotification"]
    bench.answers["BootNotification"] = once({"status": 7, "interval": "soon"}, accepted)

    async def scenario() -> None:
        await bench.until(lambda: bench.of("StartTransaction"))
        assert len(bench.of("BootNotification")) == 2

    against(bench, scenario)


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ({"idTagInfo": {"status": "Invalid"}}, 0),
        ({"idTagInfo": {"status": "Blocked"}}, 2),
        ({"idTagInfo": {"status": "Expired"}}, 3),
        ({"idTagInfo": {}}, 0),
        ({}, 0),
    ],
)
def test_a_tag_that_is_not_accepted_ends_the_connector(answer: dict[str, Any], number: int) -> None:
    bench = Bench()
    bench.answers["Authorize"] = always(answer)

    async def scenario() -> None:
        await bench.until(lambda: len(bench.lines("not authorized")) == 2)
        for connector in (1, 2):
            assert bench.lines(f"<inf> main: ocpp auth 0> idcon {connector} status {number}")
            assert bench.lines(f"<err> main: ocpp start idcon {connector}> not authorized status {number}")
        await bench.until(lambda: len(bench.of("Heartbeat")) == 2)
        assert not bench.of("StartTransaction")
        assert len(bench.of("Authorize")) == 2

    against(bench, scenario)


def test_authorize_is_tried_again_when_nobody_answers() -> None:
    bench = Bench()
    accepted = bench.answers["Authorize"]
    bench.answers["Authorize"] = once(None, accepted)

    async def scenario() -> None:
        await bench.until(lambda: len(bench.of("StartTransaction")) == 2)
        assert len(bench.of("Authorize")) == 3
        assert len(bench.lines("<err> main: ocpp auth -11>")) == 1

    against(bench, scenario)


def test_no_call_before_the_last_one_is_answered_or_timed_out() -> None:
    """OCPP 1.6-J section 4.1.1; the central system answers nothing but BootNotification."""
    bench = Bench()
    bench.answers["Authorize"] = always(None)

    async def scenario() -> None:
        await bench.until(lambda: len(bench.of("Authorize")) == 2)
        first, second = bench.of("Authorize")
        assert second.at - first.at >= 0.49

    against(bench, scenario)


def test_start_that_is_refused_is_stopped_at_once() -> None:
    bench = Bench()
    bench.answers["StartTransaction"] = always({"transactionId": 5, "idTagInfo": {"status": "Invalid"}})

    async def scenario() -> None:
        await bench.until(lambda: len(bench.of("StopTransaction", transactionId=5, reason="DeAuthorized")) == 2)
        assert not bench.lines("start charging")
        assert not bench.of("MeterValues")

    against(bench, scenario)


def test_start_is_repeated_until_it_is_answered() -> None:
    """So that no StopTransaction carries an id that was never given (OCPP 1.6 section 3.7.1)."""
    bench = Bench()
    accepted = bench.answers["StartTransaction"]
    bench.answers["StartTransaction"] = once(None, accepted)

    async def scenario() -> None:
        await bench.until(lambda: len(bench.of("StopTransaction")) == 2)
        assert {call.payload["transactionId"] for call in bench.of("StopTransaction")} == {102, 201}
        first, again = bench.of("StartTransaction", connectorId=1)
        assert first.payload == again.payload
        assert first.uid != again.uid

    against(bench, scenario)


def test_start_without_a_transaction_id_begins_nothing() -> None:
    bench = Bench()
    bench.answers["StartTransaction"] = always({})

    async def scenario() -> None:
        await bench.until(lambda: len(bench.lines("<err> main: ocpp start txn idcon")) == 2)
        await bench.until(lambda: len(bench.of("Heartbeat")) == 4)
        assert not bench.of("MeterValues")
        assert not bench.of("StopTransaction")

    against(bench, scenario)


def test_a_lost_connection_is_reopened_without_a_new_boot_and_loses_no_sample() -> None:
    bench = Bench()

    async def scenario() -> None:
        await bench.until(lambda: bench.of("MeterValues"))
        assert bench.connection is not None
        await bench.connection.close(1001)
        await bench.until(lambda: len(bench.of("StopTransaction")) == 2)
        assert len(bench.paths) == 2
        assert len(bench.of("BootNotification")) == 1
        samples = [
            int(call.payload["meterValue"][0]["sampledValue"][0]["value"])
            for call in bench.of("MeterValues", connectorId=1)
        ]
        assert sorted(set(samples)) == list(range(9, 9 + 2 * len(set(samples)), 2))

    against(bench, scenario)


def test_a_silent_time_server_leaves_the_clock_in_1970() -> None:
    bench = Bench()
    bench.sntp_answers = False

    async def scenario() -> None:
        await bench.until(lambda: bench.of("StartTransaction"))
        assert bench.lines("<err> main: SNTP IPv4 request failed: -116")
        assert bench.of("StartTransaction")[0].payload["timestamp"].startswith("1970-01-01T00:0")

    against(bench, scenario)
