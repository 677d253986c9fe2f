"""The way to what is in the database.

It blocks: endpoints that use it are plain functions, which FastAPI runs in threads.
"""

import contextlib

from central_system.parts import Parts
from central_system.storage.errors import StorageError
from central_system.storage.reading import Reading

PATIENCE_S = 1.0
"""Wall seconds that a reader waits for what was recorded to be in the database; then it shows what is there."""


def up_to_date(parts: Parts) -> Reading:
    """The reader, once the database has what has happened until now."""
    if parts.storage.problem is None:  # else it would only wait; `GET /api/status` tells the problem
        with contextlib.suppress(StorageError):
            parts.storage.flush(PATIENCE_S)
    return parts.storage.reading
