"""The console of a board: its serial port, here or on another machine."""

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from socket import socket

import serial

from rig.errors import BenchError
from rig.targets.serial_network import Address, Rfc2217Port, connect, connect_rfc2217
from rig.targets.serial_port import find_port, open_port

CHUNK = 65536
MOST_READS = 1024
"""Enough for whatever a kernel keeps of a port's input; an end for a port that never falls silent."""


class SerialConsole:
    """Delivers what a serial port receives, as it comes, byte for byte. Create it, `open` it once, `close` it always.

    `where` is the serial number of a USB adapter, a path (`/dev/serial/by-id/…`, `/dev/ttyACM0`, `/dev/pts/3`) or a URL
    (`rfc2217://host:port`, `socket://host:port`); `baud` is in bits per second, 8N1 without flow control. A `socket://`
    server has its line set by itself.

    `deliver` gets the bytes, in the thread of the loop. `lost` is called once if the port goes away before `close`.
    """

    def __init__(
        self, where: str, baud: int, *, deliver: Callable[[bytes], None], lost: Callable[[BenchError], None]
    ) -> None:
        self._where = where
        self._baud = baud
        self._deliver = deliver
        self._lost = lost
        self._link: _Link | None = None

    async def open(self) -> None:
        """Open the port for this process alone; from now on its bytes are delivered.

        Raises:
            BenchError: it is not there, in use, not allowed, out of reach; with the cure.
        """
        if "://" not in self._where:
            self._link = _FileLink(open_port(find_port(self._where), self._baud), self._deliver, self._gone)
            return
        address = Address.of(self._where)
        if address.scheme == "socket":
            self._link = _FileLink(await connect(address), self._deliver, self._gone)
        else:
            self._link = _ThreadLink(await connect_rfc2217(address, self._baud), self._deliver, self._gone)

    def discard(self) -> None:
        """Forget what has come to this machine and is not yet delivered.

        What an adapter or a serial server still holds is on its way, and will be delivered.
        """
        if self._link:
            self._link.discard()

    async def close(self) -> None:
        """Deliver what has come, then close the port. Safe to call twice, and after the port was lost."""
        link, self._link = self._link, None
        if link:
            await link.close()

    def _gone(self, why: str) -> None:
        network = "://" in self._where
        cure = (
            "check the serial server and the network between, then run again"
            if network
            else "check the USB cable and the board's supply (`dmesg | tail` says what the kernel saw), then run again"
        )
        self._lost(BenchError(f"bench lost: the console {self._where} went away: {why}", cure))


class _Link(ABC):
    """An open port that is being read."""

    @abstractmethod
    def discard(self) -> None:
        """Forget what is not yet delivered."""

    @abstractmethod
    async def close(self) -> None:
        """Deliver what has come and close it."""


class _FileLink(_Link):
    """A port with a descriptor that the loop can wait for."""

    def __init__(
        self, file: serial.Serial | socket, deliver: Callable[[bytes], None], gone: Callable[[str], None]
    ) -> None:
        self._file = file
        self._descriptor = file.fileno()
        self._deliver = deliver
        self._gone = gone
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data, why = os.read(self._descriptor, CHUNK), "it hung up"
        except BlockingIOError:
            return
        except OSError as error:
            data, why = b"", error.strerror or str(error)
        if data:
            self._deliver(data)
        else:
            self._loop.remove_reader(self._descriptor)
            # At once: while it is open, the kernel gives the port another name when it comes back.
            self._file.close()
            self._closed = True
            self._gone(why)

    def discard(self) -> None:
        if not self._closed:
            for _ in self._waiting():
                pass

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._descriptor)
        try:
            for data in self._waiting():
                self._deliver(data)
        finally:
            self._file.close()

    def _waiting(self) -> Iterator[bytes]:
        """What the kernel holds now. An error ends it: whoever waits for the descriptor meets the error again."""
        for _ in range(MOST_READS):
            try:
                data = os.read(self._descriptor, CHUNK)
            except OSError:
                return
            if not data:
                return
            yield data


class _ThreadLink(_Link):
    """A port of pyserial without a descriptor: read in a thread, delivered in the loop."""

    def __init__(self, port: Rfc2217Port, deliver: Callable[[bytes], None], gone: Callable[[str], None]) -> None:
        self._port = port
        self._deliver = deliver
        self._gone = gone
        self._arrived: deque[bytes] = deque()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._read, daemon=True, name=f"console {port.port}")
        self._thread.start()

    def _read(self) -> None:
        why = "the server closed the connection"
        try:
            while first := self._port.read(1):
                self._arrived.append(first + self._port.read(self._port.in_waiting))
                self._loop.call_soon_threadsafe(self._flush)
        except serial.SerialException as error:
            why = str(error)
        if not self._closing:
            self._loop.call_soon_threadsafe(self._end, why)

    def _flush(self) -> None:
        while self._arrived:
            self._deliver(self._arrived.popleft())

    def _end(self, why: str) -> None:
        if not self._closing:
            self._gone(why)

    def discard(self) -> None:
        self._arrived.clear()

    async def close(self) -> None:
        self._closing = True
        await asyncio.to_thread(self._end_thread)
        self._flush()

    def _end_thread(self) -> None:
        self._port.close()
        self._thread.join()
