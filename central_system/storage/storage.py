"""All of a central system's storage: a database, the spool before it, and the thread between them."""

import contextlib
from pathlib import Path
from typing import Self

from central_system.registry.facts import Fact
from central_system.registry.records import State
from central_system.storage.database import Database
from central_system.storage.loading import applied, is_untouched, load
from central_system.storage.lock import Lock, unusable
from central_system.storage.migrating import migrate
from central_system.storage.reading import Reading
from central_system.storage.spool import Spool
from central_system.storage.writer import Writer


class Storage:
    """Keeps facts and gives them back; made by `open`. A context manager.

    `reading` answers questions, from any thread. `name` is the database's URL without its password; `is_new` tells
    whether nothing had ever been kept there when it was opened.
    """

    def __init__(
        self, database: Database, spool: Spool, writer: Writer, opened: contextlib.ExitStack, *, is_new: bool
    ) -> None:
        self.name = database.name
        self.is_new = is_new
        self.reading = Reading(database)
        self._spool = spool
        self._writer = writer
        self._opened = opened

    @classmethod
    def open(cls, url: str, spool_folder: Path | None = None) -> Self:
        """Lock the storage of a URL (SQLite's or PostgreSQL's), migrate it, and put into it what its spool still has.

        Blocks: do it before an event loop runs. The spool is in `spool_folder`, else beside SQLite's file
        (`FILE.spool`), else below `$XDG_STATE_HOME/ocpp-rig/spool`.

        Raises:
            StorageError: the storage cannot be used, or another server uses it.
        """
        database = Database.of(url)
        with contextlib.ExitStack() as opening:
            opening.callback(database.engine.dispose)
            if database.file:
                opening.enter_context(_locked(database.file))
            spool = opening.enter_context(Spool(spool_folder or database.spool))
            connection = opening.enter_context(database.connect())
            with database.explained():
                migrate(connection, database.name)
                with connection.begin():
                    known = applied(connection, spool.identity)
                    is_new = is_untouched(connection) and spool.last == 0
            writer = Writer(spool, database, connection, known)
            opening.callback(writer.close)
            try:
                writer.catch_up()
            except OSError as error:
                raise unusable(spool.folder, error) from error
            writer.start()
            opened = opening.pop_all()
        return cls(database, spool, writer, opened, is_new=is_new)

    @property
    def problem(self) -> str | None:
        """Why the database has not the latest facts, which are safe in the spool; None: it takes them."""
        return self._writer.problem

    def load(self) -> State:
        """What a registry begins with. Text and integers that no column takes are as `fitting` made them."""
        with self.reading.session() as session:
            return load(session)

    def keep(self, fact: Fact) -> int:
        """Have a fact outlive this process, from any thread and in microseconds; its number, counted from 1.

        Raises:
            OSError: it is not kept (the disk is full): what it acknowledges must not be acknowledged.
            TypeError, ValueError: it holds what JSON cannot say.
        """
        sequence = self._spool.append(fact)
        self._writer.wake()
        return sequence

    def flush(self, within_s: float) -> None:
        """Wait until the database has all that was kept so far. Blocks.

        Raises:
            StorageError: it has not after `within_s` seconds; nothing is lost.
        """
        self._writer.flush(within_s)

    def close(self) -> None:
        """Leave nothing out of the database, if it is there; else the spool has it for the next start. Blocks."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _locked(file: Path) -> Lock:
    """The lock of an SQLite file. A new one is for this user alone: the passwords' hashes are in it."""
    lock = Lock(file.with_name(f"{file.name}.lock"))
    try:
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        lock.free()
        raise unusable(file, error) from error
    return lock
