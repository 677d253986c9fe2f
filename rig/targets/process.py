"""A device that is a process of this host, with a pseudo-terminal for its console."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import tty
from collections.abc import Callable, Sequence
from pathlib import Path

from rig.errors import BenchError

CHUNK = 65536
PR_SET_PDEATHSIG = 1
STOP_S = 2.0
"""Wall seconds between SIGTERM and SIGKILL."""

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: the kernel kills the child when this rig dies, however it dies (prctl(2) PR_SET_PDEATHSIG)."""

    def preexec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return preexec


class Pty:
    """A pseudo-terminal in raw mode. The device has the slave; what it writes is delivered to `deliver`."""

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self._master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self.slave)
        self._deliver = deliver
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._deliver(os.read(self._master, CHUNK))

    def close(self) -> None:
        """Deliver what is left, then close both ends."""
        asyncio.get_running_loop().remove_reader(self._master)
        with contextlib.suppress(OSError):
            while chunk := os.read(self._master, CHUNK):
                self._deliver(chunk)
        os.close(self._master)
        os.close(self.slave)


class Lines:
    """The read end of a pipe that an emulator writes its own messages to, delivered line by line."""

    def __init__(self, deliver: Callable[[str], None]) -> None:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._deliver = deliver
        self._pending = b""
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            *ended, self._pending = (self._pending + os.read(self._read_end, CHUNK)).split(b"\n")
            for line in ended:
                self._deliver(line.decode("utf-8", "backslashreplace").rstrip())

    def close(self) -> None:
        """Deliver what is left and close both ends."""
        asyncio.get_running_loop().remove_reader(self._read_end)
        os.close(self.write_end)
        self._read()
        if self._pending:
            self._deliver(self._pending.decode("utf-8", "backslashreplace"))
        os.close(self._read_end)


class DeviceProcess:
    """A child in a process group of its own, always reaped; `exited` is told its exit code if it ends by itself."""

    def __init__(
        self, command: Sequence[str | Path], *, stdout: int, stderr: int, pass_fds: Sequence[int] = ()
    ) -> None:
        try:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                pass_fds=tuple(pass_fds),
                process_group=0,
                # Another thread may hold a lock while this forks: the function below takes none, and allocates nothing.
                preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509
            )
        except OSError as error:
            raise BenchError(f"cannot start {command[0]}: {error.strerror}", _cure(error, str(command[0]))) from error
        self.pid = self._popen.pid
        self._loop = asyncio.get_running_loop()
        self._pidfd = os.pidfd_open(self.pid)
        self._ended = asyncio.Event()
        self._loop.add_reader(self._pidfd, self._reap)
        self.exited: Callable[[int], None] = lambda _: None

    def _reap(self) -> None:
        """The kernel says that the child has ended (pidfd_open(2))."""
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        code = self._popen.wait()
        self._ended.set()
        self.exited(code)

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL for the whole group; returns when the child is reaped."""
        self.exited = lambda _: None
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._ended.is_set():
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._ended.wait()


def _cure(error: OSError, program: str) -> str:
    if isinstance(error, FileNotFoundError):
        return f"install {program}, or build the image first; `ocpp-rig doctor` says what this machine lacks"
    return f"check that {program} may be executed on this machine (`file {program}`)"
