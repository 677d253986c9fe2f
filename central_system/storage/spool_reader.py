"""Reads a spool while it is being written."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from central_system.registry.facts import Fact
from central_system.storage.codec import decode
from central_system.storage.segments import damaged, missing, segment

CHUNK_BYTES = 256 << 10
"""About as much is given at once: some hundred facts."""


class Kept(NamedTuple):
    """A fact that the spool has, and its number."""

    sequence: int
    fact: Fact


class _Position(NamedTuple):
    """Where reading goes on: in which segment, behind how many bytes and lines; what fact must come (None: any)."""

    first: int
    offset: int = 0
    lines: int = 0
    expected: int | None = None


class SpoolReader:
    """Gives each fact after number `after` once; `readable` tells the segments and how much of each may be read."""

    def __init__(self, folder: Path, readable: Callable[[], dict[int, int]], *, after: int) -> None:
        self._folder = folder
        self._readable = readable
        self._after = after
        first = max((each for each in readable() if each <= after + 1), default=0)
        self._position = _Position(first, expected=first or after + 1)

    def read(self) -> list[Kept]:
        """The next facts, in order; none: all were read.

        Raises:
            StorageError: the next line is damaged. It is looked at again by the next call.
            OSError: the file cannot be read.
        """
        while True:
            readable = self._readable()
            here = self._position
            if here.offset < (size := readable.get(here.first, 0)):
                if facts := self._chunk(here, size):
                    return facts
                continue
            following = next((first for first in readable if first > here.first), None)
            if following is None:
                return []
            if here.expected not in {None, following}:
                raise missing(segment(self._folder, following), here.expected or 0)
            self._position = _Position(following, expected=following)

    def _chunk(self, here: _Position, size: int) -> list[Kept]:
        path = segment(self._folder, here.first)
        facts: list[Kept] = []
        _, offset, number, expected = here
        for line in self._lines(path, offset, size):
            number += 1
            try:
                sequence, fact = self._decoded(line, expected)
            except ValueError as error:
                if facts:
                    break
                raise damaged(path, number, str(error)) from error
            if fact:
                facts.append(Kept(sequence, fact))
            expected = sequence + 1 if sequence else None
            offset += len(line) + 1
            self._position = _Position(here.first, offset, number, expected)
        return facts

    def _decoded(self, line: bytes, expected: int | None) -> tuple[int, Fact | None]:
        """A line's number (0: an empty line, whose fact was given up) and its fact, if that is one to be read."""
        if not line:
            return 0, None
        sequence, fact = decode(line, after=self._after)
        if expected not in {None, sequence}:
            raise ValueError(f"fact {expected} should be there, not fact {sequence}")
        return sequence, fact

    @staticmethod
    def _lines(path: Path, offset: int, size: int) -> list[bytes]:
        """Whole lines, one at least; a file that ends without a newline gives its rest as a line."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            length = CHUNK_BYTES
            while True:
                data = os.pread(descriptor, min(length, size - offset), offset)
                if b"\n" in data or len(data) < length:
                    break
                length *= 2
        finally:
            os.close(descriptor)
        if not data:
            raise OSError(errno.EIO, "it is shorter than it was", str(path))
        lines = data.split(b"\n")
        rest = lines.pop()
        return lines or [rest]
