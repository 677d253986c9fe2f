"""Print from a thread of its own: a terminal that is stopped (Ctrl-S) or a pipe that nobody reads holds up nobody."""

import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Self

LINES = 10_000
"""How many may wait to be printed; further ones are counted, not kept."""
FAREWELL_S = 1.0


def print_unbuffered(line: str) -> None:
    """Print past Python's buffer: a thread that is stuck in a buffered write holds up the interpreter's end."""
    rest = f"{line}\n".encode(sys.stdout.encoding or "utf-8", "replace")
    with contextlib.suppress(OSError):  # nobody is there to read it
        while rest:
            rest = rest[os.write(sys.stdout.fileno(), rest) :]


class Teller:
    """A context manager, called with a line from any thread; its end waits a second for what is not printed yet."""

    def __init__(self, say: Callable[[str], object] = print_unbuffered, lines: int = LINES) -> None:
        self._say = say
        self._waiting: queue.Queue[str | None] = queue.Queue(lines)
        self._left_out = 0
        self._thread = threading.Thread(target=self._print, name="ocpp-rig console", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._waiting.put(None, timeout=FAREWELL_S)
        except queue.Full:
            return  # nobody reads; the thread dies with the process
        self._thread.join(FAREWELL_S)

    def __call__(self, line: str) -> None:
        """Have a line printed."""
        try:
            if self._left_out:
                self._waiting.put_nowait(f"{self._left_out} lines were left out, for nobody read them")
                self._left_out = 0
            self._waiting.put_nowait(line)
        except queue.Full:
            self._left_out += 1

    def _print(self) -> None:
        while (line := self._waiting.get()) is not None:
            self._say(line)


class ToTeller(logging.Handler):
    """Has log records told as well, so that writing them holds up nobody either."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        self._tell(self.format(record))
