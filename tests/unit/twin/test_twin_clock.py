"""Device time: wall time multiplied, and limits that stay fair to the peers of a fast device."""

import asyncio
import math

import pytest

from rig.twin.clock import DeviceClock, TimeLimit
from tests.unit.twin.bench import run


def test_device_time_runs_faster_by_the_scale() -> None:
    async def scenario() -> None:
        loop, clock = asyncio.get_running_loop(), DeviceClock(100.0)
        started = loop.time()
        await clock.sleep_until(50.0)
        assert loop.time() - started == pytest.approx(0.5, abs=0.1)
        assert clock.now() >= 50.0

    run(scenario())


def test_a_limit_is_never_shorter_than_its_wall_time() -> None:
    async def scenario() -> None:
        limit = TimeLimit(device=0.5, wall=0.05)
        assert DeviceClock(1.0).wall(limit) == 0.5
        assert DeviceClock(1000.0).wall(limit) == 0.05

    run(scenario())


def test_waits_for_an_event_or_until_a_moment() -> None:
    async def scenario() -> None:
        clock, event = DeviceClock(1.0), asyncio.Event()
        assert not await clock.happens(event, before=3.0)
        assert clock.now() >= 3.0
        assert not await clock.happens(event, before=1.0), "that moment is over"
        event.set()
        assert await clock.happens(event, before=math.inf)

    run(scenario())


def test_calendar_clock_begins_in_1970_and_goes_on_from_what_it_is_told() -> None:
    async def scenario() -> None:
        clock = DeviceClock(1.0)
        await clock.sleep(10)
        assert clock.realtime() == pytest.approx(10, abs=0.5)
        clock.set_realtime(1_800_000_000)
        await clock.sleep(10)
        assert clock.realtime() == pytest.approx(1_800_000_010, abs=0.5)

    run(scenario())
