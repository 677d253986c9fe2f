"""The transactions of a recording, put together from the charge point's messages (OCPP 1.6 §4.7, §4.8, §4.10)."""

from dataclasses import dataclass, field

from rig.journal.messages import Call
from rig.journal.recording import Recording

ENERGY = "Energy.Active.Import.Register"


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of the energy register: Wh, and the charge point's own time stamp of it."""

    call: Call
    wh: float | None
    timestamp: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A StartTransaction and what belongs to it. `id` is the transactionId that the central system gave."""

    start: Call
    id: int | None
    connector: int
    id_tag: str
    samples: list[Sample] = field(default_factory=list)
    stops: list[Call] = field(default_factory=list)

    @property
    def metered(self) -> list[Sample]:
        """Its samples up to its stop; what comes later is another matter."""
        return [s for s in self.samples if not self.stop or s.call.request.n < self.stop.request.n]

    @property
    def stop(self) -> Call | None:
        """Its StopTransaction, None where it never came."""
        return self.stops[0] if self.stops else None


def transactions_of(recording: Recording) -> list[Transaction]:
    """Every transaction that the charge point started, in order.

    A MeterValues belongs to the transaction that its transactionId names; where it names none that exists, to the last
    one on its connector. A StopTransaction belongs to the one that it names.
    """
    found: list[Transaction] = []
    for call in recording.calls_from_charge_point():
        request = call.request
        match request.action:
            case "StartTransaction":
                identity = call.result.field("transactionId") if call.result else None
                found.append(Transaction(call, identity, request.field("connectorId"), request.field("idTag")))
            case "MeterValues":
                owner = by_id(found, request.field("transactionId")) or _last_on(found, request.field("connectorId"))
                if owner:
                    owner.samples.extend(samples_of(call))
            case "StopTransaction":
                if owner := by_id(found, request.field("transactionId")):
                    owner.stops.append(call)
    return found


def by_id(transactions: list[Transaction], identity: object) -> Transaction | None:
    """The transaction of that transactionId."""
    return next((each for each in transactions if each.id is not None and each.id == identity), None)


def _last_on(transactions: list[Transaction], connector: object) -> Transaction | None:
    return next((each for each in reversed(transactions) if each.connector == connector), None)


def samples_of(call: Call) -> list[Sample]:
    """The energy readings of one MeterValues message."""
    request = call.request
    return [
        Sample(call, _number(sampled), str(reading.get("timestamp")))
        for reading in _dicts(request.field("meterValue"))
        for sampled in _dicts(reading.get("sampledValue"))
        if sampled.get("measurand", ENERGY) == ENERGY
    ]


def _dicts(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(sampled: dict[str, object]) -> float | None:
    try:
        number = float(str(sampled.get("value")))
    except ValueError:
        return None
    return number * 1000 if sampled.get("unit") == "kWh" else number
