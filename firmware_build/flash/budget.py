"""How long a job may take, over all of its attempts, and that it can be ended."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from firmware_build.flash.errors import FlashCancelled, FlashTimeout
from firmware_build.flash.facts import OnProgress, Progress
from firmware_build.process import Finished, Lifeline, OnLine, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class Budget:
    """The time of one job, which `writes` to a chip or does not. `cancel` ends whatever it runs, from any thread."""

    def __init__(self, seconds: float, on_progress: OnProgress, *, writes: bool = False) -> None:
        self.seconds = seconds
        self._writes = writes
        self._on_progress = on_progress
        self._last = Progress("start", 0.0)
        self._lock = threading.Lock()
        self._lifeline: Lifeline | None = None
        self._cancelled = False
        self._used_up = False

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Within it, time passes."""
        timer = threading.Timer(self.seconds, self._use_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def progress(self, progress: Progress) -> None:
        """Remember how far it is, and hand it on."""
        self._last = progress
        self._on_progress(progress)

    def run(self, command: Sequence[str | Path], *, cwd: Path, environ: Mapping[str, str], on_line: OnLine) -> Finished:
        """As `firmware_build.process.run`, ended when the job is cancelled or its time is over.

        Raises:
            FlashCancelled: It was cancelled before.
            FlashTimeout: The time is over already.
        """
        self.check()
        with self._lock:
            lifeline = self._lifeline = Lifeline()
            if self._cancelled or self._used_up:
                lifeline.cut()
        try:
            return run(command, cwd=cwd, environ=environ, on_line=on_line, lifeline=lifeline)
        finally:
            with self._lock:
                self._lifeline = None

    def cancel(self) -> None:
        """End it at once."""
        with self._lock:
            self._cancelled = True
            self._cut()

    def _use_up(self) -> None:
        with self._lock:
            self._used_up = True
            self._cut()

    def _cut(self) -> None:
        if self._lifeline:
            self._lifeline.cut()

    def check(self, log: str = "") -> None:
        """See that there is time left, and nobody ended it.

        Raises:
            FlashCancelled: It was cancelled.
            FlashTimeout: The time is over.
        """
        where = f"in phase {self._last.phase}, {self._last.fraction:.0%} done"
        if self._cancelled:
            cure = "flash again: what is on the chip now is not known" if self._writes else "run it again"
            raise FlashCancelled(f"cancelled {where}", cure=cure, log=log)
        if self._used_up:
            again = "flash again, with more time (flash_timeout in the bench file)" if self._writes else "run it again"
            raise FlashTimeout(
                f"not done within {self.seconds:g} s: ended {where}",
                cure=f"{again}; what hangs in one phase each time is a cable, a hub or a probe",
                log=log,
            )


class Stopwatch:
    """Wall seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.monotonic() - self._start
