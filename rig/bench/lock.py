"""One user of a device at a time, across processes and users: flock(2) on a file that tells who it is.

The kernel frees the lock when its process ends, however it ends. A file that was left behind by a killed process is
taken over. Blocking and short: take the lock before an event loop runs.
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import pwd
import shlex
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from rig.errors import BenchError

VARIABLE = "OCPP_RIG_LOCKS"
SUFFIX = ".lock"
OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
FOR_ALL = 0o666


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a device: the content of its lock file."""

    device: str
    pid: int
    user: str
    host: str
    since: str
    """ISO 8601, in UTC."""
    command: str

    @classmethod
    def this_process(cls, device: str) -> "Owner":
        """This process, now."""
        return cls(
            device=device,
            pid=os.getpid(),
            user=_user(),
            host=socket.gethostname(),
            since=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        )

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}, since {self.since}, running `{self.command}`"


class LockHeld(BenchError):  # noqa: N818  (the name reads as the condition it reports)
    """Somebody else has the device; `owner` is None where the holder has not written who it is."""

    def __init__(self, device: str, owner: Owner | None, path: Path, waited_s: float) -> None:
        patience = f" (waited {waited_s:g} s)" if waited_s else ""
        if owner is None:
            cure = f"see who has it: fuser -v {path}"
        else:
            end = f"end it: kill {owner.pid}" if owner.user == _user() else f"ask {owner.user} to end it"
            cure = f"wait for it (--wait SECONDS), or {end}"
        super().__init__(f"device {device} is in use{patience} by {owner or 'a process without a name'}", cure)
        self.device = device
        self.owner = owner


def lock_folder() -> Path:
    """The folder of the locks, the same for every user: `$OCPP_RIG_LOCKS`, or below /run/lock, or below /tmp."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    shared = Path("/run/lock")
    with contextlib.suppress(OSError):
        if shared.stat().st_mode & stat.S_IWOTH:  # Debian and Ubuntu; on Fedora it is root's own
            return shared / "ocpp-rig"
    return Path("/tmp/ocpp-rig-locks")  # noqa: S108  (one place for all users, whatever their TMPDIR)


@contextlib.contextmanager
def device_lock(device: str, *, wait_s: float = 0.0, say: Callable[[str], object] = lambda _: None) -> Iterator[Owner]:
    """Have a device to oneself within the block.

    Args:
        device: its id in the bench file.
        wait_s: seconds to wait for another owner to leave; 0 refuses at once.
        say: is told for whom it waits, and from whom it took over.

    Raises:
        LockHeld: somebody else has it.
        BenchError: the folder of the locks cannot be used.
    """
    path = _path(device)
    with _file_errors(path):
        descriptor = _locked(device, path, wait_s, say)
    try:
        with _file_errors(path):
            if (before := _read(descriptor)) is not None:
                say(f"device {device}: taken over from {before}, which died")
            owner = Owner.this_process(device)
            _write(descriptor, json.dumps(asdict(owner)) + "\n")
        yield owner
    finally:
        _leave(descriptor, path)


def locks() -> list[Owner]:
    """Who has which device now; what dead processes left does not count."""
    paths = sorted(lock_folder().glob(f"*{SUFFIX}"))
    return [owner for path in paths if _is_held(path) and (owner := _read_path(path))]


def lock_owner(device: str) -> Owner | None:
    """Who has the device now, without touching its lock; None: it is free."""
    path = _path(device)
    return _read_path(path) if _is_held(path) else None


def _path(device: str) -> Path:
    return lock_folder() / (quote(device, safe="") + SUFFIX)


def _locked(device: str, path: Path, wait_s: float, say: Callable[[str], object]) -> int:
    """The locked descriptor of the file that lies at the path."""
    until = time.monotonic() + wait_s
    told: Owner | None = None
    while True:
        descriptor = _open(path)
        with contextlib.ExitStack() as closing:
            closing.callback(os.close, descriptor)
            while not _try(descriptor):
                owner = _read(descriptor)
                left = until - time.monotonic()
                if left <= 0:
                    raise LockHeld(device, owner, path, wait_s)
                if told is None or owner != told:
                    say(f"device {device} is in use by {owner or 'another process'}; waiting up to {left:.0f} s")
                    told = owner
                _await(descriptor, left)
            # The owner before may have removed the file between the opening and the locking of it.
            if _is_at(path, descriptor):
                closing.pop_all()
                return descriptor


def _open(path: Path) -> int:
    """Open the file, made where it is missing.

    O_CREAT never meets a file that is there: fs.protected_regular forbids that for another user's file in a sticky
    folder (proc_sys_fs(5)).
    """
    folder = path.parent
    if not folder.is_dir():
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            folder.chmod(0o1777)  # mkdir heeds the umask
    while True:
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, OPEN)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, OPEN | os.O_CREAT | os.O_EXCL, FOR_ALL)
            os.fchmod(descriptor, FOR_ALL)  # open heeds the umask
            return descriptor


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _await(descriptor: int, wait_s: float) -> None:
    """Sleep in the kernel until the lock is ours or the time is over; Ctrl-C ends it at once.

    flock(2) knows no time-out, and a thread in it cannot be ended. The child locks the open file that it shares with
    us, and leaves it locked. setpriv(1) has it die with us, and no `preexec_fn` does: Python loses a Ctrl-C that comes
    while it forks for one.

    Raises:
        BenchError: util-linux is not installed.
    """
    die_with_us = ("setpriv", "--pdeathsig", "KILL", "sh", "-c")
    script = '[ "$PPID" = "$1" ] && exec flock --exclusive --timeout "$2" "$3"'
    try:
        subprocess.run(
            [*die_with_us, script, "lock", str(os.getpid()), f"{wait_s:.3f}", str(descriptor)],
            pass_fds=[descriptor],
            check=False,
        )
    except FileNotFoundError as error:
        raise BenchError("cannot wait for a lock: setpriv is not installed", "sudo apt install util-linux") from error


def _leave(descriptor: int, path: Path) -> None:
    """Remove the file while it is still locked; another user's file, in a sticky folder, is emptied instead."""
    try:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            if _is_at(path, descriptor):
                path.unlink()
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Owner | None:
    return _parsed(os.pread(descriptor, 65536, 0))


def _read_path(path: Path) -> Owner | None:
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return None


def _parsed(content: bytes) -> Owner | None:
    """None: the file is empty, or a process died while it wrote."""
    try:
        return Owner(**json.loads(content))
    except (ValueError, TypeError):
        return None


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one that lies at the path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_held(path: Path) -> bool:
    """Whether somebody has locked the file, by proc_locks(5): to try it out would be to take it for a moment.

    The inode's number is enough: on overlayfs and btrfs the file system's differs from what stat(2) tells.
    """
    try:
        inode = str(path.stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    return any(line.split()[1] == "FLOCK" and line.split()[5].split(":")[2] == inode for line in lines)


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


@contextlib.contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = f"`sudo install -d -m 1777 {path.parent}`, or name another folder for all users in ${VARIABLE}"
        raise BenchError(f"cannot lock {path}: {error.strerror}", cure) from error
