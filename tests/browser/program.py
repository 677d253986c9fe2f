"""Programs that a test starts and listens to: each on a terminal of its own, as their users have it."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path

WITHIN_S = 60.0
"""Wall seconds in which what a test waits for has to happen, on a host that is very busy."""


class Program:
    """A program that runs, and what it has printed so far."""

    def __init__(self, command: Sequence[str], *, cwd: Path) -> None:
        self._changed = threading.Condition()
        self._text = ""
        self._ended = self._is_closed = False
        self._terminal, theirs = pty.openpty()
        tty.setraw(theirs)
        try:
            self.process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
        finally:
            os.close(theirs)
        self._reader = threading.Thread(target=self._read, name=command[0])
        self._reader.start()

    @property
    def text(self) -> str:
        """All that it has printed."""
        with self._changed:
            return self._text

    def says(self, pattern: str, *, after: int = 0, within_s: float = WITHIN_S) -> re.Match[str]:
        """Wait until it prints something, beyond its first `after` characters."""
        expression = re.compile(pattern)

        def found() -> re.Match[str] | None:
            return expression.search(self._text, after)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._ended, within_s)
            match = found()
            assert match, f"{self.process.args!r} did not say {pattern!r} within {within_s} s, but:\n{self._text}"
            return match

    def pause(self) -> None:
        """Stop it for good, as it is: what talks to it is not answered any more."""
        self.process.send_signal(signal.SIGSTOP)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it and hear the rest; once more does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        os.close(self._terminal)

    def _read(self) -> None:
        # EIO: the terminal's other end is closed, for the program has ended.
        with contextlib.suppress(OSError):
            while data := os.read(self._terminal, 65536):
                with self._changed:
                    self._text += data.decode("utf-8", "replace")
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextlib.contextmanager
def running(command: Sequence[str], *, cwd: Path) -> Iterator[Program]:
    """A program that runs as long as the context; what it printed is shown where the test fails."""
    program = Program(command, cwd=cwd)
    try:
        yield program
    finally:
        program.end()
        sys.stdout.write(program.text)
