"""Run a command so that nothing of it outlives us.

A build is a tree of processes: west, cmake, ninja, compilers; and ninja puts each compiler into a process group of its
own, so killing one group does not end them. The command is therefore started by a small supervisor, in a session of
its own. The supervisor holds the read end of a pipe whose write end only we hold. However we end (an exception,
Ctrl-C, SIGTERM, SIGKILL), the kernel closes our end, and the supervisor kills every process of the session.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OnLine = Callable[[str], None]
"""Gets each line of progress, without its line end."""


def ignore(line: str) -> None:
    """Take no notice of a line of progress."""


# Runs in an interpreter without site-packages; argv: file descriptor of the lifeline, then the command.
_SUPERVISOR = """
import os, signal, subprocess, sys, threading, time

def members(session):
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as stat:
                    # pid (name) state ppid pgrp session ...; a name may hold spaces and brackets
                    state, _, _, sid = stat.read().rpartition(b")")[2].split()[:4]
            except OSError:
                continue
            if int(sid) == session and state not in b"ZX":
                yield int(entry)

def kill(session):
    while pids := list(members(session)):  # again: one of them may just have started another
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)  # one that the kernel holds, in the middle of a USB transfer say, takes its time

def watch():
    os.read(lifeline, 1)  # nobody writes: this returns when the other end is gone
    kill(child.pid)

lifeline = int(sys.argv[1])
try:
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, start_new_session=True)
except OSError as error:
    sys.exit(f"{sys.argv[2]}: {error.strerror}")
threading.Thread(target=watch, daemon=True).start()
status = child.wait()
kill(child.pid)
sys.exit(status if status >= 0 else 128 - status)
"""


class Lifeline:
    """What one command lives by: `cut` ends every process of it at once, from any thread, however often.

    Cut before the command was started, it ends the command as it starts.
    """

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self._theirs = os.fdopen(reading, "rb", buffering=0)
        self._ours = os.fdopen(writing, "wb", buffering=0)

    def cut(self) -> None:
        """End the command."""
        self._ours.close()

    def fileno(self) -> int:
        """The end that the command's supervisor holds."""
        return self._theirs.fileno()

    def close(self) -> None:
        """Give both ends back."""
        self.cut()
        self._theirs.close()


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended.

    Attributes:
        status: Exit status; 128 plus the signal's number where a signal ended it.
        output: Its lines, standard output and standard error in the order they came.
    """

    status: int
    output: list[str]


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    on_line: OnLine,
    hold: Sequence[int] = (),
    lifeline: Lifeline | None = None,
) -> Finished:
    """Run a command to its end and hand on each line as it comes.

    Args:
        command: Program and arguments; a program that cannot be started gives status 1 and a line that says why.
        cwd: The folder to run it in.
        environ: Its whole environment.
        on_line: Gets each line of output. What it raises ends the command.
        hold: File descriptors that stay open until the last process of the command is gone, however we end; a lock
            among them cannot pass on while something still writes.
        lifeline: Lets somebody else end the command, which then has status 137 (128 + SIGKILL).
    """
    with contextlib.closing(lifeline or Lifeline()) as line:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SUPERVISOR, str(line.fileno()), *map(str, command)],
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(line.fileno(), *hold),
            start_new_session=True,  # a Ctrl-C at the terminal is ours alone to handle
        )
        output: list[str] = []
        with supervisor:
            try:
                for text in supervisor.stdout or ():
                    output.append(text.rstrip("\r\n"))
                    on_line(output[-1])
            finally:
                line.cut()  # what we wait for next is dying then
    return Finished(supervisor.returncode, output)
