"""A bench that breaks in mid-run ends the run at once, whatever it was waiting for."""

import asyncio

from rig.errors import BenchError


class Bench:
    """Within it, the first loss cancels what runs there and is raised in its place.

    Raises:
        BenchError: the loss, as it was told to `lost`.
    """

    def __init__(self) -> None:
        self._error: BenchError | None = None
        self._task: asyncio.Task[object] | None = None

    def lost(self, error: BenchError) -> None:
        """Tell of a loss; later ones, and those outside the block, are its consequences and not told."""
        if self._task and not self._error:
            self._error = error
            self._task.cancel()

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        task, self._task = self._task, None
        if not self._error or not task:
            return
        # As asyncio.timeout does: our own cancellation becomes the error, a Ctrl-C beside it stays a Ctrl-C.
        if task.uncancel() == 0 and kind in {None, asyncio.CancelledError}:
            raise self._error
