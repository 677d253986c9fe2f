"""A serial port of another machine: a plain TCP stream (`socket://`) or RFC 2217 (`rfc2217://`)."""

import asyncio
import contextlib
import os
import socket
import warnings
from dataclasses import dataclass
from queue import Queue
from typing import Self
from urllib.parse import urlsplit

from serial import rfc2217

from rig.errors import BenchError

CONNECT_S = 5.0
SCHEMES = ("rfc2217", "socket")
SILENCE = {socket.TCP_KEEPIDLE: 1, socket.TCP_KEEPINTVL: 1, socket.TCP_KEEPCNT: 1, socket.TCP_USER_TIMEOUT: 1500}
"""tcp(7): the kernel asks a silent peer after 1 s whether it lives and gives up 1 s later; seconds, the last in ms.

A console that comes later than that is no evidence of when something happened.
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a serial server listens."""

    url: str
    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """The parts of a URL.

        Raises:
            BenchError: it is none of a serial server.
        """
        with contextlib.suppress(ValueError):
            parts = urlsplit(url)
            options_known = parts.scheme == "rfc2217" or not parts.query
            if parts.scheme in SCHEMES and parts.hostname and parts.port and options_known:
                return cls(url, parts.scheme, parts.hostname, parts.port)
        raise BenchError(
            f"{url} names no serial port",
            "write rfc2217://HOST:PORT, socket://HOST:PORT, a path such as /dev/serial/by-id/…, or the serial number "
            "of a USB adapter",
        )

    def unreachable(self, why: str) -> BenchError:
        """The error that it cannot be had."""
        return BenchError(
            f"the console at {self.url} cannot be opened: {why}",
            f"check that a serial server (ser2net, labgrid-exporter) runs on {self.host} and serves port {self.port}: "
            f"`nc -vz {self.host} {self.port}`; and that nobody else is connected to it",
        )


async def connect(address: Address) -> socket.socket:
    """A TCP connection whose peer is watched; reading it never blocks.

    pyserial's own `socket://` watches no peer, blocks the loop, and leaves the socket open after a reset.

    Raises:
        BenchError: nothing answers there.
    """
    try:
        async with asyncio.timeout(CONNECT_S):
            return await _connect(address)
    except TimeoutError as error:
        raise address.unreachable(f"no answer within {CONNECT_S:g} s") from error
    except socket.gaierror as error:
        raise address.unreachable(f"{address.host}: {error.strerror}") from error
    except OSError as error:
        raise address.unreachable(os.strerror(error.errno) if error.errno else str(error)) from error


async def _connect(address: Address) -> socket.socket:
    loop = asyncio.get_running_loop()
    refusal = OSError(f"{address.host} has no address")
    for family, kind, protocol, _, place in await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            watch_peer(connection)
            await loop.sock_connect(connection, place)
        except OSError as error:
            connection.close()
            refusal = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise refusal


def watch_peer(connection: socket.socket) -> None:
    """Have the kernel end the connection when the other machine is gone without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in SILENCE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


class Rfc2217Port(rfc2217.Serial):
    """pyserial's client with its peer watched, which leaves nothing open when the server has gone first."""

    _socket: socket.socket | None
    _read_buffer: "Queue[bytes | None] | None"

    def open(self) -> None:
        """Connect and set the line: up to 8 s where the server is slow to answer."""
        with warnings.catch_warnings():
            # It starts its thread the old way, which must not be an error where a test suite makes warnings errors.
            warnings.simplefilter("ignore", DeprecationWarning)
            super().open()
        if self._socket:
            watch_peer(self._socket)

    def close(self) -> None:
        """End the connection and whoever waits in `read`. Takes 0.3 s."""
        connection, waiting = self._socket, self._read_buffer
        super().close()  # closes no socket that is no longer connected
        if connection:
            connection.close()
        if waiting:
            waiting.put(None)  # what `read` takes for the end


async def connect_rfc2217(address: Address, baud: int) -> Rfc2217Port:
    """A port of an RFC 2217 server at `baud` 8N1 without flow control.

    Raises:
        BenchError: nothing answers there, or it speaks no RFC 2217.
    """
    port = Rfc2217Port(baudrate=baud)
    opening = asyncio.ensure_future(asyncio.to_thread(_open, port, address.url))
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])  # a thread cannot be interrupted
        await asyncio.to_thread(port.close)
        raise
    except (OSError, ValueError) as error:
        await asyncio.to_thread(port.close)
        raise address.unreachable(str(error)) from error
    return port


def _open(port: Rfc2217Port, url: str) -> None:
    port.port = url
    port.open()
