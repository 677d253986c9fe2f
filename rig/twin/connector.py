"""A connector: it authorises, charges, meters and stops, as the sample's connector threads do."""

import asyncio
import os
import signal
from contextlib import suppress

from rig.twin.clock import TimeLimit
from rig.twin.defects import Defect
from rig.twin.device import Device, HaltError, RestartError
from rig.twin.frames import JsonObject
from rig.twin.link import NoAnswerError
from rig.twin.settings import MESSAGE_ATTEMPTS, MESSAGE_RETRY_INTERVAL, METER_INTERVAL

AUTHORIZE_AFTER = 5.0
"""Seconds before each try to authorise; registration may still be under way."""

_AUTHORIZE_LIMIT = TimeLimit(device=0.5, wall=0.05)
_DELIVERY_LIMIT = TimeLimit(device=5.0, wall=1.0)
_WH_PER_SAMPLE = 2
_MISHAP_AFTER_SAMPLES = 2
_ACCEPTED = 1
_STATUS_NUMBERS = {"Accepted": _ACCEPTED, "Blocked": 2, "Expired": 3, "ConcurrentTx": 4}
_EAGAIN = -11


class Connector:
    """One connector: its energy register in Wh, and the session on it, if any.

    A session goes from the request to charge to the end of its transaction. Messages about a transaction
    are delivered in order and repeated until they are answered (OCPP 1.6 section 3.7.1).
    """

    def __init__(self, number: int, id_tag: str, device: Device) -> None:
        self.number = number
        self.id_tag = id_tag
        """The tag of the present or last session."""
        self.transaction_id: int | None = None
        """The transaction that runs, if any."""
        self.idle = asyncio.Event()
        """Set while no session is under way."""
        self.idle.set()
        self._device = device
        self._meter_start = 0
        self._register = 5 + _WH_PER_SAMPLE * number
        self._samples = 0
        self._in_order = asyncio.Lock()
        self._stop: asyncio.Future[str | None] | None = None
        self._stop_reported = False

    def begin(self, id_tag: str) -> None:
        """Start a session for ``id_tag`` in the background; the connector has to be idle."""
        self.id_tag = id_tag
        self.idle.clear()
        self._device.tasks.create_task(self._session())

    def stop(self, reason: str | None = None) -> None:
        """End the transaction; without effect while none is under way, as in the sample.

        Args:
            reason: OCPP's reason to tell, or None where the protocol's default (Local) is right.
        """
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(reason)

    def report_stop(self) -> None:
        """Say on the console that charging stopped, once in a session."""
        if not self._stop_reported:
            self._stop_reported = True
            self._device.console.info("main", f"ocpp stop charging connector id {self.number}\n")

    async def _session(self) -> None:
        self._stop_reported = False
        try:
            if await self._authorized() and not self._has(Defect.START_MISSING, 2):
                await self._charge()
        finally:
            self._stop = None
            self.idle.set()

    async def _authorized(self) -> bool:
        console = self._device.console
        while True:
            await self._device.clock.sleep(AUTHORIZE_AFTER)
            try:
                status = await self._authorize()
            except NoAnswerError:
                console.error("main", f"ocpp auth {_EAGAIN}> idcon {self.number} status 0\n")
            else:
                break
        console.info("main", f"ocpp auth 0> idcon {self.number} status {status}\n")
        if status != _ACCEPTED:
            console.error("main", f"ocpp start idcon {self.number}> not authorized status {status}\n")
        return status == _ACCEPTED

    async def _authorize(self) -> int:
        """Ask for the tag's status, as the library's number; anything unknown is 0, Invalid."""
        if not self._device.registered.is_set():
            raise NoAnswerError("Authorize before BootNotification is accepted")
        if self._has(Defect.AUTHORIZE_SKIPPED, 2):
            return _ACCEPTED
        request: JsonObject = {"idTag": self.id_tag}
        answer = await self._device.link.call("Authorize", request, limit=_AUTHORIZE_LIMIT, connector=self.number)
        return _STATUS_NUMBERS.get(_status(answer), 0)

    async def _charge(self) -> None:
        console = self._device.console
        self._stop = asyncio.get_running_loop().create_future()
        try:
            accepted = await self._start_transaction()
        except NoAnswerError:
            console.error("main", f"ocpp start txn idcon {self.number}> {_EAGAIN}\n")
            return
        if not accepted:
            self.stop("DeAuthorized")
        elif not self._has(Defect.CONSOLE_SILENT, 2):
            console.info("main", f"ocpp start charging connector id {self.number}\n")
        sampler = self._device.tasks.create_task(self._sample_regularly())
        reason = await self._stop
        sampler.cancel()
        try:
            await self._stop_transaction(reason)
        except NoAnswerError:
            console.error("main", f"ocpp stop txn idcon {self.number}> {_EAGAIN}\n")
        else:
            self.report_stop()

    async def _start_transaction(self) -> bool:
        """Begin the transaction; False when the central system does not accept the tag any more."""
        self._meter_start = self._meter_reading()
        request: JsonObject = {
            "connectorId": 3 if self._has(Defect.START_WRONG_CONNECTOR, 2) else self.number,
            "idTag": self.id_tag,
            "meterStart": self._meter_start,
            "timestamp": self._device.timestamp(),
        }
        if Defect.SCHEMA_BAD_TYPE in self._device.defects:
            request["meterStart"] = str(request["meterStart"])
        answer = await self._deliver("StartTransaction", request)
        transaction_id = answer.get("transactionId")
        if type(transaction_id) is not int:
            raise NoAnswerError("StartTransaction was answered without a transactionId")
        self.transaction_id = transaction_id
        return _status(answer) == "Accepted"

    async def _stop_transaction(self, reason: str | None) -> None:
        transaction_id, self.transaction_id = self.transaction_id, None
        request: JsonObject = {
            "transactionId": -1 if self._has(Defect.STOP_WRONG_TRANSACTION, 1) else transaction_id,
            "meterStop": self._meter_reading(),
            "timestamp": self._device.timestamp(),
            "idTag": self.id_tag,
        }
        if reason is not None:
            request["reason"] = reason
        if self._has(Defect.METER_AFTER_STOP, 1):
            self._device.tasks.create_task(self._sample_late(transaction_id))
        await self._deliver("StopTransaction", request)

    async def _sample_regularly(self) -> None:
        if self._has(Defect.METER_MISSING, 2):
            return
        stretch = 1.5 if Defect.METER_SLOW in self._device.defects else 1.0
        async for _ in self._device.ticks(METER_INTERVAL, stretch=stretch):
            if self._stop is None or self._stop.done():
                return  # a sample and the stop are due at once: the stop was due first
            self._register += _WH_PER_SAMPLE
            self._device.tasks.create_task(self._send_sample(self.transaction_id))
            self._samples += 1
            if self.number == 1 and self._samples == _MISHAP_AFTER_SAMPLES:
                self._device.tasks.create_task(self._mishap())

    async def _send_sample(self, transaction_id: int | None) -> None:
        value = self._register
        if Defect.METER_FALLING in self._device.defects:
            # Falls, yet never below meterStart, so that only the order of the samples is wrong.
            value = max(self._meter_start, 2 * self._meter_start + 7 - value)
        sampled = {"measurand": "Energy.Active.Import.Register", "value": str(value), "unit": "Wh"}
        request: JsonObject = {
            "connectorId": 1 if self._has(Defect.METER_WRONG_CONNECTOR, 2) else self.number,
            "transactionId": transaction_id,
            "meterValue": [{"timestamp": self._device.timestamp(), "sampledValue": [sampled]}],
        }
        if transaction_id is not None and self._has(Defect.METER_WRONG_TRANSACTION, 2):
            request["transactionId"] = transaction_id + 1000
        if Defect.SCHEMA_EXTRA_FIELD in self._device.defects:
            request["vendorId"] = "zephyr"
        with suppress(NoAnswerError):  # given up after all repetitions, as OCPP 1.6 section 3.7.1 allows
            await self._deliver("MeterValues", request)

    async def _sample_late(self, transaction_id: int | None) -> None:
        await self._device.clock.sleep(5)
        await self._send_sample(transaction_id)

    async def _deliver(self, action: str, request: JsonObject) -> JsonObject:
        """Send a message about a transaction, after those before it and until it is answered.

        Raises:
            NoAnswerError: it was not answered, however often it was repeated.
        """
        async with self._in_order:
            settings = self._device.settings
            for attempt in range(1, max(1, settings.seconds(MESSAGE_ATTEMPTS)) + 1):
                await self._device.link.connected.wait()
                with suppress(NoAnswerError):
                    return await self._device.link.call(action, request, limit=_DELIVERY_LIMIT, connector=self.number)
                await self._device.clock.sleep(attempt * settings.seconds(MESSAGE_RETRY_INTERVAL))
        raise NoAnswerError(f"{action}: given up")

    async def _mishap(self) -> None:
        # Nothing is under way yet, and a link that is lost now is up again before the next sample and Heartbeat.
        await self._device.clock.sleep(0.5)
        if Defect.RESTARTS in self._device.defects:
            raise RestartError
        if Defect.RECONNECTS in self._device.defects:
            self._device.link.drop()
        if Defect.HALTS in self._device.defects:
            self._device.console.fatal_error(halting=True)
            raise HaltError
        if Defect.CRASH in self._device.defects:
            self._device.console.fatal_error(halting=True)
            os.kill(os.getpid(), signal.SIGSEGV)

    def _meter_reading(self) -> int:
        if Defect.REGISTER_RANDOM in self._device.defects:
            return self._device.random.getrandbits(32) - 2**31
        return self._register

    def _has(self, defect: Defect, connector: int) -> bool:
        return self.number == connector and defect in self._device.defects


def _status(answer: JsonObject) -> str:
    """The status in an answer's ``idTagInfo``; Invalid when there is none, as nothing else is safe."""
    match answer:
        case {"idTagInfo": {"status": str(status)}}:
            return status
        case _:
            return "Invalid"
