"""The state of a central system, as its tables say it."""

import json

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from central_system.registry.records import ChargePointRecord, Connector, State, Tag, Transaction
from central_system.storage.fitting import seconds
from central_system.storage.tables import AppliedRow, ChargePointRow, ConnectorRow, TagRow, TransactionRow


def applied(connection: Connection, spool: str) -> int:
    """The number of the last fact of a spool that the tables have; 0: none."""
    return connection.scalar(select(AppliedRow.sequence).where(AppliedRow.spool == spool)) or 0


def is_untouched(connection: Connection) -> bool:
    """Whether the tables never had a fact, of any spool."""
    return connection.scalar(select(AppliedRow.spool).limit(1)) is None


def load(session: Session) -> State:
    """All that a registry begins with; transactions in the order of their ids."""
    running = select(TransactionRow).where(TransactionRow.stopped_at.is_(None)).order_by(TransactionRow.transaction_id)
    return State(
        charge_points=tuple(map(_charge_point, session.scalars(select(ChargePointRow)))),
        tags=tuple(map(_tag, session.scalars(select(TagRow)))),
        connectors=tuple(
            Connector(row.charge_point, row.connector, row.status, row.error_code, seconds(row.at))
            for row in session.scalars(select(ConnectorRow))
        ),
        transactions=tuple(map(_transaction, session.scalars(running))),
        last_transaction=session.scalar(select(func.max(TransactionRow.transaction_id))) or 0,
    )


def _charge_point(row: ChargePointRow) -> ChargePointRecord:
    return ChargePointRecord(
        row.identity,
        registered=row.registered,
        boot_status=row.boot_status,
        heartbeat_interval_s=row.heartbeat_interval_s,
        password=row.password,
        boot=json.loads(row.boot) if row.boot else {},
        booted_at=seconds(row.booted_at) if row.booted_at else None,
    )


def _tag(row: TagRow) -> Tag:
    expiry_s = seconds(row.expiry) if row.expiry else None
    return Tag(row.id_tag, row.status, expiry_s, row.parent, row.concurrent)


def _transaction(row: TransactionRow) -> Transaction:
    return Transaction(
        row.transaction_id,
        row.charge_point,
        row.connector or 0,
        row.id_tag or "",
        row.meter_start,
        seconds(row.started_at) if row.started_at else 0.0,
        row.started or "",
        row.status or "",
    )
