"""One server for one storage: flock(2) on a file that tells who has it.

The kernel frees the lock when its process ends, however it ends; the file stays, empty of meaning.
"""

import contextlib
import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from central_system.storage.errors import StorageError


class Lock:
    """Holds `path` locked until `free`.

    Raises:
        StorageError: somebody else has it, or the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise unusable(path.parent, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sign()
        except BlockingIOError:
            owner = self._owner()
            os.close(self._descriptor)
            raise StorageError(*owner) from None
        except OSError as error:
            os.close(self._descriptor)
            raise unusable(path, error) from error

    def free(self) -> None:
        """Let others have it."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.free()

    def _sign(self) -> None:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(owner).encode() + b"\n", 0)

    def _owner(self) -> tuple[str, str]:
        """The problem and its cure; an owner that was just about to sign is told by the kernel only."""
        own = "or give this server a database and a spool folder of its own"
        with contextlib.suppress(ValueError, KeyError, TypeError):
            owner = json.loads(os.pread(self._descriptor, 4096, 0))
            pid, host, since = owner["pid"], owner["host"], owner["since"]
            where = "" if host == socket.gethostname() else f" on {host}"
            problem = f"the storage of {self._path} is in use by process {pid}{where} since {since}"
            return problem, f"end that server (kill {pid}{where}), {own}"
        return f"the storage of {self._path} is in use", f"see by whom (fuser -v {self._path}) and end it, {own}"


def unusable(path: Path, error: OSError) -> StorageError:
    """A file or folder that the operating system refuses."""
    return StorageError(
        f"cannot use {path}: {error.strerror or error}",
        "give the user who runs this server the right to write there, and room on that disk, or name another place",
    )
