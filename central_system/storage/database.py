"""The database of a URL: SQLite or PostgreSQL, how to connect, who may write, what its errors mean."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from central_system.storage.errors import StorageError

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
INSTALL = "pip install 'zephyr-ocpp-rig[postgresql]'"

OURS = 0x4F435050
"""First half of our advisory lock's key in PostgreSQL ("OCPP"); the second is the schema's, so that each has one."""

KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""An end of PostgreSQL's connection that vanished is noticed within half a minute."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can be connected to; `name` is its URL without the password, `file` SQLite's file."""

    engine: Engine
    name: str
    file: Path | None
    spool: Path
    """The folder of its spool, where no other is named."""

    @classmethod
    def of(cls, url: str) -> "Database":
        """The database of a SQLAlchemy URL; nothing is opened yet.

        Raises:
            StorageError: the URL says nothing, or no database that this program speaks, or the driver is missing.
        """
        parsed = _parsed(url)
        name = parsed.render_as_string(hide_password=True)
        try:
            if parsed.get_backend_name() == "sqlite":
                file = _file(parsed)
                return cls(_sqlite(parsed), name, file, file.with_name(f"{file.name}.spool"))
            return cls(_postgresql(parsed), name, None, _state_folder(parsed))
        except ImportError as error:
            raise StorageError(f"{name} needs a driver that is not installed: {error}", INSTALL) from error
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise StorageError(f"{name} cannot be used: {what(error)}", "mend the database's URL") from error

    def connect(self) -> Connection:
        """The connection of the one server that may write; it holds PostgreSQL's advisory lock as long as it lives.

        Raises:
            StorageError: the database cannot be reached, is none of ours, or is another server's.
        """
        with self.explained():
            connection = self.engine.connect().execution_options(begin="BEGIN IMMEDIATE")
            try:
                if connection.dialect.name == "postgresql":
                    self._claim(connection)
                connection.commit()
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            return connection

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Whatever the database or its driver raises becomes a `StorageError`."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self._explanation(error) from error

    def settle(self, connection: Connection) -> bool:
        """Whether all that is committed would outlive a loss of power now; not within a transaction.

        PostgreSQL's commit says so; SQLite's does not with synchronous=NORMAL, only its checkpoint does.
        """
        if self.file is None:
            return True
        driver: Any = connection.connection.dbapi_connection
        _, in_log, done = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return bool(in_log == done)

    def _claim(self, connection: Connection) -> None:
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise StorageError(
                f"{self.name} stores text as {encoding}: what charge points send does not fit",
                "use a database made with: createdb --encoding=UTF8 --template=template0 NAME",
            )
        schema = text("SELECT hashtext(coalesce(current_schema(), ''))")
        key = {"ours": OURS, "schema": connection.scalar(schema)}
        if connection.scalar(text("SELECT pg_try_advisory_lock(:ours, :schema)"), key):
            # The server, too, is to notice when the other end vanishes, and to free the lock.
            for setting, value in KEEPALIVES.items():
                connection.execute(text(f"SET tcp_{setting} = {value}"))
            return
        owner = connection.execute(
            text(
                "SELECT pid, application_name, client_addr, backend_start"
                " FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND granted AND classid = :ours AND objid = oid(:schema) AND objsubid = 2"
                " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ),
            key,
        ).first()
        who = "another server"
        cure = "end that server, or give this one a database of its own"
        if owner:
            who = f"{owner.application_name or 'another server'} ({owner.client_addr or 'local'})"
            who += f" since {owner.backend_start.isoformat(timespec='seconds')}"
            cure += f"; if its host is gone: SELECT pg_terminate_backend({owner.pid})"
        raise StorageError(f"{self.name} is in use by {who}", cure)

    def _explanation(self, error: SQLAlchemyError | sqlite3.Error) -> StorageError:
        said = what(error)
        if "file is not a database" in said:
            return StorageError(f"{self.file} is no SQLite database", "name another file, or move this one away")
        if self.file:
            cure = f"see that the folder {self.file.parent} is there, can be written to, and its disk has room"
            return StorageError(f"cannot use {self.name}: {said}", cure)
        cure = "see that the server runs there, that the database exists, and user and password are right"
        return StorageError(f"cannot use {self.name}: {said}", cure)


def what(error: Exception) -> str:
    """What the driver says, in one line; without SQLAlchemy's parameters, in which there may be secrets."""
    return " ".join(str(error.orig if isinstance(error, StatementError) else error).split())


def refused(error: Exception) -> bool:
    """Whether it is the rows that cannot be stored, ever; False: the database has trouble, and may take them later."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return True  # a value is none of its column's type
    if not isinstance(error, DBAPIError):
        return not isinstance(error, (OSError, StorageError, SQLAlchemyError, sqlite3.Error, MemoryError))
    if error.connection_invalidated:
        return False
    # Class 54: program limit exceeded, e.g. an index row that is too large. psycopg calls that an OperationalError.
    too_large = str(getattr(error.orig, "sqlstate", None)).startswith("54")
    return too_large or isinstance(error, (DataError, IntegrityError))


def _parsed(url: str) -> URL:
    example = "sqlite:////var/lib/ocpp-rig/rig.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        raise StorageError("the database's URL cannot be understood", f"write it like {example}") from error
    backend, _, driver = parsed.drivername.partition("+")
    if backend not in DRIVERS or driver not in {"", DRIVERS[backend]}:
        raise StorageError(f"no database of the kind {parsed.drivername} is spoken here", f"use one like {example}")
    return parsed.set(drivername=f"{backend}+{DRIVERS[backend]}")


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StorageError(
            f"{url} names no file", "write sqlite:///relative/path.db or sqlite:////absolute/path.db, or leave it out"
        )
    return Path(url.database).absolute()


def _state_folder(url: URL) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    host = url.host or url.query.get("host") or "local"
    name = quote(f"{host}:{url.port or 5432}/{url.database or url.username or ''}", safe="")
    return Path(state) / "ocpp-rig" / "spool" / name


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def _connected(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None  # the driver begins no transactions of its own: DDL is in ours too
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turned writer could find the database changed and would be refused; who writes says so first.
        connection.exec_driver_sql(str(connection.get_execution_options().get("begin", "BEGIN")))

    return engine


def _postgresql(url: URL) -> Engine:
    defaults = {
        "application_name": f"ocpp-rig {os.getpid()}@{socket.gethostname()}"[:63],
        "client_encoding": "utf8",
        "connect_timeout": 5,
        "tcp_user_timeout": 25_000,
        **KEEPALIVES,
    }
    own = {key: value for key, value in defaults.items() if key not in url.query}
    return create_engine(url, connect_args=own, pool_pre_ping=True)
