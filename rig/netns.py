"""A network namespace for this process: its own loopback and its own ports, gone when the process ends."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
IFREQ = struct.Struct("16sH22x")
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3 = 0x20080522
NETWORK_CAPABILITIES = (10, 12, 13)
"""CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW (capabilities(7))."""

_libc = ctypes.CDLL(None, use_errno=True)


ALLOW = "sudo sysctl kernel.unprivileged_userns_clone=1 (Ubuntu: kernel.apparmor_restrict_unprivileged_userns=0)"
"""What lets users have network namespaces."""


class NamespaceUnavailableError(OSError):
    """This kernel lets this user have no network namespace."""


def enter() -> None:
    """Move this process, and all that it starts from now on, into a new network namespace with loopback up.

    Asks for a user namespace as well where the user is not root; that works only as long as the process has a single
    thread (unshare(2)).

    Raises:
        NamespaceUnavailableError: neither is allowed.
    """
    try:
        _unshare(CLONE_NEWNET)
    except OSError:
        _try_user_namespace()
        _enter_user_namespace()
        keep_capabilities()
    _loopback_up()


def _try_user_namespace() -> None:
    """In a child: Ubuntu lets everybody make a user namespace, and then refuses all that it would be good for."""
    child = os.fork()
    if not child:
        try:
            _enter_user_namespace()
            _loopback_up()
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise NamespaceUnavailableError(errno.EPERM, "no network namespace for this user")


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    _unshare(CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")


def keep_capabilities() -> None:
    """Let programs that this process starts or becomes do what it may do to the network of its user namespace.

    Of a user who is not root there, execve(2) takes all capabilities but the ambient ones.
    """
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then those of the capabilities from 32 up
    _libc.capget(header, data)
    data[2] = data[1]
    _libc.capset(header, data)
    for capability in NETWORK_CAPABILITIES:
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _unshare(flags: int) -> None:
    if _libc.unshare(flags):
        number = ctypes.get_errno()
        raise NamespaceUnavailableError(number, f"no network namespace: {os.strerror(number)}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name, flags = IFREQ.unpack(fcntl.ioctl(control, SIOCGIFFLAGS, IFREQ.pack(b"lo", 0)))
        fcntl.ioctl(control, SIOCSIFFLAGS, IFREQ.pack(name, flags | IFF_UP))
