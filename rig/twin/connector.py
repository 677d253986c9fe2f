"""A connector: it authorises, charges and stops, as the sample's connector threads do."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from rig.twin.charging_profiles import ChargingProfile
from rig.twin.composite_schedule import watts
from rig.twin.defects import Defect
from rig.twin.delivery import UNKNOWN, Delivery, TransactionId
from rig.twin.device import Device
from rig.twin.frames import JsonObject
from rig.twin.id_tags import ACCEPTED, IdTagInfo
from rig.twin.link import NoAnswerError
from rig.twin.meter import Meter
from rig.twin.profiles.profile import Profile
from rig.twin.statuses import CHARGING, FINISHING, PREPARING, RESERVED, SUSPENDED

AUTHORIZE_AFTER = 5.0
"""Seconds before each try to authorise; registration may still be under way."""

_STATUS_NUMBERS = {ACCEPTED: 1, "Blocked": 2, "Expired": 3, "ConcurrentTx": 4}
_INVALID = 0
_EAGAIN = -11


class Connector:
    """One connector, and the session on it, if any.

    A session goes from the request to charge to the end of its transaction. Messages about a transaction
    are delivered in order and repeated until they are answered (OCPP 1.6 section 3.7.1).
    """

    def __init__(self, number: int, id_tag: str, device: Device) -> None:
        self.number = number
        self.id_tag = id_tag
        """The tag of the present or last session."""
        self.transaction_id: TransactionId | None = None
        """The transaction that runs, if any; UNKNOWN while the central system has not been told of it."""
        self.idle = asyncio.Event()
        """Set while no session is under way."""
        self.idle.set()
        self._device = device
        self._delivery = Delivery(number, device.clock, device.link, device.settings)
        self.meter = Meter(number, device, self._delivery, self._power)
        self._stop: asyncio.Future[str | None] | None = None
        self._stop_reported = False
        self._reservation_id: int | None = None
        self._energy_of_refusal: float | None = None
        device.memory.charging_profiles.charging_ends(number)

    @property
    def charging(self) -> bool:
        """Whether a transaction begins, runs or ends."""
        return self._stop is not None

    def begin(self, id_tag: str, *, authorize: bool = True, profile: ChargingProfile | None = None) -> None:
        """Start a session for ``id_tag`` in the background; the connector has to be idle.

        Args:
            id_tag: who charges.
            authorize: whether to find out first if ``id_tag`` may.
            profile: what limits this transaction.
        """
        self.id_tag = id_tag
        self.idle.clear()
        self._device.tasks.create_task(self._session(authorize, profile))

    def stop(self, reason: str | None = None) -> None:
        """End the transaction; without effect while none is under way, as in the sample.

        Args:
            reason: OCPP's reason to tell, or None where the protocol's default (Local) is right.
        """
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(reason)

    def interrupt(self, reason: str) -> None:
        """Note the transaction as ended, for a StopTransaction after the restart that follows (section 5.14)."""
        if self.transaction_id is not None:
            self._device.memory.stops.append(self._stop_request(reason))

    def follow_limits(self) -> None:
        """Suspend or resume charging, as the charging profiles and the idTag's status want it."""
        if self.transaction_id is not None and self._stop is not None and not self._stop.done():
            self._power()

    def report_stop(self) -> None:
        """Say on the console that charging stopped, once in a session."""
        if not self._stop_reported:
            self._stop_reported = True
            self._device.console.info("main", f"ocpp stop charging connector id {self.number}\n")

    async def _session(self, authorize: bool, profile: ChargingProfile | None) -> None:
        self._stop_reported = False
        self._energy_of_refusal = None
        try:
            if await self._authorized(authorize) and not self._has(Defect.START_MISSING, 2):
                await self._charge(profile)
        finally:
            self._stop = None
            self._device.memory.charging_profiles.charging_ends(self.number)
            self._device.statuses.use(self.number, None)
            self.idle.set()

    async def _authorized(self, authorize: bool) -> bool:
        console, statuses = self._device.console, self._device.statuses
        if authorize:
            await self._device.clock.sleep(AUTHORIZE_AFTER)
        reserved = statuses.of(self.number) == RESERVED
        if not statuses.admits(self.number, self.id_tag):
            console.error("main", f"ocpp start idcon {self.number}> not authorized status {_INVALID}\n")
            return False
        statuses.use(self.number, PREPARING)
        while True:
            try:
                info = await self._authorize() if authorize else IdTagInfo(ACCEPTED)
            except NoAnswerError:
                console.error("main", f"ocpp auth {_EAGAIN}> idcon {self.number} status 0\n")
                await self._device.clock.sleep(AUTHORIZE_AFTER)
            else:
                break
        status = _STATUS_NUMBERS.get(info.status, _INVALID)
        console.info("main", f"ocpp auth 0> idcon {self.number} status {status}\n")
        reservation = self._device.memory.reservations.usable(self.number, self.id_tag, info.parent)
        self._reservation_id = None if reservation is None else reservation.id
        if info.status != ACCEPTED or (reserved and reservation is None) or self.number in statuses.faulted:
            console.error("main", f"ocpp start idcon {self.number}> not authorized status {status}\n")
            return False
        return True

    async def _authorize(self) -> IdTagInfo:
        if not self._device.registered.is_set():
            raise NoAnswerError("Authorize before BootNotification is accepted")
        if self._has(Defect.AUTHORIZE_SKIPPED, 2):
            return IdTagInfo(ACCEPTED)
        info = await self._device.authorization.authorize(self.id_tag, self.number)
        self._tell_conflict(info)
        return info

    async def _charge(self, profile: ChargingProfile | None) -> None:
        console = self._device.console
        self._stop = asyncio.get_running_loop().create_future()
        await self._device.outbox.flush()
        request = self._start_request()
        info = IdTagInfo(ACCEPTED)
        if self._offline():
            self.transaction_id = UNKNOWN
            self._device.tasks.create_task(self._tell_start_late(request, self._stop))
        else:
            try:
                self.transaction_id, info = await self._tell_start(request)
            except NoAnswerError:
                console.error("main", f"ocpp start txn idcon {self.number}> {_EAGAIN}\n")
                return
        self._limit_by(profile)
        if info.status != ACCEPTED:
            self._refuse()
        elif not self._has(Defect.CONSOLE_SILENT, 2):
            console.info("main", f"ocpp start charging connector id {self.number}\n")
        self.follow_limits()
        sampling = self.meter.sample_regularly(lambda: self.transaction_id, self._stop.done)
        sampler = self._device.tasks.create_task(sampling)
        reason = await self._stop
        sampler.cancel()
        self._device.statuses.use(self.number, FINISHING)
        telling = self._tell_stop(self._stop_request(reason))
        if self._offline():
            self._device.tasks.create_task(telling)
            self.report_stop()
        elif await telling:
            self.report_stop()

    def _offline(self) -> bool:
        """Whether transactions go on without the central system, which is told later (section 3.7)."""
        return Profile.CORE in self._device.profiles and not self._device.link.connected.is_set()

    def _start_request(self) -> JsonObject:
        request: JsonObject = {
            "connectorId": 3 if self._has(Defect.START_WRONG_CONNECTOR, 2) else self.number,
            "idTag": self.id_tag,
            "meterStart": self.meter.begin(),
            "timestamp": self._device.timestamp(),
        }
        if self._reservation_id is not None:
            request["reservationId"] = self._reservation_id
            self._device.memory.reservations.take(self._reservation_id)
        if Defect.SCHEMA_BAD_TYPE in self._device.defects:
            request["meterStart"] = str(request["meterStart"])
        return request

    async def _tell_start(self, request: JsonObject) -> tuple[int, IdTagInfo]:
        """Tell of the transaction; returns its id, and what the central system now says of the tag."""
        answer = await self._delivery.deliver("StartTransaction", request)
        transaction_id = answer.get("transactionId")
        if type(transaction_id) is not int:
            raise NoAnswerError("StartTransaction was answered without a transactionId")
        info = self._device.authorization.learn(self.id_tag, answer)
        self._tell_conflict(info)
        return transaction_id, info

    async def _tell_start_late(self, request: JsonObject, stop: asyncio.Future[str | None]) -> None:
        """Tell of a transaction that began offline; it may be over when the answer comes."""
        with suppress(NoAnswerError):
            transaction_id, info = await self._tell_start(request)
            if not stop.done():
                self.transaction_id = transaction_id
                if info.status != ACCEPTED:
                    self._refuse()

    def _limit_by(self, profile: ChargingProfile | None) -> None:
        profiles = self._device.memory.charging_profiles
        profiles.charging_begins(self.number, round(self._device.clock.realtime()))
        if profile is not None:
            profiles.install(replace(profile, connector=self.number))

    def _refuse(self) -> None:
        """Stop, or with StopTransactionOnInvalidId false suspend, what is not accepted (section 4.8, errata 3.17)."""
        settings = self._device.settings
        if Profile.CORE in self._device.profiles and not settings.boolean("StopTransactionOnInvalidId"):
            self._energy_of_refusal = self.meter.energy
        else:
            self.stop("DeAuthorized")

    def _power(self) -> float:
        """What may be delivered now, in watts; the status becomes the one that goes with it."""
        device = self._device
        now = round(device.clock.realtime())
        allowed = watts(device.memory.charging_profiles, self.number, now, device.statuses.charging())
        power = 0.0 if self._refused() else allowed
        device.statuses.use(self.number, CHARGING if power > 0 else SUSPENDED)
        return power

    def _refused(self) -> bool:
        """Whether the tag is refused, and MaxEnergyOnInvalidId is used up."""
        if self._energy_of_refusal is None:
            return False
        return self.meter.energy - self._energy_of_refusal >= self._device.settings.seconds("MaxEnergyOnInvalidId")

    async def _tell_stop(self, request: JsonObject) -> bool:
        """Tell of the transaction's end; returns whether it was answered."""
        stops = self._device.memory.stops
        stops.append(request)
        try:
            answer = await self._delivery.deliver("StopTransaction", request)
        except NoAnswerError:
            self._device.console.error("main", f"ocpp stop txn idcon {self.number}> {_EAGAIN}\n")
            answer = None
        stops.remove(request)
        if answer is not None:
            self._device.authorization.learn(str(request["idTag"]), answer)
        return answer is not None

    def _stop_request(self, reason: str | None) -> JsonObject:
        transaction_id, self.transaction_id = self.transaction_id, None
        if self._has(Defect.METER_AFTER_STOP, 1):
            self._device.tasks.create_task(self.meter.sample_late(transaction_id))
        request: JsonObject = {
            "transactionId": -1 if self._has(Defect.STOP_WRONG_TRANSACTION, 1) else transaction_id,
            "meterStop": self.meter.end(),
            "timestamp": self._device.timestamp(),
            "idTag": self.id_tag,
        }
        if reason is not None:
            request["reason"] = reason
        if self.meter.transaction_data:
            request["transactionData"] = self.meter.transaction_data
        return request

    def _tell_conflict(self, info: IdTagInfo) -> None:
        if self._device.authorization.contradicts_list(self.id_tag, info):
            conflict = self._device.statuses.notification(0, "LocalListConflict")
            self._device.outbox.put("StatusNotification", conflict)

    def _has(self, defect: Defect, connector: int) -> bool:
        return self.number == connector and defect in self._device.defects
