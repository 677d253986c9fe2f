"""A connector's energy meter: its register, its samples, and the MeterValues that carry them (OCPP 1.6 section 4.7)."""

from collections.abc import Callable
from contextlib import suppress

from rig.twin.defects import Defect
from rig.twin.delivery import UNKNOWN, Delivery, TransactionId
from rig.twin.device import Device
from rig.twin.frames import JsonObject
from rig.twin.link import NoAnswerError
from rig.twin.mishaps import mishap
from rig.twin.profiles.profile import Profile
from rig.twin.settings import METER_INTERVAL

_WH_PER_SAMPLE = 2
_MISHAP_AFTER_SAMPLES = 2
_SECONDS_PER_HOUR = 3600


class Meter:
    """Measures the energy that a connector delivers, in Wh.

    Args:
        connector: its number.
        device: the charge point.
        delivery: delivers the connector's messages.
        power: the power that may be delivered now, in watts.
    """

    def __init__(self, connector: int, device: Device, delivery: Delivery, power: Callable[[], float]) -> None:
        self._connector = connector
        self._device = device
        self._delivery = delivery
        self._power = power
        self._registers = device.memory.registers
        self._registers.setdefault(connector, 5 + _WH_PER_SAMPLE * connector)
        self._start = 0
        self._samples = 0
        self._of_transaction: list[JsonObject] = []

    @property
    def energy(self) -> float:
        """The register, in Wh."""
        return self._registers[self._connector]

    def begin(self) -> int:
        """Begin a transaction; returns meterStart."""
        self._start = self._reading()
        self._of_transaction.clear()
        self._note("Transaction.Begin", self._stop_data())
        return self._start

    def end(self) -> int:
        """End a transaction; returns meterStop."""
        self._note("Transaction.End", self._stop_data())
        return self._reading()

    @property
    def transaction_data(self) -> list[JsonObject]:
        """The samples that StopTransaction has to carry (sections 3.16.1, 3.16.2 and errata 3.14)."""
        return list(self._of_transaction)

    async def sample_regularly(
        self, transaction: Callable[[], TransactionId | None], ended: Callable[[], bool]
    ) -> None:
        """Send a sample every MeterValueSampleInterval of ``transaction``, until ``ended`` or cancelled."""
        if self._has(Defect.METER_MISSING, 2):
            return
        stretch = 1.5 if Defect.METER_SLOW in self._device.defects else 1.0
        async for _ in self._device.ticks(METER_INTERVAL, stretch=stretch):
            if ended():
                return  # a sample and the stop are due at once: the stop was due first
            self._grow()
            self._note("Sample.Periodic", self._stop_data("StopTxnSampledData"))
            self._device.tasks.create_task(self.send(transaction()))
            self._samples += 1
            if self._connector == 1 and self._samples == _MISHAP_AFTER_SAMPLES:
                self._device.tasks.create_task(mishap(self._device))

    async def sample_late(self, transaction_id: TransactionId | None) -> None:
        """Send a sample when the transaction is over."""
        await self._device.clock.sleep(5)
        await self.send(transaction_id)

    def sample_on_the_clock(self, transaction_id: TransactionId | None) -> None:
        """Send a clock-aligned sample (section 3.16.2), within a transaction or without one."""
        if transaction_id is not None:
            self._note("Sample.Clock", self._stop_data("StopTxnAlignedData"))
        self._device.tasks.create_task(self.send(transaction_id, "Sample.Clock"))

    async def send(self, transaction_id: TransactionId | None, context: str | None = None) -> None:
        """Send the register's value; given up after all repetitions, as section 3.7.1 allows."""
        with suppress(NoAnswerError):
            await self._delivery.deliver("MeterValues", self.meter_values(transaction_id, context))

    def meter_values(self, transaction_id: TransactionId | None, context: str | None = None) -> JsonObject:
        """A MeterValues.req with the register's value; ``context`` says why it was read."""
        request: JsonObject = {"connectorId": 1 if self._has(Defect.METER_WRONG_CONNECTOR, 2) else self._connector}
        if transaction_id is not None:
            wrong = self._has(Defect.METER_WRONG_TRANSACTION, 2)
            request["transactionId"] = transaction_id + 1000 if wrong and transaction_id != UNKNOWN else transaction_id
        request["meterValue"] = [self._value(context)]
        if Defect.SCHEMA_EXTRA_FIELD in self._device.defects:
            request["vendorId"] = "zephyr"
        return request

    def _grow(self) -> None:
        """Add what was delivered since the last sample: what the vehicle takes, or less if it may not take so much."""
        allowed = self._power() * self._device.settings.seconds(METER_INTERVAL) / _SECONDS_PER_HOUR
        self._registers[self._connector] += min(_WH_PER_SAMPLE, allowed)

    def _stop_data(self, key: str | None = None) -> bool:
        """Whether StopTransaction carries the samples that the configuration key ``key`` is for, or any."""
        settings = self._device.settings
        if Profile.CORE not in self._device.profiles:
            return False
        if key is not None:
            return settings.text(key) != ""
        return self._stop_data("StopTxnSampledData") or self._stop_data("StopTxnAlignedData")

    def _note(self, context: str, wanted: bool) -> None:
        if wanted:
            self._of_transaction.append(self._value(context))

    def _value(self, context: str | None) -> JsonObject:
        value = int(self.energy)
        if Defect.METER_FALLING in self._device.defects:
            # Falls, yet never below meterStart, so that only the order of the samples is wrong.
            value = max(self._start, 2 * self._start + 7 - value)
        sampled: JsonObject = {"measurand": "Energy.Active.Import.Register", "value": str(value), "unit": "Wh"}
        if context is not None:
            sampled["context"] = context
        return {"timestamp": self._device.timestamp(), "sampledValue": [sampled]}

    def _reading(self) -> int:
        if Defect.REGISTER_RANDOM in self._device.defects:
            return self._device.random.getrandbits(32) - 2**31
        return int(self.energy)

    def _has(self, defect: Defect, connector: int) -> bool:
        return self._connector == connector and defect in self._device.defects
