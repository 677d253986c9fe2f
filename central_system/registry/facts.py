"""What can become true, one frozen dataclass for each kind of fact.

The state of a central system is the sum of its facts: `Registry.apply` adds one up in memory, `central_system.storage`
keeps it. `at` is the central system's time in seconds since 1970. What a charge point sent is kept as it sent it, its
time stamps as text: the judge of a charge point must see what it said, not what it meant.
"""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ChargePointRegistered:
    """A charge point may connect from now on, or what holds for it has changed.

    `boot_status` and `heartbeat_interval_s` go into its BootNotification.conf (OCPP 1.6 §4.2). `password` is what
    `central_system.security.passwords` made of the password, None where it may connect without.
    """

    charge_point: str
    at: float
    boot_status: str = "Accepted"
    heartbeat_interval_s: int = 10
    password: str | None = None
    kind: Literal["charge-point-registered"] = "charge-point-registered"


@dataclass(frozen=True, slots=True)
class ChargePointRemoved:
    """A charge point may not connect any more; its transactions stay."""

    charge_point: str
    at: float
    kind: Literal["charge-point-removed"] = "charge-point-removed"


@dataclass(frozen=True, slots=True)
class TagRegistered:
    """An idTag is known from now on, or what holds for it has changed (OCPP 1.6 §7.8, IdTagInfo).

    `status` is Accepted, Blocked, Expired or Invalid; `expiry_s` (seconds since 1970) makes it Expired later;
    `parent` is its parentIdTag; `concurrent` allows several transactions at once (else ConcurrentTx).
    """

    id_tag: str
    at: float
    status: str = "Accepted"
    expiry_s: float | None = None
    parent: str | None = None
    concurrent: bool = False
    kind: Literal["tag-registered"] = "tag-registered"


@dataclass(frozen=True, slots=True)
class TagRemoved:
    """An idTag is not known any more."""

    id_tag: str
    at: float
    kind: Literal["tag-removed"] = "tag-removed"


@dataclass(frozen=True, slots=True)
class Booted:
    """A charge point sent BootNotification and was answered `status`; `request` is its payload."""

    charge_point: str
    at: float
    status: str
    request: dict[str, Any]
    kind: Literal["booted"] = "booted"


@dataclass(frozen=True, slots=True)
class StatusNotified:
    """A connector (0: the charge point as a whole) has a status (OCPP 1.6 §4.9); `request` is the whole payload."""

    charge_point: str
    connector: int
    at: float
    status: str
    request: dict[str, Any]
    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class TransactionStarted:
    """A StartTransaction was given the id `transaction` and answered `status` (OCPP 1.6 §4.8)."""

    transaction: int
    charge_point: str
    connector: int
    id_tag: str
    meter_start: int | None
    at: float
    timestamp: str
    status: str
    reservation: int | None = None
    kind: Literal["transaction-started"] = "transaction-started"


@dataclass(frozen=True, slots=True)
class TransactionStopped:
    """A StopTransaction of a transaction that is known (OCPP 1.6 §4.10); its transactionData is a `MetersRead`."""

    transaction: int
    charge_point: str
    meter_stop: int | None
    at: float
    timestamp: str
    reason: str | None = None
    id_tag: str | None = None
    kind: Literal["transaction-stopped"] = "transaction-stopped"


@dataclass(frozen=True, slots=True)
class MetersRead:
    """Meter values as they came, in a MeterValues or in a StopTransaction (`source` names which; OCPP 1.6 §4.7)."""

    charge_point: str
    connector: int | None
    transaction: int | None
    at: float
    meter_values: list[Any]
    source: str = "MeterValues"
    kind: Literal["meters-read"] = "meters-read"


@dataclass(frozen=True, slots=True)
class Notified:
    """Whatever else a charge point told.

    DataTransfer, firmware and diagnostics status, security events, a StopTransaction of an unknown transaction.
    """

    charge_point: str
    action: str
    at: float
    request: dict[str, Any]
    kind: Literal["notified"] = "notified"


@dataclass(frozen=True, slots=True)
class Operated:
    """The operator asked a charge point for `action`; `outcome` names what came back, `answer` holds it."""

    charge_point: str
    action: str
    at: float
    request: dict[str, Any]
    outcome: str
    answer: dict[str, Any]
    kind: Literal["operated"] = "operated"


Fact = (
    ChargePointRegistered
    | ChargePointRemoved
    | TagRegistered
    | TagRemoved
    | Booted
    | StatusNotified
    | TransactionStarted
    | TransactionStopped
    | MetersRead
    | Notified
    | Operated
)
