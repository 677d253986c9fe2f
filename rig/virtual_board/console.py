"""The board's console: a pseudo-terminal, and a TCP port where one is wanted. What nobody reads is lost."""

import asyncio
import contextlib
import os
import random
import select
import socket
import tty

_TCP_BACKLOG_BYTES = 1 << 16


class Console:
    """The virtual COM port of the probe. It outlives every reset of the board; only pulling the cable closes it."""

    def __init__(self, listening: socket.socket | None) -> None:
        self.garbage = False
        self._noise = random.Random()  # noqa: S311 - noise is no secret
        self._master: int | None = None
        self.path: str | None = None
        """The terminal to be opened; None while unplugged."""
        self._listening = listening
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Plug in, and serve the TCP port."""
        self.plug()
        if self._listening:
            self._server = await asyncio.start_server(self._serve, sock=self._listening)

    def plug(self) -> None:
        """A new terminal; raw, for those who do not set it up themselves."""
        if self._master is not None:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        # Not kept open: the kernel then tells when nobody listens.
        os.close(slave)
        os.set_blocking(self._master, False)

    def unplug(self) -> None:
        """Hang up on everybody."""
        for client in self._clients:
            client.transport.abort()
        if self._master is not None:
            os.close(self._master)
        self._master = self.path = None

    async def stop(self) -> None:
        """Close everything."""
        self.unplug()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def write(self, data: bytes) -> None:
        """What the board's UART sends; dropped where nobody listens or is too slow."""
        if self._master is None:
            return
        if self.garbage:
            data = self._noise.randbytes(len(data))
        if self._somebody_listens(self._master):
            with contextlib.suppress(OSError):  # EAGAIN: too slow
                os.write(self._master, data)
        for client in self._clients:
            if client.transport.get_write_buffer_size() < _TCP_BACKLOG_BYTES:
                client.write(data)

    @staticmethod
    def _somebody_listens(master: int) -> bool:
        poll = select.poll()
        poll.register(master, select.POLLIN)
        events = dict(poll.poll(0)).get(master, 0)
        if events & select.POLLIN:  # the board reads nothing; throw it away, or a writer would block
            with contextlib.suppress(OSError):
                os.read(master, 1 << 16)
        return not events & select.POLLHUP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._master is None:
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            while await reader.read(1 << 16):  # the board reads nothing
                pass
        except OSError:
            pass
        finally:
            self._clients.discard(writer)
            writer.transport.abort()
