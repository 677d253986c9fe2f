"""The journal of a run in progress: written line by line, waited upon by description and budget."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from central_system.events import Frame, Impaired
from rig.console.records import ConsoleLine
from rig.errors import BenchError
from rig.journal.codec import Entry, Event, encode
from rig.journal.ending import beginning, ending
from rig.journal.lines import line_of

TAIL = 6

Match = Callable[[Event], bool]


class NotSeenError(BenchError):
    """An awaited event did not come within its budget. The message shows what did come last, and where to look."""


class DeviceLostError(NotSeenError):
    """The device under test ended, or had ended, while an event of it was awaited; the message says how."""


class Journal:
    """Appends events to `path`, each stamped with seconds since the journal was opened, and wakes who waits for them.

    Every line is handed to the kernel when it is written: a SIGKILL loses at most the line it falls into. Use from one
    event loop only.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._clock = clock
        self._started = clock()
        self._file = path.open("a", buffering=1, encoding="utf-8", errors="backslashreplace")
        self._listeners: list[Callable[[Entry], None]] = []
        self._waiting: list[tuple[Match, asyncio.Future[Entry]]] = []
        self._ended = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _t: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        self._file.close()

    @property
    def now(self) -> float:
        """Seconds since the journal was opened."""
        return self._clock() - self._started

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Call `listener` with every entry from now on."""
        self._listeners.append(listener)

    def record(self, event: Event) -> Entry:
        """Append one event, stamped now."""
        entry = Entry(len(self.entries) + 1, self.now, event)
        self.entries.append(entry)
        self._file.write(encode(entry) + "\n")
        for listener in self._listeners:
            listener(entry)
        self._ended = "" if beginning(event) else ending(event) or self._ended
        for match, future in self._waiting:
            if not future.done():
                if match(event):
                    future.set_result(entry)
                elif self._ended:
                    future.set_exception(DeviceLostError(self._ended))
        return entry

    async def wait_for(self, description: str, match: Match, *, within_s: float, after: int = 0) -> Entry:
        """The first entry behind line `after` that matches, at once where it is already there.

        Args:
            description: what is awaited, for the message when it does not come.
            match: tells whether an event is the awaited one.
            within_s: wall seconds from now.
            after: a journal line number; entries up to it do not count.

        Raises:
            DeviceLostError: the device ended first.
            NotSeenError: it did not come in time.
        """
        for entry in self.entries[after:]:
            if match(entry.event):
                return entry
        if self._ended:
            raise DeviceLostError(self._report(f"{description} was not seen: {self._ended}"))
        future: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        waiter = (match, future)
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(within_s):
                return await future
        except TimeoutError:
            raise NotSeenError(self._report(f"{description} was not seen within {within_s:.3g} s")) from None
        except DeviceLostError as lost:
            raise DeviceLostError(self._report(f"{description} was not seen: {lost.message}")) from None
        finally:
            self._waiting.remove(waiter)

    def _report(self, what: str) -> str:
        """`what`, with the ends of console and wire and the place of the whole record."""
        console = [f"  {line_of(entry)}" for entry in self.entries if isinstance(entry.event, ConsoleLine)]
        frames = [f"  {line_of(entry)}" for entry in self.entries if isinstance(entry.event, Frame | Impaired)]
        return "\n".join(
            [
                f"{what}.",
                "  console, last lines:",
                *(console[-TAIL:] or ["    (nothing)"]),
                "  frames, last:",
                *(frames[-TAIL:] or ["    (none)"]),
                f"  all of it: {self.path}",
            ]
        )
