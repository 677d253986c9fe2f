"""The files of a spool: their names, their ends, their damage.

Each bears the sequence number of its first line. An empty line stands for facts that somebody gave up.
"""

import logging
import os
import re
from pathlib import Path

from central_system.storage.codec import decode
from central_system.storage.errors import StorageError

LOG = logging.getLogger(__name__)

_NAME = re.compile(r"(?P<first>[0-9]{16})\.jsonl")


def segment(folder: Path, first: int) -> Path:
    """The file that begins with fact number `first`."""
    return folder / f"{first:016}.jsonl"


def segments(folder: Path) -> dict[int, int]:
    """The segments of a folder in order, by first sequence number, and their bytes."""
    found = {int(match["first"]): each for each in folder.iterdir() if (match := _NAME.fullmatch(each.name))}
    return {first: found[first].stat().st_size for first in sorted(found)}


def end(path: Path, first: int) -> tuple[int, int]:
    """How many bytes of the newest segment hold, and the sequence number of its last fact.

    What follows the last newline was torn by the death of its writer, so that nobody was told that it is kept: it is
    cut off.

    Raises:
        StorageError: its last line is damaged in another way.
    """
    data = path.read_bytes()
    size = data.rfind(b"\n") + 1
    if size < len(data):
        LOG.warning("%s: its last line was torn when its writer died; %s bytes cut off", path, len(data) - size)
        os.truncate(path, size)
    lines = data[:size].split(b"\n")[:-1]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return size, first - 1
    try:
        return size, decode(lines[-1])[0]
    except ValueError as error:
        raise damaged(path, len(lines), str(error)) from error


def damaged(path: Path, line: int, why: str) -> StorageError:
    """A line that is not what was written."""
    return StorageError(
        f"{path}:{line} is damaged: {why}",
        f"bring the file back, or give this line up (the others stay): LC_ALL=C sed -i '{line}s/.*//' {path}",
    )


def missing(path: Path, expected: int) -> StorageError:
    """The segment `path` does not follow on the one before it."""
    gap = segment(path.parent, expected)
    return StorageError(
        f"{path} does not begin with fact {expected}: a file before it is gone",
        f"bring {gap} back, or give its facts up: echo > {gap}",
    )
