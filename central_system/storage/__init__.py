"""Keeps the facts of `central_system.registry` and gives them back, after a SIGKILL too.

A fact is first one line in the spool (`spool`), then rows of the database (`projection`, by the thread of `writer`);
`storage` puts them together, `reading` asks the database for the operator's page.
"""

from central_system.storage.errors import StorageError
from central_system.storage.storage import Storage

__all__ = ["Storage", "StorageError"]
