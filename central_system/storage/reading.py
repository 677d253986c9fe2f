"""What the operator's page asks the database. Any thread may ask; each question has a short session of its own."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from central_system.storage import views
from central_system.storage.database import Database
from central_system.storage.fitting import seconds, text
from central_system.storage.tables import (
    Base,
    BootRow,
    ChargePointRow,
    MeterValueRow,
    NotificationRow,
    OperationRow,
    StatusRow,
    TransactionRow,
)

MOST = 1000
"""No answer has more rows, whatever limit was asked for."""

MOST_POINTS = 20_000
"""No plot has more; of more meter values the latest are shown."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_PAYLOADS = {"request", "answer", "raw"}

Row = TypeVar("Row", bound=Base)
View = TypeVar("View")


class Reading:
    """Questions to a database, each raising `StorageError` where it cannot be reached.

    Lists have at most `limit` rows, newest first, of ids smaller than `before` where that is given.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def transactions(
        self,
        *,
        charge_point: str | None = None,
        running: bool | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> views.Page[views.StoredTransaction]:
        """Transactions; of one charge point, only those that run or only those that are over."""
        asked = select(TransactionRow)
        if running is not None:
            over = TransactionRow.stopped_at.is_not(None)
            asked = asked.where(~over if running else over)
        return self._page(
            views.StoredTransaction,
            asked,
            TransactionRow.transaction_id,
            charge_point=charge_point,
            before=before,
            limit=limit,
        )

    def transaction(self, transaction: int) -> views.StoredTransaction | None:
        """One transaction; None: there is none of that id."""
        with self.session() as session:
            row = session.get(TransactionRow, transaction)
            return _view(views.StoredTransaction, row) if row else None

    def series(self, transaction: int) -> tuple[views.Series, ...]:
        """A transaction's meter values for a plot: one series for each measurand, unit, phase and location."""
        row = MeterValueRow
        wanted = row.measurand, row.unit, row.phase, row.location, row.timestamp, row.received_at, row.number
        # Only its own charge point's: any other can name its id.
        owner = (
            select(TransactionRow.charge_point).where(TransactionRow.transaction_id == transaction).scalar_subquery()
        )
        asked = select(*wanted).where(
            row.transaction_id == transaction, row.number.is_not(None), row.charge_point == owner
        )
        found: dict[tuple[str, str | None, str | None, str | None], list[tuple[float, float]]] = {}
        with self.session() as session:
            latest = session.execute(asked.order_by(row.id.desc()).limit(MOST_POINTS)).all()
        for measurand, unit, phase, location, timestamp, received_at, number in reversed(latest):
            points = found.setdefault((measurand or "", unit, phase, location), [])
            points.append((_time(timestamp, received_at), number or 0.0))
        return tuple(views.Series(*of, points=tuple(points)) for of, points in found.items())

    def meter_values(
        self,
        *,
        transaction: int | None = None,
        charge_point: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> views.Page[views.StoredMeterValue]:
        """Every single meter value; of one transaction, of one charge point."""
        asked = select(MeterValueRow)
        if transaction is not None:
            asked = asked.where(MeterValueRow.transaction_id == transaction)
        return self._page(
            views.StoredMeterValue, asked, MeterValueRow.id, charge_point=charge_point, before=before, limit=limit
        )

    def notifications(
        self, *, charge_point: str | None = None, before: int | None = None, limit: int = 100
    ) -> views.Page[views.StoredNotification]:
        """What else was told, and what the tables could not take as it was."""
        asked = select(NotificationRow)
        return self._page(
            views.StoredNotification, asked, NotificationRow.id, charge_point=charge_point, before=before, limit=limit
        )

    def operations(
        self, *, charge_point: str | None = None, before: int | None = None, limit: int = 100
    ) -> views.Page[views.StoredOperation]:
        """Operations and what came back."""
        return self._page(
            views.StoredOperation,
            select(OperationRow),
            OperationRow.id,
            charge_point=charge_point,
            before=before,
            limit=limit,
        )

    def boots(
        self, *, charge_point: str | None = None, before: int | None = None, limit: int = 100
    ) -> views.Page[views.StoredBoot]:
        """BootNotifications."""
        return self._page(
            views.StoredBoot, select(BootRow), BootRow.id, charge_point=charge_point, before=before, limit=limit
        )

    def statuses(
        self, *, charge_point: str | None = None, before: int | None = None, limit: int = 100
    ) -> views.Page[views.StoredStatus]:
        """StatusNotifications."""
        return self._page(
            views.StoredStatus, select(StatusRow), StatusRow.id, charge_point=charge_point, before=before, limit=limit
        )

    def counts(self) -> views.Counts:
        """How much there is of everything."""

        def number_of(row: type[Base]) -> Select[int]:
            return select(func.count()).select_from(row)

        asked = {
            "charge_points": number_of(ChargePointRow),
            "transactions": number_of(TransactionRow),
            "running": number_of(TransactionRow).where(TransactionRow.stopped_at.is_(None)),
            "meter_values": number_of(MeterValueRow),
            "boots": number_of(BootRow),
            "statuses": number_of(StatusRow),
            "notifications": number_of(NotificationRow),
            "operations": number_of(OperationRow),
        }
        with self.session() as session:
            return views.Counts(**{name: session.scalar(each) or 0 for name, each in asked.items()})

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of one question."""
        with self._database.explained(), Session(self._database.engine) as session:
            yield session

    def _page(
        self,
        view: Callable[..., View],
        asked: Select[Row],
        key: InstrumentedAttribute[int],
        *,
        charge_point: str | None,
        before: int | None,
        limit: int,
    ) -> views.Page[View]:
        limit = max(1, min(limit, MOST))
        if charge_point is not None:
            asked = asked.where(key.class_.charge_point == text(charge_point))
        if before is not None:
            asked = asked.where(key < before)
        with self.session() as session:
            rows = session.scalars(asked.order_by(key.desc()).limit(limit + 1)).all()
            last = getattr(rows[limit - 1], key.key) if len(rows) > limit else None
            return views.Page(tuple(_view(view, row) for row in rows[:limit]), last)


def _view(view: Callable[..., View], row: Base) -> View:
    values: dict[str, Any] = {}
    for field in fields(view):  # type: ignore[arg-type]  # all are dataclasses, which no bound says
        value = getattr(row, "transaction_id" if field.name == "transaction" else field.name)
        if isinstance(value, datetime):
            value = seconds(value)
        elif field.name in _PAYLOADS and value is not None:
            value = _payload(value)
        values[field.name] = value
    return view(**values)


def _payload(stored: str) -> object:
    """JSON as it is kept, made fit to be told: NaN and surrogates, which JSON and UTF-8 have not, as their names."""
    if "\\ud" in stored:
        stored = json.dumps(json.loads(stored), ensure_ascii=False)
        stored = _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", stored)
    return json.loads(stored, parse_constant=str)


def _time(timestamp: str | None, received_at: datetime) -> float:
    """When a value was read, by the charge point's clock (ISO 8601; UTC where it names no zone), or when it came."""
    try:
        told = datetime.fromisoformat(timestamp or "")
        return seconds(told if told.tzinfo else told.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return seconds(received_at)
