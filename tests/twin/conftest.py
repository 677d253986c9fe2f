"""Recordings of the twin with each of its defects, made once, many at a time."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from rig.console.records import ConsoleLine
from rig.errors import BenchError
from rig.journal.codec import Entry
from rig.journal.recording import Recording
from rig.lifecycle import lifecycle
from rig.run import recorded
from rig.targets.twin import Twin
from rig.twin.defects import Defect

RATIO = 5.0
"""Slow enough that two dozen twins and their rigs share two processors within 500 ms of device time."""
AT_ONCE = 24
START_S = 1.0
"""Wall seconds that a twin is given to start before the next one does."""


async def record_all(folder: Path) -> dict[Defect | None, Recording]:
    places = asyncio.Semaphore(AT_ONCE)
    # Starting Python takes a processor for a tenth of a second: one at a time, or those that run come late.
    starting = asyncio.Lock()

    async def record(defect: Defect | None) -> tuple[Defect | None, Recording]:
        mine = folder / (defect.value if defect else "none")
        twin = Twin(ratio=RATIO, defects=[defect.value] if defect else [])
        booted = asyncio.Event()

        def listen(entry: Entry) -> None:
            if isinstance(entry.event, ConsoleLine):
                booted.set()

        async with places:
            async with starting:
                running = asyncio.create_task(recorded(twin, mine, lifecycle, listeners=(listen,)))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(START_S):
                        await booted.wait()
            with contextlib.suppress(BenchError):  # it is in the journal, to be judged
                await running
        return defect, Recording.load(mine)

    return dict(await asyncio.gather(*(record(defect) for defect in (None, *Defect))))


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[Defect | None, Recording]:
    """By defect, and None for the twin without one: a whole run of the lifecycle scenario."""
    return asyncio.run(record_all(tmp_path_factory.mktemp("defects")))
