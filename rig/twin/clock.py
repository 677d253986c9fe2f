"""Device time: how long the charge point has been up, and what its calendar clock says."""

import asyncio
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TimeLimit:
    """A limit in device time that a sped-up device still grants its peers a fair wall time for."""

    device: float
    """Seconds of device time."""
    wall: float
    """Seconds of wall time that pass at least."""


class DeviceClock:
    """The charge point's clock: device time is the wall time since power-on, times ``scale``.

    The calendar clock begins at 1970, as Zephyr's does, until ``set_realtime`` tells it better.
    """

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._time = asyncio.get_running_loop().time
        self._power_on = self._time()
        self._epoch_at_power_on = 0.0
        self.is_set = False
        """Whether anybody has told the time."""

    def now(self) -> float:
        """Seconds of device time since power-on."""
        return (self._time() - self._power_on) * self._scale

    def wall(self, limit: TimeLimit) -> float:
        """The wall seconds that ``limit`` means at this speed."""
        return max(limit.device / self._scale, limit.wall)

    async def sleep_until(self, moment: float) -> None:
        """Wait until ``moment``, in seconds of device time since power-on."""
        await asyncio.sleep((moment - self.now()) / self._scale)

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of device time."""
        await self.sleep_until(self.now() + seconds)

    async def happens(self, event: asyncio.Event, *, before: float) -> bool:
        """Wait for ``event``; False when the device time ``before`` (may be infinite) comes first."""
        wall = None if math.isinf(before) else (before - self.now()) / self._scale
        try:
            async with asyncio.timeout(wall):
                return await event.wait()
        except TimeoutError:
            return False

    def set_realtime(self, epoch: int) -> None:
        """Set the calendar clock to ``epoch``, in seconds since 1970 UTC."""
        self._epoch_at_power_on = epoch - self.now()
        self.is_set = True

    def realtime(self) -> float:
        """The calendar clock, in seconds since 1970 UTC."""
        return self._epoch_at_power_on + self.now()

    def moment_of(self, epoch: float) -> float:
        """When the calendar clock shows ``epoch``: in seconds of device time since power-on, which may be past."""
        return epoch - self._epoch_at_power_on
