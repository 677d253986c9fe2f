"""A device that is ours for a run, and how it is told that it no longer is."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass

from rig.bench.device import Device
from rig.errors import BenchError

Lost = Callable[[BenchError], None]


@contextlib.asynccontextmanager
async def unwatched(lost: Lost) -> AsyncIterator[None]:
    """Nobody can take it away, or its console tells all there is to tell."""
    del lost
    yield


@dataclass(frozen=True, slots=True)
class Attached:
    """A device that nobody else has."""

    device: Device
    """With `serial` and `probe` as they are now."""
    watched: Callable[[Lost], AbstractAsyncContextManager[None]] = unwatched
    """Within it, the loss of the device is told, where that is known otherwise than by its console."""


Attach = Callable[[Callable[[str], object]], AbstractContextManager[Attached]]
"""Makes a device ours for as long as its context lasts, saying what it waits for."""
