"""What the operator's page works with."""

import asyncio
from dataclasses import dataclass

from central_system.clock import WorldClock
from central_system.frame_log import FrameLog
from central_system.registry.registry import Registry
from central_system.server import CentralSystem
from central_system.sntp import SntpResponder
from central_system.storage.storage import Storage


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running central system.

    `loop` is the event loop that serves charge points; the page has one of its own, in its own thread. `started_at` is
    in seconds since 1970.
    """

    loop: asyncio.AbstractEventLoop
    clock: WorldClock
    registry: Registry
    central_system: CentralSystem
    frames: FrameLog
    storage: Storage
    sntp: SntpResponder | None
    started_at: float
