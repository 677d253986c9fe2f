"""What `reading` answers. Moments are seconds since 1970, payloads as they were sent, but fit to be told as JSON."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row_co = TypeVar("Row_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row_co]):
    """Some rows, newest first; `before` is the cursor that gives the next ones, None where there are none."""

    rows: tuple[Row_co, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A transaction, running or over.

    `started` and `stopped` are the charge point's own time stamps; None all that is not known (yet).
    """

    transaction: int
    charge_point: str
    connector: int | None
    id_tag: str | None
    reservation: int | None
    status: str | None
    meter_start: int | None
    started: str | None
    started_at: float | None
    meter_stop: int | None
    stopped: str | None
    stopped_at: float | None
    reason: str | None
    stop_id_tag: str | None


@dataclass(frozen=True, slots=True)
class StoredMeterValue:
    """A sampledValue; `raw` is what its columns cannot say (see `tables.MeterValueRow`)."""

    id: int
    transaction: int | None
    charge_point: str
    connector: int | None
    source: str
    timestamp: str | None
    received_at: float
    measurand: str | None
    phase: str | None
    context: str | None
    format: str | None
    location: str | None
    unit: str | None
    value: str | None
    number: float | None
    raw: Any


@dataclass(frozen=True, slots=True)
class Series:
    """What one measurand did: points of (seconds since 1970 by the charge point's clock, number), oldest first."""

    measurand: str
    unit: str | None
    phase: str | None
    location: str | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """A StatusNotification."""

    id: int
    charge_point: str
    connector: int
    status: str
    at: float
    request: Any


@dataclass(frozen=True, slots=True)
class StoredBoot:
    """A BootNotification and the status that answered it."""

    id: int
    charge_point: str
    status: str
    at: float
    request: Any


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """Whatever else a charge point told; with a `problem` a fact that the tables could not take as it was."""

    id: int
    charge_point: str
    action: str
    at: float
    request: Any
    problem: str | None


@dataclass(frozen=True, slots=True)
class StoredOperation:
    """An operation and what came back."""

    id: int
    charge_point: str
    action: str
    at: float
    request: Any
    outcome: str
    answer: Any


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything."""

    charge_points: int
    transactions: int
    running: int
    meter_values: int
    boots: int
    statuses: int
    notifications: int
    operations: int
