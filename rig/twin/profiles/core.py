"""What the sample lacks of the Core profile (OCPP 1.6 sections 4.9, 5.2, 5.4, 5.6 and 5.14)."""

import asyncio
import math
from collections.abc import Mapping
from functools import partial

from rig.twin.frames import JsonObject
from rig.twin.link import Reply
from rig.twin.requests import Fields
from rig.twin.station import Handler, Station

BENCH_VENDOR = "ocpp-rig"
"""The vendorId whose DataTransfers are a bench's hands: ``Fault`` and ``Repair``, with a connector's number as data."""

_VENDOR = "zephyr"
_RESET_WITHIN = 30.0
"""Seconds that transactions are given to end before a soft reset; what is left is told after it."""
_DAY = 86_400


class Core:
    """Availability, reset, the Authorization Cache, DataTransfer, and clock-aligned meter values."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._device = station.device
        self._resetting = False
        self.handlers: Mapping[str, Handler] = {
            "ChangeAvailability": self._change_availability,
            "ClearCache": self._clear_cache,
            "DataTransfer": self._data_transfer,
            "Reset": self._reset,
        }

    async def run(self) -> None:
        """Send WebSocket pings and clock-aligned meter values, as the configuration keys want them."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ping())
            tasks.create_task(self._sample_on_the_clock())

    def _change_availability(self, request: Fields) -> JsonObject | Reply:
        number = request.integer("connectorId")
        wanted = request.choice("type", ("Operative", "Inoperative"))
        if not self._station.knows(number):
            return {"status": "Rejected"}
        concerned = {0, *self._station.connectors} if number == 0 else {number}
        inoperative = self._device.memory.inoperative
        if wanted == "Operative":
            inoperative -= concerned
            return Reply({"status": "Accepted"}, self._device.statuses.refresh)
        inoperative |= concerned
        # Section 5.13: a reservation ends where its connector becomes unavailable.
        self._device.memory.reservations.end(lambda held: held.connector in concerned)
        scheduled = any(self._device.statuses.in_use(one) for one in concerned)
        return Reply({"status": "Scheduled" if scheduled else "Accepted"}, self._device.statuses.refresh)

    def _clear_cache(self, _: Fields) -> JsonObject:
        self._device.memory.cache.clear()
        return {"status": "Accepted"}

    def _data_transfer(self, request: Fields) -> JsonObject | Reply:
        vendor = request.text("vendorId", longest=255)
        message = request.optional(partial(request.text, longest=50), "messageId")
        data = request.optional(request.text, "data") or ""
        if vendor.lower() == BENCH_VENDOR:
            return self._obey_bench(message or "", data)
        known = vendor.lower() == _VENDOR  # it is the charge point's own, and has no messages
        return {"status": "UnknownMessageId" if known else "UnknownVendorId"}

    def _obey_bench(self, message: str, data: str) -> JsonObject | Reply:
        connector = next((one for number, one in self._station.connectors.items() if data == str(number)), None)
        if message not in {"Fault", "Repair"}:
            return {"status": "UnknownMessageId"}
        if connector is None:
            return {"status": "Rejected", "data": "data has to be the number of a connector"}
        faulted = self._device.statuses.faulted
        if message == "Repair":
            faulted.discard(connector.number)
        else:
            faulted.add(connector.number)
            connector.stop("Other")
            self._device.memory.reservations.end(lambda held: held.connector == connector.number)
        return Reply({"status": "Accepted"}, self._device.statuses.refresh)

    def _reset(self, request: Fields) -> JsonObject | Reply:
        kind = request.choice("type", ("Hard", "Soft"))
        if self._resetting:
            return {"status": "Rejected"}
        self._resetting = True
        reset = self._reset_hard if kind == "Hard" else self._reset_soft
        return Reply({"status": "Accepted"}, lambda: self._station.start(reset()))

    async def _reset_hard(self) -> None:
        """Restart at once; transactions that run are told as ended after the restart."""
        for connector in self._station.connectors.values():
            connector.interrupt("HardReset")
        await self._station.restart()

    async def _reset_soft(self) -> None:
        """End the transactions in good order, and restart."""
        before = self._device.clock.now() + _RESET_WITHIN
        self._device.statuses.admitting = False
        charging = [connector for connector in self._station.connectors.values() if connector.charging]
        for connector in charging:
            connector.stop("SoftReset")
        for connector in charging:
            await self._device.clock.happens(connector.idle, before=before)
        await self._station.restart()

    async def _ping(self) -> None:
        async for _ in self._device.ticks("WebSocketPingInterval"):
            await self._device.link.ping()

    async def _sample_on_the_clock(self) -> None:
        """Sample all connectors at every multiple of ClockAlignedDataInterval since midnight (section 3.16.2)."""
        clock, settings = self._device.clock, self._device.settings
        await self._device.registered.wait()
        last = -math.inf
        while True:
            interval = settings.seconds("ClockAlignedDataInterval")
            due = _next_multiple(max(last, clock.realtime()), interval) if interval else math.inf
            if await clock.happens(settings.changed, before=clock.moment_of(due)):
                continue
            last = due
            for connector in self._station.connectors.values():
                connector.meter.sample_on_the_clock(connector.transaction_id)


def _next_multiple(moment: float, interval: int) -> float:
    """The next moment that is a multiple of ``interval`` after midnight UTC; every midnight begins anew."""
    since_midnight = moment % _DAY
    return moment - since_midnight + min(_DAY, (math.floor(since_midnight / interval) + 1) * interval)
