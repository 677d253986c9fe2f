"""Print from a thread of its own: a terminal that is stopped (Ctrl-S) or a pipe that nobody reads holds up nobody."""

import queue
import threading
from collections.abc import Callable
from typing import Self

LINES = 10_000
"""How many may wait to be printed; further ones are counted, not kept."""
FAREWELL_S = 1.0


class Teller:
    """A context manager, called with a line from any thread; its end waits a second for what is not printed yet."""

    def __init__(self, say: Callable[[str], object], lines: int = LINES) -> None:
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
