"""The charge point as a whole: boot, registration, Heartbeat, and the sample's schedule of stops."""

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from rig.twin import boot
from rig.twin.clock import DeviceClock, TimeLimit
from rig.twin.config import TwinConfig
from rig.twin.connector import Connector
from rig.twin.console import Console
from rig.twin.defects import Defect
from rig.twin.device import Device, HaltError, RestartError
from rig.twin.frames import JsonObject, MessageIds, encode
from rig.twin.link import Link, NoAnswerError
from rig.twin.operations import Operations
from rig.twin.settings import HEARTBEAT_INTERVAL

_LIMIT = TimeLimit(device=5.0, wall=1.0)
_BOOT_AFTER = 1.0
_BOOT_RETRY_SECONDS = 10
_LONGEST_INTERVAL = 2**31 - 1
_STOP_AFTER = {1: 30.0, 2: 31.0}
_OTHER_PATH = "/steve/websocket/CentralSystemService/other"


@dataclass(frozen=True)
class ChargePoint:
    """A charge point that can be powered on."""

    config: TwinConfig
    build: str
    """What the boot banner shows."""
    time_scale: float
    """Seconds of device time in a second of wall time."""
    write: Callable[[bytes], object]
    """Takes what the console prints."""
    defects: Collection[Defect] = frozenset()

    async def run(self) -> None:
        """Be a charge point until cancelled."""
        # The same ids in every run, as native_sim; a restart goes on in the sequence.
        source = random.Random(1)  # noqa: S311 - message ids are no secrets
        defects = frozenset(self.defects)
        while True:
            try:
                await self._power_on(source, defects)
            except* RestartError:
                defects -= {Defect.RESTARTS}
            except* HaltError:
                defects = frozenset({Defect.DEAD})

    async def _power_on(self, source: random.Random, defects: Collection[Defect]) -> None:
        if Defect.DEAD in defects:
            await _for_ever()
        clock = DeviceClock(self.time_scale)
        console = Console(self.write, clock)
        boot.banner(console, self.build, defects)
        if Defect.SILENT in defects:
            await _for_ever()
        await boot.network_up(console, clock, self.config.board, defects)
        try:
            address = await boot.central_system_address(console, self.config, defects)
        except boot.BootError:
            await _for_ever()
        await boot.set_time(console, clock, self.config, defects)
        console.info("ocpp", "upstream init")
        path = _OTHER_PATH if Defect.WRONG_PATH in defects else self.config.path
        uri = f"ws://{address}:{self.config.port}{path}"
        link = Link(uri, clock, console, MessageIds(source, defects), defects)
        async with asyncio.TaskGroup() as tasks:
            await _operate(Device(clock, console, link, source, defects, tasks))


async def _operate(device: Device) -> None:
    """Everything from ``ocpp init success`` on, which is t0 of the sample's schedule."""
    connectors = [Connector(1, "ZepId00", device), Connector(2, "ZepId01", device)]
    device.tasks.create_task(device.link.run(Operations(device, connectors).answer))
    device.console.info("ocpp", "ocpp init success")
    if Defect.DROPPED_MESSAGES in device.defects:
        device.console.dropped(3)
    start = device.clock.now()
    device.tasks.create_task(_register(device, start))
    device.tasks.create_task(_stop_on_schedule(device, connectors, start))
    first, second = connectors
    first.begin("ZepId99" if Defect.AUTHORIZE_WRONG_TAG in device.defects else first.id_tag)
    if Defect.SERIAL_CONNECTORS in device.defects:
        await first.idle.wait()
    second.begin(second.id_tag)


async def _register(device: Device, start: float) -> None:
    """Send BootNotification until it is accepted, then Heartbeats (OCPP 1.6 sections 4.2 and 4.6)."""
    await device.clock.sleep_until(start + _BOOT_AFTER)
    await device.link.connected.wait()
    if Defect.BOOT_LATE in device.defects:
        with suppress(NoAnswerError):
            await device.link.call("Heartbeat", {}, limit=_LIMIT)
    model = "advanced" if Defect.BOOT_WRONG_MODEL in device.defects else "basic"
    request: JsonObject = {"chargePointModel": model, "chargePointVendor": "zephyr"}
    while True:
        await device.link.connected.wait()
        answer: JsonObject = {}
        with suppress(NoAnswerError):
            answer = await device.link.call("BootNotification", request, limit=_LIMIT)
        interval = _interval(answer)
        if answer.get("status") == "Accepted":
            break
        await device.clock.sleep(interval)
    device.settings.set(HEARTBEAT_INTERVAL, str(interval))
    device.registered.set()
    if Defect.HEARTBEAT_MISSING not in device.defects:
        await _send_heartbeats(device)


def _interval(answer: JsonObject) -> int:
    """The interval in BootNotification's answer; the charge point's own choice where it gives none."""
    interval = answer.get("interval")
    return interval if type(interval) is int and 0 < interval <= _LONGEST_INTERVAL else _BOOT_RETRY_SECONDS


async def _send_heartbeats(device: Device) -> None:
    garbled = encode(2, "0-4-0", "Heartbeat", {})[:-1] if Defect.INVALID_JSON in device.defects else None
    stretch = 1.5 if Defect.HEARTBEAT_SLOW in device.defects else 1.0
    async for _ in device.ticks(HEARTBEAT_INTERVAL, stretch=stretch):
        with suppress(NoAnswerError):
            if garbled is not None:
                await device.link.send(garbled)
                garbled = None
            await device.link.call("Heartbeat", {}, limit=_LIMIT)


async def _stop_on_schedule(device: Device, connectors: list[Connector], start: float) -> None:
    """End both transactions when the sample's ``main`` does; one that begins later charges on."""
    first, second = connectors
    stops = dict(_STOP_AFTER)
    if Defect.STOP_EARLY in device.defects:
        stops[1] = 20.0
    if Defect.CONSOLE_DISORDER in device.defects:
        await device.clock.sleep_until(start + stops[1] - 2)
        first.report_stop()
    await device.clock.sleep_until(start + stops[1])
    first.stop()
    if Defect.STOP_MISSING in device.defects:
        return
    await device.clock.sleep_until(start + stops[2])
    second.stop()
    if Defect.FATAL_ERROR in device.defects:
        await second.idle.wait()
        device.console.fatal_error(halting=False)


async def _for_ever() -> NoReturn:
    while True:
        await asyncio.Event().wait()
