"""Brings the facts of a spool into the database, in a thread of its own."""

import contextlib
import logging
import threading

from sqlalchemy import Connection

from central_system.storage.database import Database, refused, what
from central_system.storage.errors import StorageError
from central_system.storage.loading import applied
from central_system.storage.projection import mark, project, project_whole
from central_system.storage.spool import Spool
from central_system.storage.spool_reader import Kept

LOG = logging.getLogger(__name__)

GATHER_S = 0.05
"""Facts of so long become one batch: a transaction for each would take the processor from those who answer."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
"""Between attempts while the database has trouble; doubled each time."""


class Writer:
    """Writes what `spool` has into `database`; takes over `connection`.

    `applied` is the number of the last fact there. `problem` says why there is none newer, None: nothing is wrong.

    Raises:
        StorageError: the spool does not belong to the database.
    """

    def __init__(self, spool: Spool, database: Database, connection: Connection, applied: int) -> None:
        self.applied = applied
        self.problem: str | None = None
        self._spool = spool
        self._reader = spool.reader(applied)
        self._database = database
        self._connection: Connection | None = connection
        self._unfinished: list[Kept] = []
        self._advanced = threading.Condition()
        self._facts, self._hurry, self._closing = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="ocpp-rig storage", daemon=True)

    def start(self) -> None:
        """Start the thread; from now on nobody else calls `catch_up`."""
        self._thread.start()

    def wake(self) -> None:
        """There is a new fact in the spool."""
        # The thread clears the event before it reads: where it is still set, the fact will be read.
        if not self._facts.is_set():
            self._facts.set()

    def flush(self, within_s: float) -> None:
        """Wait until all that the spool has now is in the database.

        Raises:
            StorageError: it is not after so many seconds.
        """
        target = self._spool.last
        self._hurry.set()
        self._facts.set()
        with self._advanced:
            if not self._advanced.wait_for(lambda: self.applied >= target, within_s):
                raise StorageError(
                    f"{target - self.applied} facts are not in the database after {within_s:g} s:"
                    f" {self.problem or 'it is slow'}",
                    "none is lost; they follow as soon as the database takes them",
                )

    def close(self) -> None:
        """Write what the spool has, if the database takes it; empty the spool then; end thread and connection."""
        self._closing.set()
        self._hurry.set()
        self._facts.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._connection and self.applied == self._spool.last:
            with contextlib.suppress(StorageError, OSError), self._database.explained():  # else the next start does it
                if self._database.settle(self._connection):
                    self._spool.begin_anew(self.applied)
        self._disconnect()

    def catch_up(self) -> None:
        """Write all that the spool has.

        Raises:
            StorageError: the spool is damaged, or the database has trouble.
            OSError: the spool cannot be read, or its disk takes nothing.
        """
        while batch := self._unfinished or self._reader.read():
            self._unfinished = batch
            self._spool.sync()
            with self._database.explained():
                self._write(batch)
            self._unfinished = []
            self._no_trouble()
            self._tidy(batch[-1].sequence)
            with self._advanced:
                self.applied = batch[-1].sequence
                self._advanced.notify_all()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            self._facts.wait()
            self._hurry.wait(GATHER_S)
            self._facts.clear()
            self._hurry.clear()
            try:
                self.catch_up()
            except Exception as error:  # noqa: BLE001  (whatever it is, it is told and tried again: nobody else writes)
                self._trouble(error)
                if self._closing.is_set():
                    return
                self._hurry.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                self._facts.set()
            else:
                pause_s = FIRST_PAUSE_S
                self._no_trouble()
                if self._closing.is_set() and self.applied >= self._spool.last:
                    return

    def _tidy(self, applied: int) -> None:
        """Delete the segments that are in the database for good."""
        if unneeded := self._spool.applied(applied):
            with contextlib.suppress(StorageError, OSError), self._database.explained():  # else after the next batch
                if self._connection and self._database.settle(self._connection):
                    self._spool.drop(unneeded)

    def _trouble(self, error: Exception) -> None:
        told = isinstance(error, (StorageError, OSError))
        problem = str(error) if told else repr(error)
        if self.problem is None:
            LOG.error("facts stay in %s for now: %s", self._spool.folder, problem, exc_info=None if told else error)
        self.problem = problem

    def _no_trouble(self) -> None:
        if self.problem is not None:
            LOG.warning("the database takes facts again")
        self.problem = None

    def _write(self, batch: list[Kept]) -> None:
        """A batch, in one transaction; on a new connection only what of it is not there yet."""
        try:
            if self._connection is None:
                self._connection = self._database.connect()
                with self._connection.begin():
                    # Who lost the connection while it committed does not know whether it did.
                    known = applied(self._connection, self._spool.identity)
                batch = [each for each in batch if each.sequence > known]
            if batch:
                self._write_together(self._connection, batch)
        except Exception:
            self._disconnect()
            raise

    def _write_together(self, connection: Connection, batch: list[Kept]) -> None:
        try:
            with connection.begin():
                project(connection, (each.fact for each in batch))
                mark(connection, self._spool.identity, batch[-1].sequence)
        except Exception as error:
            if not refused(error):
                raise
            self._write_singly(connection, batch)

    def _write_singly(self, connection: Connection, batch: list[Kept]) -> None:
        """A batch of which the database refuses something for good: that is kept whole, in the notifications."""
        with connection.begin():
            for sequence, fact in batch:
                try:
                    with connection.begin_nested():
                        project(connection, [fact])
                except Exception as error:
                    if not refused(error):
                        raise
                    LOG.warning(
                        "fact %s is kept in the notifications, the database refuses it: %s", sequence, what(error)
                    )
                    project_whole(connection, fact, what(error))
            mark(connection, self._spool.identity, batch[-1].sequence)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # a connection that is dead already
                connection.invalidate()
                connection.close()
