"""Bind the ports that charge points look for, or say who is to blame and what helps."""

import errno
import socket
from collections.abc import Callable

Bind = Callable[[socket.SocketKind, str, int], socket.socket]
"""What gives a server its socket: `listening_socket`, or one with its signature and errors."""


class PortUnavailableError(OSError):
    """A port that the central system or the SNTP responder must have is taken or may not be bound.

    `problem` says which and why, `cure` what to do next.
    """

    def __init__(self, number: int | None, problem: str, cure: str) -> None:
        super().__init__(number, f"{problem}. {cure}")
        self.problem = problem
        self.cure = cure


def listening_socket(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """Bind a TCP (`SOCK_STREAM`) or UDP (`SOCK_DGRAM`) socket; port 0 lets the kernel choose.

    Raises:
        PortUnavailableError: the port is taken, or binding it needs rights that this process lacks.
    """
    return bound(socket.socket(socket.AF_INET, kind), host, port)


def bound(unbound: socket.socket, host: str, port: int) -> socket.socket:
    """Bind a socket that somebody made, say in another network namespace; closed where that fails.

    Raises:
        PortUnavailableError: see `listening_socket`.
    """
    is_tcp = unbound.type is socket.SOCK_STREAM
    name = "TCP" if is_tcp else "UDP"
    try:
        if is_tcp:
            unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        unbound.bind((host, port))
    except OSError as error:
        unbound.close()
        why, cure = _why(error, name, port)
        raise PortUnavailableError(error.errno, f"{name} port {port} on {host}: {why}", cure) from error
    return unbound


def _why(error: OSError, name: str, port: int) -> tuple[str, str]:
    """Why the port cannot be had, and the cure."""
    if error.errno == errno.EADDRINUSE:
        look = "ss -Hlnp" + ("t" if name == "TCP" else "u") + f" 'sport = :{port}'"
        return "another program has it", (
            f"See which with `{look}` and end it; or run in a network namespace of the rig's own (--isolation "
            "namespace); or build the image for another port (ocpp-rig run --port N)."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "this user may not bind it", (
            "Run in a network namespace of the rig's own (--isolation namespace, needs "
            "`sysctl kernel.unprivileged_userns_clone=1`), or allow it with "
            f"`sudo sysctl net.ipv4.ip_unprivileged_port_start={port}`."
        )
    return f"cannot be bound: {error.strerror}", f"Is {name} on this address set up (`ip address`)?"
