"""What every part of a running charge point uses."""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Collection

from rig.twin.authorization import Authorization
from rig.twin.clock import DeviceClock
from rig.twin.console import Console
from rig.twin.defects import Defect
from rig.twin.link import Link
from rig.twin.memory import Memory
from rig.twin.outbox import Outbox
from rig.twin.profiles.profile import Profile
from rig.twin.settings import Settings
from rig.twin.statuses import Statuses

CONNECTORS = (1, 2)

_HOUR = 3600.0


class RestartError(Exception):
    """The charge point restarts: everything that runs ends, and it boots anew."""


class HaltError(Exception):
    """The charge point halts: everything that runs ends, and nothing ever comes again."""


class Device:
    """The parts of one powered charge point, from boot to restart."""

    def __init__(
        self,
        clock: DeviceClock,
        console: Console,
        link: Link,
        *,
        source: random.Random,
        defects: Collection[Defect],
        tasks: asyncio.TaskGroup,
        identity: str,
        profiles: Collection[Profile],
        memory: Memory,
    ) -> None:
        core = Profile.CORE in profiles
        self.clock = clock
        self.console = console
        self.link = link
        self.random = source
        self.defects = defects
        self.tasks = tasks
        """Everything that runs in the background; ends with the device."""
        self.identity = identity
        """Its name in the central system: the end of the WebSocket's path (OCPP 1.6-J section 3.1.1)."""
        self.profiles = profiles
        self.memory = memory
        self.settings: Settings = memory.settings
        self.registered = asyncio.Event()
        """Set once BootNotification was accepted."""
        self.outbox = Outbox(clock, link, self.settings, self.registered)
        tell = self.outbox.put_status if core else None
        self.statuses = Statuses(CONNECTORS, memory.inoperative, memory.reservations, self.timestamp, tell)
        self.authorization = Authorization(clock, link, self.settings, memory, locally=core)

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
