"""What every part of a running charge point uses."""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from rig.twin.clock import DeviceClock
from rig.twin.console import Console
from rig.twin.defects import Defect
from rig.twin.link import Link
from rig.twin.settings import Settings

_HOUR = 3600.0


class RestartError(Exception):
    """The charge point restarts: everything that runs ends, and it boots anew."""


class HaltError(Exception):
    """The charge point halts: everything that runs ends, and nothing ever comes again."""


@dataclass(frozen=True)
class Device:
    """The parts of one powered charge point, from boot to restart."""

    clock: DeviceClock
    console: Console
    link: Link
    random: random.Random
    defects: Collection[Defect]
    tasks: asyncio.TaskGroup
    """Everything that runs in the background; ends with the device."""
    settings: Settings = field(default_factory=Settings)
    registered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once BootNotification was accepted."""

    def timestamp(self) -> str:
        """The calendar clock as OCPP writes it, UTC, whole seconds."""
        error = _HOUR if Defect.TIMESTAMPS_OFF in self.defects else 0.0
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock.realtime() + error))

    async def ticks(self, key: str, *, stretch: float = 1.0) -> AsyncIterator[None]:
        """Come round every so many seconds as the configuration key ``key`` says, from now on.

        A change of the key counts from the last tick; 0 means never (OCPP 1.6 section 9.1). The ticks do
        not drift: each is due a whole interval after the one before was due.
        """
        last = self.clock.now()
        while True:
            interval = self.settings.seconds(key) * stretch or math.inf
            if not await self.clock.happens(self.settings.changed, before=last + interval):
                last += interval
                yield
