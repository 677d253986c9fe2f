"""What must not be left half done is done, and a cancellation comes through after it."""

import asyncio

import pytest

from rig.interrupt import to_its_end


def test_work_in_hand_is_finished_before_its_cancellation_comes_through() -> None:
    done: list[str] = []

    async def close(gate: asyncio.Event) -> None:
        await gate.wait()
        done.append("closed")

    async def run() -> None:
        gate = asyncio.Event()
        task = asyncio.create_task(to_its_end(close(gate)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert done == ["closed"]


def test_its_own_failure_is_told_where_nobody_cancels_it() -> None:
    async def close() -> None:
        raise OSError("no such port")

    with pytest.raises(OSError, match="no such port"):
        asyncio.run(to_its_end(close()))
