"""A serial server of RFC 2217 in front of a pseudo-terminal, made of pyserial's own `PortManager`."""

import contextlib
import os
import socket
import struct
import threading
import tty
from collections.abc import Iterator
from typing import Any, cast

import serial
from serial import rfc2217


class PtyPort(serial.Serial):  # type: ignore[misc, unused-ignore]
    """A pseudo-terminal has no modem lines to read or set."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        pass

    _update_rts_state = _update_dtr_state


class Rfc2217Server:
    """Serves one client. What is written to `device` is what the board says."""

    def __init__(self) -> None:
        self.device, slave = os.openpty()
        tty.setraw(slave)
        self.port = PtyPort(os.ttyname(slave), 9600, timeout=None)
        os.close(slave)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._client: socket.socket | None = None
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def write(self, data: bytes) -> None:
        """What `PortManager` says to the client."""
        if self._client:
            with contextlib.suppress(OSError):
                self._client.sendall(data)

    def _serve(self) -> None:
        try:
            self._client, _ = self._listener.accept()
        except OSError:  # closed while nobody had come
            return
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        manager = rfc2217.PortManager(cast(Any, self.port), cast(Any, self))
        reader = threading.Thread(target=self._forward, args=(manager,))
        self._threads.append(reader)
        reader.start()
        with contextlib.suppress(OSError):
            while data := self._client.recv(1024):
                self.port.write(b"".join(manager.filter(data)))

    def _forward(self, manager: rfc2217.PortManager) -> None:
        with contextlib.suppress(serial.SerialException):
            while data := self.port.read(1):
                self.write(b"".join(manager.escape(data + self.port.read(self.port.in_waiting))))

    def end(self) -> None:
        """The server dies: its kernel resets the connection."""
        for each in (self._listener, self._client):
            if each:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RD)  # wakes who waits for it
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.close()
        self.port.cancel_read()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def rfc2217_server() -> Iterator[Rfc2217Server]:
    """A server that is gone afterwards."""
    server = Rfc2217Server()
    try:
        yield server
    finally:
        server.end()
        server.port.close()
        os.close(server.device)
