"""Which processes have a serial port open, so that "in use" says by whom."""

import os
import pwd
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PTY = re.compile(r"/dev/pts/(?P<index>\d+)")
MASTERS = {"/dev/ptmx", "/dev/pts/ptmx"}
TTY_INDEX = re.compile(r"^tty-index:\s*(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PortUser:
    """A process that has a port open: its id, its user's name, its command line."""

    pid: int
    user: str
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} ({self.command})"


def users_of(path: str | Path) -> list[PortUser]:
    """The other processes that have the device at `path` open, the oldest process id first.

    Links are followed. Who holds the master of a pseudo-terminal is the device itself and no user of its port. What
    the kernel hides is missing: only root sees the open files of other users' processes (proc(5)).
    """
    port = os.path.realpath(path)
    return [_user(pid) for pid in _processes() if pid != os.getpid() and _uses(pid, port)]


def _processes() -> list[int]:
    return sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208  (names are enough)


def _uses(pid: int, port: str) -> bool:
    files = dict(_open_files(pid))
    if port not in files.values():
        return False
    if not (pty := PTY.fullmatch(port)):
        return True
    return not any(file in MASTERS and _pty_index(pid, fd) == pty["index"] for fd, file in files.items())


def _open_files(pid: int) -> Iterator[tuple[str, str]]:
    """Descriptors and what they are of; nothing for a process that has ended or may not be looked into."""
    folder = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return
    for fd in descriptors:
        try:
            yield fd, os.readlink(f"{folder}/{fd}")  # noqa: PTH115
        except OSError:  # closed since
            continue


def _pty_index(pid: int, fd: str) -> str | None:
    """The N of the /dev/pts/N that this master belongs to."""
    try:
        found = TTY_INDEX.search(Path(f"/proc/{pid}/fdinfo/{fd}").read_text(encoding="ascii"))
    except OSError:
        return None
    return found[1] if found else None


def _user(pid: int) -> PortUser:
    process = Path(f"/proc/{pid}")
    try:
        uid = process.stat().st_uid
        words = (process / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        command = words or (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return PortUser(pid, "?", "ended meanwhile")
    try:
        return PortUser(pid, pwd.getpwuid(uid).pw_name, command)
    except KeyError:
        return PortUser(pid, str(uid), command)
