"""Sockets and programs in another network namespace, while this process stays where it is.

A socket belongs to the namespace that it was made in (network_namespaces(7)), whoever uses it. So a child enters the
namespace, makes the socket and hands it over; binding it, listening and talking is this process's, as with any other.
"""

import functools
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from central_system.ports import Bind, PortUnavailableError, bound, listening_socket
from rig.errors import BenchError
from rig.network import enter

NAMES = Path("/run/netns")
"""Where `ip netns add NAME` puts namespaces (ip-netns(8))."""
SHORT_S = 10.0
"""Wall seconds that a short command may take, for a host that is very busy; entering takes some 0.05."""

# Runs in an interpreter without site-packages; argv: file descriptor of a Unix socket, kind of the socket to make.
_HAND_OVER = """
import socket, sys
made = socket.socket(socket.AF_INET, int(sys.argv[2]))
socket.send_fds(socket.socket(fileno=int(sys.argv[1])), [b"-"], [made.fileno()])
"""


def path_of(namespace: str) -> Path:
    """The file of a network namespace.

    Args:
        namespace: A name that `ip netns` knows, or a path such as ``/proc/PID/ns/net``.

    Raises:
        BenchError: there is none of that name.
    """
    path = Path(namespace) if "/" in namespace else NAMES / namespace
    # Whether this user may look behind a link in /proc is seen when it is entered.
    if path.is_symlink() or path.exists():
        return path
    known = ", ".join(sorted(each.name for each in NAMES.glob("*"))) or "none"
    raise BenchError(
        f"there is no network namespace {namespace} (those with a name: {known})",
        "correct `namespace` in the bench file, or make it with `sudo ip netns add NAME`; without `namespace` the "
        "board's interface is looked for in the rig's own",
    )


def command_in(namespace: str | None, command: Sequence[str]) -> list[str]:
    """`command` as it is to be started so that it runs in `namespace`; None: in that of the rig, as it is.

    For this process to start, with which it ends. The process id is that of the command: a small Python enters the
    namespace and becomes it (execve(2)). Where it cannot, it says why on stderr and ends with `enter.NOT_ENTERED`.

    Raises:
        BenchError: there is no such namespace.
    """
    if namespace is None:
        return list(command)
    # -P: only what is installed, never a package of the same name in the folder the user happens to stand in.
    interpreter = [sys.executable, "-P", "-m", enter.__name__]
    return [*interpreter, str(path_of(namespace)), str(os.getpid()), *command]


def bound_in(namespace: str | None) -> Bind:
    """`central_system.ports.listening_socket`, with the sockets in `namespace`; None: in that of the rig.

    What it returns raises `PortUnavailableError` as that does, and BenchError where the namespace does not exist or
    this user may not enter it.
    """
    return functools.partial(_bound_in, namespace) if namespace is not None else listening_socket


def _bound_in(namespace: str, kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    try:
        return bound(_socket_in(namespace, kind), host, port)
    except PortUnavailableError as error:
        problem = f"{error.problem} (in the network namespace {namespace})"
        raise PortUnavailableError(error.errno, problem, error.cure) from error


def _socket_in(namespace: str, kind: socket.SocketKind) -> socket.socket:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            fd = theirs.fileno()
            hand_over = [sys.executable, "-I", "-S", "-c", _HAND_OVER, str(fd), str(int(kind))]
            run_in(namespace, hand_over, pass_fds=(fd,))
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    return socket.socket(fileno=fds[0])


def run_in(namespace: str | None, command: Sequence[str], *, pass_fds: Sequence[int] = ()) -> str:
    """Run a short command in `namespace` to its end; returns what it wrote to stdout.

    Raises:
        BenchError: the namespace does not exist or may not be entered, or the command fails or is not installed.
    """
    words = command_in(namespace, command)
    try:
        finished = subprocess.run(
            words, capture_output=True, text=True, timeout=SHORT_S, check=False, pass_fds=tuple(pass_fds)
        )
    except FileNotFoundError as error:
        raise BenchError(f"{command[0]} is not installed", f"install {command[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"`{' '.join(command)}` did not end within {SHORT_S:g} s", "try it by hand") from error
    if finished.returncode == enter.NOT_ENTERED:
        raise not_entered(finished.stderr)
    if finished.returncode:
        raise BenchError(f"`{' '.join(command)}` failed: {finished.stderr.strip()}", "try it by hand")
    return finished.stdout


def not_entered(told: str) -> BenchError:
    """What a command of `command_in` says on stderr when it ends with `enter.NOT_ENTERED`, as an error."""
    problem = told.strip().rpartition("\n")[2] or "a network namespace cannot be entered"
    return BenchError(problem, "see that it is a network namespace, and run the rig as root or as the user who made it")
