"""Recordings of twins, made once for all tests."""

import asyncio

import pytest

from rig.twin.defects import Defect
from tests.unit.twin.bench import Bench, run, running_twin

DEVICE_SECONDS = 45
AT_ONCE = 8


async def record_all(defects: list[Defect | None]) -> dict[Defect | None, Bench]:
    """By defect: what a twin with it did in its first 45 s of device time."""
    made: dict[Defect | None, Bench] = {}
    few_at_once = asyncio.Semaphore(AT_ONCE)

    async def record(defect: Defect | None) -> None:
        async with few_at_once, running_twin(None, *([defect] if defect else [])) as bench:
            made[defect] = bench
            await asyncio.sleep(DEVICE_SECONDS)

    await asyncio.gather(*(record(defect) for defect in defects))
    return made


@pytest.fixture(scope="session")
def recordings() -> dict[Defect | None, Bench]:
    """By defect, and None for the twin without one: what it did in 45 s of device time."""
    # A crash would end the test run, and two charges in a row last longer: these have tests of their own.
    alone = {Defect.CRASH, Defect.HALTS, Defect.SERIAL_CONNECTORS}
    return run(record_all([None, *(defect for defect in Defect if defect not in alone)]))


@pytest.fixture(scope="session")
def healthy(recordings: dict[Defect | None, Bench]) -> Bench:
    """What the twin without a defect did in 45 s of device time."""
    return recordings[None]
