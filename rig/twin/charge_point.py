"""The charge point as a whole: power-on, restarts, and the sample's schedule of charging."""

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from rig.twin import boot
from rig.twin.clock import DeviceClock
from rig.twin.config import TwinConfig
from rig.twin.connector import Connector
from rig.twin.console import Console
from rig.twin.defects import Defect
from rig.twin.delivery import Delivery
from rig.twin.device import CONNECTORS, Device, HaltError, RestartError
from rig.twin.firmware import FirmwareUpdates
from rig.twin.frames import MessageIds
from rig.twin.link import Link, NoAnswerError
from rig.twin.memory import Memory
from rig.twin.operations import Operations
from rig.twin.profiles.profile import Profile, with_what_they_need
from rig.twin.profiles.security import basic_authentication, provision
from rig.twin.registration import Registration
from rig.twin.station import Station

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
        profiles = with_what_they_need(self.config.profiles)
        memory = Memory.fresh(profiles)
        if Profile.SECURITY in profiles:
            provision(memory.settings, self.config.authorization_key)
        while True:
            try:
                # Zephyr's library keeps nothing; a charge point with all of Core has to.
                memory = memory if profiles else Memory.fresh(profiles)
                await self._power_on(source, defects, profiles, memory)
            except* RestartError:
                defects -= {Defect.RESTARTS}
            except* HaltError:
                defects = frozenset({Defect.DEAD})

    async def _power_on(
        self, source: random.Random, defects: Collection[Defect], profiles: Collection[Profile], memory: Memory
    ) -> None:
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
        credentials = partial(basic_authentication, self.config.identity, memory.settings)
        link = Link(uri, clock, console, MessageIds(source, defects), defects, headers=credentials)
        async with asyncio.TaskGroup() as tasks:
            await _operate(
                Device(
                    clock,
                    console,
                    link,
                    source=source,
                    defects=defects,
                    tasks=tasks,
                    identity=self.config.identity,
                    profiles=profiles,
                    memory=memory,
                )
            )


async def _operate(device: Device) -> None:
    """Everything from ``ocpp init success`` on, which is t0 of the sample's schedule."""
    connectors = [Connector(number, f"ZepId0{number - 1}", device) for number in CONNECTORS]
    registration = Registration(device)
    firmware = FirmwareUpdates(device, connectors)
    station = Station(device, {connector.number: connector for connector in connectors}, registration, firmware)
    operations = Operations(station)
    device.tasks.create_task(device.link.run(operations.answer))
    device.console.info("ocpp", "ocpp init success")
    if Defect.DROPPED_MESSAGES in device.defects:
        device.console.dropped(3)
    start = device.clock.now()
    device.tasks.create_task(registration.run(start))
    device.tasks.create_task(device.outbox.run())
    device.tasks.create_task(_deliver_old_stops(device))
    operations.run_in_background()
    device.tasks.create_task(_stop_on_schedule(device, connectors, start))
    first, second = connectors
    first.begin("ZepId99" if Defect.AUTHORIZE_WRONG_TAG in device.defects else first.id_tag)
    if Defect.SERIAL_CONNECTORS in device.defects:
        await first.idle.wait()
    second.begin(second.id_tag)


async def _deliver_old_stops(device: Device) -> None:
    """Deliver the StopTransactions that a restart came in the way of (OCPP 1.6 section 5.14)."""
    old_stops = list(device.memory.stops)
    await device.registered.wait()
    delivery = Delivery(0, device.clock, device.link, device.settings)
    for request in old_stops:
        with suppress(NoAnswerError):
            await delivery.deliver("StopTransaction", request)
        device.memory.stops.remove(request)


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
