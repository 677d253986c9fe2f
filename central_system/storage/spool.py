"""What has become true and may not be in the database yet: append-only files, one line for each fact.

A line that was written is in the kernel's page cache, where a SIGKILL of this process does not reach it.
"""

import contextlib
import errno
import itertools
import os
import threading
import uuid
from pathlib import Path
from typing import Self

from central_system.registry.facts import Fact
from central_system.storage.codec import encode
from central_system.storage.errors import StorageError
from central_system.storage.lock import Lock, unusable
from central_system.storage.segments import end, segment, segments
from central_system.storage.spool_reader import SpoolReader

SEGMENT_BYTES = 4 << 20


class Spool:
    """The spool in `folder`, locked against other servers until `close`.

    `append` may be called by any thread, all else by one other. `identity` is its name in the database, `last` the
    sequence number of the latest fact.

    Raises:
        StorageError: the folder cannot be used, another server has it, or the end of the spool is damaged.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self.last = 0
        self._segment_bytes = segment_bytes
        self._mutex = threading.Lock()
        self._active: int | None = None
        self._full: list[int] = []
        self._torn = self._created = self._closed = False
        with contextlib.ExitStack() as opened:
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lock = opened.enter_context(Lock(folder / "lock"))
                self.identity = _identity(folder / "id")
                self._segments = segments(folder)
                if self._segments:
                    newest = max(self._segments)
                    self._segments[newest], self.last = end(segment(folder, newest), newest)
                    self._active = os.open(segment(folder, newest), os.O_WRONLY | os.O_APPEND)
            except OSError as error:
                raise unusable(folder, error) from error
            opened.pop_all()

    def reader(self, applied: int) -> SpoolReader:
        """Reads what comes after fact number `applied`, the last that the database has; `append` goes on behind it.

        Raises:
            StorageError: facts between it and the first segment are missing.
        """
        first = min(self._segments, default=applied + 1)
        if first > applied + 1:
            raise StorageError(
                f"{self.folder} begins with fact {first}, the database ends with fact {applied} of this spool: it is"
                " another database than the spool's, or an old copy of it",
                f"bring that database back, or give up what only the spool has: mv {self.folder} {self.folder}.old",
            )
        if self.last < applied:
            self.begin_anew(applied)
        return SpoolReader(self.folder, self.readable, after=applied)

    def readable(self) -> dict[int, int]:
        """The segments in order, by first sequence number, and how many bytes of each are whole lines."""
        with self._mutex:
            return dict(self._segments)

    def append(self, fact: Fact) -> int:
        """Keep a fact, in one write without fsync; its sequence number.

        Raises:
            OSError: it was not kept, and nothing of it stays.
            TypeError, ValueError: it holds what JSON cannot say.
        """
        with self._mutex:
            if self._closed:
                raise OSError(errno.EBADF, "the storage is closed", str(self.folder))
            line = encode(self.last + 1, fact)
            self._write(self._room(), line)
            self.last += 1
            return self.last

    def sync(self) -> None:
        """Have the disk take what was appended so far (fsync), so that it outlives a loss of power too.

        Raises:
            OSError: the disk does not.
        """
        with self._mutex:
            full, self._full = self._full, []
            created, self._created = self._created, False
            active = self._active
        for each in full:
            try:
                os.fsync(each)
            finally:
                os.close(each)
        if active is not None:
            os.fsync(active)
        if created:
            _sync_folder(self.folder)

    def applied(self, applied: int) -> list[int]:
        """The segments that hold nothing beyond fact number `applied` and are not written any more."""
        with self._mutex:
            return [first for first, following in itertools.pairwise(self._segments) if following <= applied + 1]

    def drop(self, unneeded: list[int]) -> None:
        """Delete segments."""
        for first in unneeded:
            segment(self.folder, first).unlink(missing_ok=True)
            with self._mutex:
                self._segments.pop(first, None)

    def begin_anew(self, applied: int) -> None:
        """Delete all segments, unless there is something after fact number `applied`; that is the last one then."""
        with self._mutex:
            if self.last > applied:
                return
            for first in self._segments:
                segment(self.folder, first).unlink(missing_ok=True)
            self._segments.clear()
            self.last = applied
            self._close_active()

    def close(self) -> None:
        """Take no more facts, and leave the spool to others."""
        with self._mutex:
            self._closed = True
            self._close_active()
            for each in self._full:
                os.close(each)
            self._full = []
        self._lock.free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _close_active(self) -> None:
        if self._active is not None:
            os.close(self._active)
            self._active = None

    def _room(self) -> int:
        """The descriptor of the segment that takes the next line."""
        if self._active is not None and self._torn:
            self._cut(self._active)
        newest = next(reversed(self._segments), 0)
        if self._active is None or self._segments[newest] >= self._segment_bytes:
            first = self.last + 1
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
            opened = os.open(segment(self.folder, first), flags, 0o600)
            if self._active is not None:
                self._full.append(self._active)
            self._active, self._segments[first], self._created = opened, 0, True
        return self._active

    def _write(self, active: int, line: bytes) -> None:
        """All of a line or nothing."""
        self._torn = True
        written = 0
        try:
            written = os.write(active, line)
        finally:
            if written < len(line):
                with contextlib.suppress(OSError):  # then the next line tries again
                    self._cut(active)
        if written < len(line):
            why = f"{os.strerror(errno.ENOSPC)}: {written} of {len(line)} bytes were taken"
            raise OSError(errno.ENOSPC, why, str(self.folder))
        self._torn = False
        self._segments[next(reversed(self._segments))] += len(line)

    def _cut(self, active: int) -> None:
        """Cut off what is left of a line that was not wholly written."""
        os.ftruncate(active, self._segments[next(reversed(self._segments))])
        self._torn = False


def _identity(path: Path) -> str:
    """A name that no other spool has; on the disk before anything that bears it."""
    if not path.exists() or not path.read_text(encoding="ascii"):
        path.touch(mode=0o600)
        with path.open("w", encoding="ascii") as file:
            file.write(f"{uuid.uuid4()}")
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
    return path.read_text(encoding="ascii").strip()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
