"""The way of one direction's portions: first in, first out, each when it is due."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from central_system.impairments.portion import Portion

MOST_BYTES = 1 << 18
"""Bytes under way; whoever puts more waits until some have left, and so does, by TCP, who sends them."""


class Line:
    """Gives `emit` the pieces of each portion, and whether it is the first; `ended` is told by what that fails, once.

    A portion that is its direction's end is followed by nothing: `end` is awaited in its place.
    """

    def __init__(
        self,
        *,
        emit: Callable[[bytes, bool], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
        ended: Callable[[BaseException], None],
    ) -> None:
        self._emit = emit
        self._end = end
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._portions: deque[Portion] = deque()
        self._bytes = 0
        self._left = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, portion: Portion) -> None:
        """Send it on its way, behind all others."""
        self._portions.append(portion)
        self._bytes += portion.size
        if not self._task and not self._closed:
            self._task = asyncio.create_task(self._send())
            self._task.add_done_callback(self._done)

    async def room(self) -> None:
        """Wait until there is room for another portion."""
        await self._until(lambda: self._bytes <= MOST_BYTES)

    async def empty(self) -> None:
        """Wait until all have left."""
        await self._until(lambda: not self._portions)

    async def close(self) -> tuple[Portion, ...]:
        """Let no more leave; returns those that never did, or not whole."""
        self._closed = True
        if task := self._task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return tuple(self._portions)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._left.clear()
            await self._left.wait()

    async def _send(self) -> None:
        while self._portions:
            portion = self._portions[0]
            await asyncio.sleep(portion.due - self._loop.time())
            for number, piece in enumerate(portion.pieces()):
                if number:
                    await asyncio.sleep(portion.pause_s)
                await self._emit(piece, number == 0)
            if portion.is_end:
                await self._end()
            self._portions.popleft()
            self._bytes -= portion.size
            self._left.set()
        self._task = None

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._closed = True
            self._ended(error)
