"""The thread between spool and database: what is on the disk first, and when a segment may go."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.pool import PoolProxiedConnection

from central_system.registry.facts import Notified
from central_system.storage.database import Database
from central_system.storage.errors import StorageError
from central_system.storage.migrating import migrate
from central_system.storage.spool import Spool
from central_system.storage.spool_reader import Kept
from central_system.storage.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.of(f"sqlite:///{tmp_path}/rig.db")
    yield database
    database.engine.dispose()


@contextmanager
def writing(database: Database, *, segment_bytes: int = 1 << 20) -> Iterator[tuple[Spool, Writer]]:
    with Spool(database.spool, segment_bytes=segment_bytes) as spool:
        connection = database.connect()
        migrate(connection, database.name)
        writer = Writer(spool, database, connection, 0)
        writer.start()
        yield spool, writer
        writer.close()


def in_database(database: Database) -> int:
    with database.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM notifications")) or 0


def test_nothing_is_in_the_database_that_is_not_on_the_spools_disk(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with writing(database) as (spool, writer):
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            spool.append(Notified("CP", "DataTransfer", 0.0, {}))
            writer.wake()
            with pytest.raises(StorageError, match="the disk is broken"):
                writer.flush(0.2)
            assert in_database(database) == 0
        writer.flush(5)
        assert in_database(database) == 1
        assert writer.problem is None


def test_a_fact_that_comes_when_the_writer_has_just_read_all_is_not_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(database) as (spool, writer):
        read = writer._reader.read

        def just_missed() -> list[Kept]:
            if not (facts := read()) and spool.last == 1:
                spool.append(Notified("CP", "DataTransfer", 0.0, {}))
                writer.wake()
            return facts

        monkeypatch.setattr(writer._reader, "read", just_missed)
        spool.append(Notified("CP", "DataTransfer", 0.0, {}))
        writer.wake()
        with writer._advanced:
            assert writer._advanced.wait_for(lambda: writer.applied == 2, 5)


def test_a_batch_whose_commit_was_never_confirmed_counts_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection was lost when the database had committed, and before it could say so."""
    dialect = database.engine.dialect
    commit = dialect.do_commit
    lost: list[PoolProxiedConnection] = []

    def commit_and_lose(connection: PoolProxiedConnection) -> None:
        commit(connection)
        if not lost and armed:
            lost.append(connection)
            raise sqlite3.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", commit_and_lose)
    armed = False
    with writing(database) as (spool, writer):
        armed = True
        for _ in range(3):
            spool.append(Notified("CP", "DataTransfer", 0.0, {}))
        writer.flush(5)
        assert lost
        assert in_database(database) == 3
        spool.append(Notified("CP", "DataTransfer", 0.0, {}))
        writer.flush(5)
        assert in_database(database) == 4


def test_a_segment_goes_when_the_database_has_it_for_good(database: Database) -> None:
    """Until SQLite's checkpoint, a loss of power would take what is committed (synchronous=NORMAL)."""

    def keep(count: int) -> list[Path]:
        for _ in range(count):
            spool.append(Notified("CP", "DataTransfer", 0.0, {}))
        writer.flush(5)
        return list(database.spool.glob("*.jsonl"))

    with writing(database, segment_bytes=1000) as (spool, writer):
        assert len(keep(100)) == 1
        with database.engine.connect() as reader:
            assert reader.scalar(text("SELECT count(*) FROM notifications")) == 100
            waiting = keep(100)
            assert len(waiting) > 5, "the reader's view keeps the checkpoint from its end"
        assert len(keep(1)) == 1
        assert in_database(database) == 201
    assert not list(database.spool.glob("*.jsonl"))


def test_a_damaged_spool_stops_the_writer_until_it_is_cured(database: Database) -> None:
    with writing(database) as (spool, writer):
        spool.append(Notified("CP", "DataTransfer", 0.0, {"data": "sound"}))
        writer.flush(5)
        spool.append(Notified("CP", "DataTransfer", 0.0, {"data": "rotten"}))
        (segment,) = database.spool.glob("*.jsonl")
        content = segment.read_bytes()
        segment.write_bytes(content.replace(b"rotten", b"ROTTEN"))
        with pytest.raises(StorageError, match=f"{segment}:2 is damaged"):
            writer.flush(0.2)
        segment.write_bytes(content)
        writer.flush(5)
        assert in_database(database) == 2
