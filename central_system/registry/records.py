"""What the central system knows at this moment, one frozen dataclass for each kind of thing: safe to hand out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ChargePointRecord:
    """A charge point that may connect, or has connected.

    `registered` is False for one that was let in unregistered. `boot` is its latest BootNotification.req, empty before
    the first; `booted_at` seconds since 1970.
    """

    identity: str
    registered: bool = True
    boot_status: str = "Accepted"
    heartbeat_interval_s: int = 10
    password: str | None = field(default=None, repr=False)
    boot: dict[str, Any] = field(default_factory=dict)
    booted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """An idTag that is known; see `facts.TagRegistered`."""

    id_tag: str
    status: str = "Accepted"
    expiry_s: float | None = None
    parent: str | None = None
    concurrent: bool = False


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector's latest StatusNotification; connector 0 is the charge point as a whole."""

    charge_point: str
    connector: int
    status: str
    error_code: str
    at: float


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that runs; one that is over is in the storage only. Fields as in `facts.TransactionStarted`."""

    transaction: int
    charge_point: str
    connector: int
    id_tag: str
    meter_start: int | None
    at: float
    timestamp: str
    status: str


@dataclass(frozen=True, slots=True)
class State:
    """All of it, as a storage gives it back; `last_transaction` is the highest transaction id ever given out."""

    charge_points: tuple[ChargePointRecord, ...] = ()
    tags: tuple[Tag, ...] = ()
    connectors: tuple[Connector, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    last_transaction: int = 0
