"""`python -m rig.network.enter FILE PARENT COMMAND…`: enter a network namespace, then become a command.

A program of its own, for a user namespace can only be entered by a process with a single thread (setns(2)); it imports
little, to be quick.
"""

import ctypes
import errno
import fcntl
import os
import signal
import sys
from pathlib import Path

from rig.netns import CLONE_NEWNET, CLONE_NEWUSER, keep_capabilities

NOT_ENTERED = 125
"""Exit code where the namespace cannot be entered; a shell's 126 and 127 tell of the command."""

NS_GET_USERNS = 0xB701
"""ioctl: the user namespace that owns a namespace (ioctl_ns(2))."""
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def enter(path: Path) -> None:
    """Move this process into the network namespace of a file; into its user namespace first, where that takes it.

    Raises:
        OSError: there is no such file, it is no network namespace, or this user may not enter it.
    """
    namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(namespace, CLONE_NEWNET)
    except PermissionError as refused:
        try:
            _setns(_owner_of(namespace), CLONE_NEWUSER)
        except OSError:
            raise refused from None
        _setns(namespace, CLONE_NEWNET)
        keep_capabilities()


def die_with(parent: int) -> None:
    """Have the kernel kill this process, and what it becomes, when its parent ends; entering may have undone that.

    Raises:
        OSError: it has ended already.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError(errno.ESRCH, f"process {parent}, which asked for it, has ended")


def _setns(fd: int, kind: int) -> None:
    if _libc.setns(fd, kind):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _owner_of(namespace: int) -> int:
    return fcntl.ioctl(namespace, NS_GET_USERNS)


def main(path: str, parent: str, *command: str) -> None:
    """Enter the namespace and become the command; ends with `NOT_ENTERED` and a line on stderr where that fails."""
    try:
        enter(Path(path))
        die_with(int(parent))
    except OSError as error:
        sys.stderr.write(f"the network namespace {path} cannot be entered: {error.strerror}\n")
        sys.exit(NOT_ENTERED)
    try:
        os.execvp(command[0], command)  # noqa: S606  (no shell is what is wanted)
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
