"""Facts become rows, the same on SQLite and PostgreSQL.

The rows of a batch are gathered by statement and sent together. That changes the order of facts, which matters for
removals only: other facts touch different columns, and rows for one statement stay in order.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from central_system.registry.facts import (
    Booted,
    ChargePointRegistered,
    ChargePointRemoved,
    Fact,
    MetersRead,
    Notified,
    Operated,
    StatusNotified,
    TagRegistered,
    TagRemoved,
    TransactionStarted,
    TransactionStopped,
)
from central_system.registry.records import ChargePointRecord
from central_system.storage import tables
from central_system.storage.codec import compact, content
from central_system.storage.fitting import integer, moment, some_integer, some_moment, some_text, text, unfit
from central_system.storage.meter_rows import meter_rows

Row = dict[str, Any]

_TABLES = tables.Base.metadata.tables


def project(connection: Connection, facts: Iterable[Fact]) -> None:
    """Add facts to the tables, in the connection's transaction."""
    gathered: dict[str, list[Row]] = {}
    for fact in facts:
        if isinstance(fact, ChargePointRemoved | TagRemoved):
            _send(connection, gathered)
            gathered = {}
        for statement, row in _rows(fact):
            gathered.setdefault(statement, []).append(row)
        if problem := unfit(content(fact)):
            gathered.setdefault("notify", []).append(_whole(fact, problem))
    _send(connection, gathered)


def project_whole(connection: Connection, fact: Fact, problem: str) -> None:
    """Keep a fact that the tables refuse in that of the notifications."""
    _send(connection, {"notify": [_whole(fact, problem)]})


def mark(connection: Connection, spool: str, sequence: int) -> None:
    """Note how far the facts of a spool are in the tables, in the transaction that puts them there."""
    _send(connection, {"mark": [{"spool": spool, "sequence": sequence}]})


def _send(connection: Connection, gathered: dict[str, list[Row]]) -> None:
    for name, statement in _statements(connection.dialect.name).items():
        if rows := gathered.get(name):
            connection.execute(statement, rows)


@cache
def _statements(dialect: str) -> dict[str, Executable]:
    """What is done with rows, by name, in the order in which it is done."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert

    def upsert(table: str, *columns: str) -> Executable:
        """Insert a row; where its key is there already, change these columns."""
        into = insert(_TABLES[table])
        return into.on_conflict_do_update(
            index_elements=list(_TABLES[table].primary_key), set_={name: into.excluded[name] for name in columns}
        )

    charge_points, tags = _TABLES["charge_points"], _TABLES["tags"]
    return {
        "unregister": delete(charge_points).where(charge_points.c.identity == bindparam("who")),
        "forget": delete(tags).where(tags.c.id_tag == bindparam("who")),
        "register": upsert("charge_points", "registered", "boot_status", "heartbeat_interval_s", "password"),
        "tag": upsert("tags", "status", "expiry", "parent", "concurrent"),
        "boot": upsert("charge_points", "boot", "booted_at"),
        "boots": insert(_TABLES["boots"]),
        "connect": upsert("connectors", "status", "error_code", "at"),
        "statuses": insert(_TABLES["statuses"]),
        "start": insert(_TABLES["transactions"]),
        # Should its start be among the refused, the stop is kept all the same.
        "stop": upsert("transactions", "meter_stop", "stopped", "stopped_at", "reason", "stop_id_tag"),
        "meter": insert(_TABLES["meter_values"]),
        "notify": insert(_TABLES["notifications"]),
        "operate": insert(_TABLES["operations"]),
        "mark": upsert("applied", "sequence"),
    }


def _whole(fact: Fact, problem: str) -> Row:
    told = content(fact)
    told.pop("password", None)  # what a page shows
    return {
        "charge_point": text(getattr(fact, "charge_point", "")),
        "action": fact.kind,
        "at": moment(fact.at),
        "request": compact(told),
        "problem": text(problem),
    }


def _rows(fact: Fact) -> Iterator[tuple[str, Row]]:  # noqa: C901  (one case for each kind of fact)
    match fact:
        case MetersRead():
            for row in meter_rows(fact):
                yield "meter", row
        case StatusNotified():
            yield from _status(fact)
        case TransactionStarted():
            yield "start", _start(fact)
        case TransactionStopped():
            yield "stop", _stop(fact)
        case Booted():
            yield from _boot(fact)
        case Notified():
            yield "notify", _told(fact) | {"problem": None}
        case Operated():
            yield "operate", _told(fact) | {"outcome": text(fact.outcome), "answer": compact(fact.answer)}
        case ChargePointRegistered():
            yield "register", _registration(fact)
        case ChargePointRemoved():
            yield "unregister", {"who": text(fact.charge_point)}
        case TagRegistered():
            yield "tag", _tag(fact)
        case TagRemoved():
            yield "forget", {"who": text(fact.id_tag)}


def _told(fact: Notified | Operated) -> Row:
    return {
        "charge_point": text(fact.charge_point),
        "action": text(fact.action),
        "at": moment(fact.at),
        "request": compact(fact.request),
    }


def _status(fact: StatusNotified) -> Iterator[tuple[str, Row]]:
    status = {
        "charge_point": text(fact.charge_point),
        "connector": integer(fact.connector),
        "status": text(fact.status),
        "at": moment(fact.at),
    }
    yield "connect", status | {"error_code": text(fact.request.get("errorCode", ""))}
    yield "statuses", status | {"request": compact(fact.request)}


def _start(fact: TransactionStarted) -> Row:
    return {
        "transaction_id": integer(fact.transaction),
        "charge_point": text(fact.charge_point),
        "connector": integer(fact.connector),
        "id_tag": text(fact.id_tag),
        "reservation": some_integer(fact.reservation),
        "status": text(fact.status),
        "meter_start": some_integer(fact.meter_start),
        "started": text(fact.timestamp),
        "started_at": moment(fact.at),
    }


def _stop(fact: TransactionStopped) -> Row:
    return {
        "transaction_id": integer(fact.transaction),
        "charge_point": text(fact.charge_point),
        "meter_stop": some_integer(fact.meter_stop),
        "stopped": text(fact.timestamp),
        "stopped_at": moment(fact.at),
        "reason": some_text(fact.reason),
        "stop_id_tag": some_text(fact.id_tag),
    }


def _boot(fact: Booted) -> Iterator[tuple[str, Row]]:
    who, at, request = text(fact.charge_point), moment(fact.at), compact(fact.request)
    stranger = ChargePointRecord(who, registered=False)
    yield "boot", _charge_point(stranger) | {"boot": request, "booted_at": at}
    yield "boots", {"charge_point": who, "status": text(fact.status), "at": at, "request": request}


def _registration(fact: ChargePointRegistered) -> Row:
    return _charge_point(
        ChargePointRecord(
            text(fact.charge_point),
            boot_status=text(fact.boot_status),
            heartbeat_interval_s=integer(fact.heartbeat_interval_s),
            password=some_text(fact.password),
        )
    )


def _charge_point(record: ChargePointRecord) -> Row:
    return {
        "identity": record.identity,
        "registered": record.registered,
        "boot_status": record.boot_status,
        "heartbeat_interval_s": record.heartbeat_interval_s,
        "password": record.password,
    }


def _tag(fact: TagRegistered) -> Row:
    return {
        "id_tag": text(fact.id_tag),
        "status": text(fact.status),
        "expiry": some_moment(fact.expiry_s),
        "parent": some_text(fact.parent),
        "concurrent": fact.concurrent,
    }
