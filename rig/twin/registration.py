"""BootNotification until it is accepted, then Heartbeats (OCPP 1.6 sections 4.2 and 4.6)."""

import asyncio
from contextlib import suppress
from datetime import datetime

from rig.twin.clock import TimeLimit
from rig.twin.defects import Defect
from rig.twin.device import Device
from rig.twin.frames import JsonObject, encode
from rig.twin.link import NoAnswerError
from rig.twin.profiles.profile import Profile
from rig.twin.settings import HEARTBEAT_INTERVAL

_LIMIT = TimeLimit(device=5.0, wall=1.0)
_BOOT_AFTER = 1.0
_BOOT_RETRY_SECONDS = 10
_LONGEST_INTERVAL = 2**31 - 1


class Registration:
    """Registers the charge point with the central system."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._again = asyncio.Event()
        self.status = ""
        """The RegistrationStatus last received; empty before the first."""

    async def run(self, start: float) -> None:
        """Send BootNotification until it is accepted, then Heartbeats; ``start`` is the device time of init."""
        device = self._device
        await device.clock.sleep_until(start + _BOOT_AFTER)
        await device.link.connected.wait()
        if Defect.BOOT_LATE in device.defects:
            with suppress(NoAnswerError):
                await device.link.call("Heartbeat", {}, limit=_LIMIT)
        model = "advanced" if Defect.BOOT_WRONG_MODEL in device.defects else "basic"
        request: JsonObject = {"chargePointModel": model, "chargePointVendor": "zephyr"}
        while True:
            await device.link.connected.wait()
            self._again.clear()
            answer: JsonObject = {}
            with suppress(NoAnswerError):
                answer = await device.link.call("BootNotification", request, limit=_LIMIT)
                self.status = str(answer.get("status"))
            interval = _interval(answer)
            if answer.get("status") == "Accepted":
                break
            await device.clock.happens(self._again, before=device.clock.now() + interval)
        device.settings.set(HEARTBEAT_INTERVAL, str(interval))
        if Profile.CORE in device.profiles:
            self._set_clock(answer)
            device.statuses.tell_all()
        device.registered.set()
        if Defect.HEARTBEAT_MISSING not in device.defects:
            await self._send_heartbeats()

    def boot_now(self) -> None:
        """Send the next BootNotification now, as a TriggerMessage wants it."""
        self._again.set()

    def _set_clock(self, answer: JsonObject) -> None:
        """Take the central system's time where no time server told any (section 4.2)."""
        told = answer.get("currentTime")
        if not self._device.clock.is_set and isinstance(told, str):
            with suppress(ValueError, OverflowError):
                self._device.clock.set_realtime(round(datetime.fromisoformat(told).timestamp()))

    async def _send_heartbeats(self) -> None:
        device = self._device
        garbled = encode(2, "0-4-0", "Heartbeat", {})[:-1] if Defect.INVALID_JSON in device.defects else None
        stretch = 1.5 if Defect.HEARTBEAT_SLOW in device.defects else 1.0
        async for _ in device.ticks(HEARTBEAT_INTERVAL, stretch=stretch):
            with suppress(NoAnswerError):
                if garbled is not None:
                    await device.link.send(garbled)
                    garbled = None
                await device.link.call("Heartbeat", {}, limit=_LIMIT)


def _interval(answer: JsonObject) -> int:
    """The interval in BootNotification's answer; the charge point's own choice where it gives none."""
    interval = answer.get("interval")
    return interval if type(interval) is int and 0 < interval <= _LONGEST_INTERVAL else _BOOT_RETRY_SECONDS
