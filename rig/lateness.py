"""How late the host makes rig and device: recorded, so that a judge knows whom to blame."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from rig.journal.events import Lateness
from rig.journal.journal import Journal

PERIOD_S = 0.01
WORTH_RECORDING = 0.2
"""A wait is recorded from this fraction of the device's own time limit upwards."""


def waited_s(pid: int) -> float | None:
    """Seconds that a process's threads have waited for a processor so far (proc(5), schedstat); None: not known."""
    try:
        stats = [task.joinpath("schedstat").read_text(encoding="ascii") for task in Path(f"/proc/{pid}/task").iterdir()]
        return max(int(each.split()[1]) for each in stats) / 1e9
    except (OSError, IndexError, ValueError):
        return None


@contextlib.asynccontextmanager
async def watched(journal: Journal, pid: int | None, limit_s: float) -> AsyncIterator[None]:
    """Record every wait for a processor that is long against `limit_s`, the device's time limit in wall seconds.

    A device without a `pid` on this host waits for none of its processors.
    """

    async def watch() -> None:
        before = waited_s(pid) if pid else None
        while True:
            due = time.monotonic() + PERIOD_S
            await asyncio.sleep(PERIOD_S)  # what is awaited is the clock itself: how late it wakes us is the reading
            now = waited_s(pid) if pid else None
            late = {"rig": time.monotonic() - due, "device": (now - before) if now and before else 0.0}
            before = now
            for of, late_s in late.items():
                if late_s > limit_s * WORTH_RECORDING:
                    journal.record(Lateness("rig" if of == "rig" else "device", round(late_s, 6)))

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
