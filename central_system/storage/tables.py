"""The tables. Moments are the central system's, in UTC; a time stamp that a charge point sent stays its text.

`request`, `boot` and `answer` hold JSON as text, for no database's JSON holds all that a hostile charge point can send.
Nothing refers to another table by a foreign key: no order of facts may be refused. A transaction is never deleted.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Index, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """A moment; SQLite keeps it without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: D102  (SQLAlchemy's)
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002, D102
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bit in both; SQLite numbers rows by itself only under the name INTEGER."""


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
    )
    type_annotation_map = {str: Text, int: BIG, float: Double, datetime: UtcTime}  # noqa: RUF012  (SQLAlchemy's)


class ChargePointRow(Base):
    """A charge point as it is registered, and its latest BootNotification."""

    __tablename__ = "charge_points"
    identity: Mapped[str] = mapped_column(primary_key=True)
    registered: Mapped[bool]
    boot_status: Mapped[str]
    heartbeat_interval_s: Mapped[int]
    password: Mapped[str | None]
    boot: Mapped[str | None]
    booted_at: Mapped[datetime | None]


class TagRow(Base):
    """An idTag as it is registered."""

    __tablename__ = "tags"
    id_tag: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    expiry: Mapped[datetime | None]
    parent: Mapped[str | None]
    concurrent: Mapped[bool]


class ConnectorRow(Base):
    """The latest status of a connector."""

    __tablename__ = "connectors"
    charge_point: Mapped[str] = mapped_column(primary_key=True)
    connector: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    error_code: Mapped[str]
    at: Mapped[datetime]


class StatusRow(Base):
    """A StatusNotification."""

    __tablename__ = "statuses"
    id: Mapped[int] = mapped_column(primary_key=True)
    charge_point: Mapped[str]
    connector: Mapped[int]
    status: Mapped[str]
    at: Mapped[datetime]
    request: Mapped[str]
    __table_args__ = (Index(None, "charge_point", "id"),)


class TransactionRow(Base):
    """A transaction: how it began (`started` as the charge point wrote it) and, once it is over, how it ended."""

    __tablename__ = "transactions"
    transaction_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    charge_point: Mapped[str]
    connector: Mapped[int | None]
    id_tag: Mapped[str | None]
    reservation: Mapped[int | None]
    status: Mapped[str | None]
    meter_start: Mapped[int | None]
    started: Mapped[str | None]
    started_at: Mapped[datetime | None]
    meter_stop: Mapped[int | None]
    stopped: Mapped[str | None]
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    stop_id_tag: Mapped[str | None]


Index(None, TransactionRow.charge_point, TransactionRow.transaction_id)
Index(
    "ix_transactions_open",
    TransactionRow.transaction_id,
    sqlite_where=TransactionRow.stopped_at.is_(None),
    postgresql_where=TransactionRow.stopped_at.is_(None),
)


class MeterValueRow(Base):
    """One sampledValue, with OCPP's defaults where the charge point left them out (OCPP 1.6 §7.43).

    `value` is as it was sent, `number` where that is a finite one. `raw` holds, as JSON, what these columns cannot: a
    meter value of no valid structure as a whole, or the one of which something does not fit.
    """

    __tablename__ = "meter_values"
    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int | None]
    charge_point: Mapped[str]
    connector: Mapped[int | None]
    source: Mapped[str]
    timestamp: Mapped[str | None]
    received_at: Mapped[datetime]
    measurand: Mapped[str | None]
    phase: Mapped[str | None]
    context: Mapped[str | None]
    format: Mapped[str | None]
    location: Mapped[str | None]
    unit: Mapped[str | None]
    value: Mapped[str | None]
    number: Mapped[float | None]
    raw: Mapped[str | None]
    __table_args__ = (Index(None, "transaction_id", "id"), Index(None, "charge_point", "id"))


class BootRow(Base):
    """A BootNotification and the status that answered it."""

    __tablename__ = "boots"
    id: Mapped[int] = mapped_column(primary_key=True)
    charge_point: Mapped[str]
    status: Mapped[str]
    at: Mapped[datetime]
    request: Mapped[str]
    __table_args__ = (Index(None, "charge_point", "id"),)


class NotificationRow(Base):
    """Whatever else a charge point told.

    With a `problem` it is a fact of the kind `action`, whole, of which other tables could not take something.
    """

    __tablename__ = "notifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    charge_point: Mapped[str]
    action: Mapped[str]
    at: Mapped[datetime]
    request: Mapped[str]
    problem: Mapped[str | None]
    __table_args__ = (Index(None, "charge_point", "id"),)


class OperationRow(Base):
    """An operation and what came back."""

    __tablename__ = "operations"
    id: Mapped[int] = mapped_column(primary_key=True)
    charge_point: Mapped[str]
    action: Mapped[str]
    at: Mapped[datetime]
    request: Mapped[str]
    outcome: Mapped[str]
    answer: Mapped[str]
    __table_args__ = (Index(None, "charge_point", "id"),)


class AppliedRow(Base):
    """How far the facts of a spool are in these tables."""

    __tablename__ = "applied"
    spool: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
