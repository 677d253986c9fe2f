"""A console at the pace of 921,600 baud, through each kind of port: nothing lost, nothing late."""

import asyncio
import contextlib
import hashlib
import os
import random
import socket
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator

import pytest

from rig.errors import BenchError
from rig.targets.serial_console import SerialConsole
from tests.unit.rig.rfc2217_server import rfc2217_server

BAUD = 921_600
PACE = BAUD / 10
"""Bytes a second: a character has a start bit, eight bits and a stop bit."""
TICK_S = 0.01

Say = Callable[[bytes], object]


@contextlib.contextmanager
def pty() -> Iterator[tuple[str, Say]]:
    board, slave = os.openpty()
    tty.setraw(slave)
    try:
        yield os.ttyname(slave), lambda data: os.write(board, data)
    finally:
        os.close(board)
        os.close(slave)


@contextlib.contextmanager
def tcp() -> Iterator[tuple[str, Say]]:
    connected: list[socket.socket] = []

    def say(data: bytes) -> None:
        if not connected:
            connected.append(listener.accept()[0])
            connected[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected[0].sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"socket://127.0.0.1:{listener.getsockname()[1]}", say
    connected[0].close()


@contextlib.contextmanager
def rfc2217() -> Iterator[tuple[str, Say]]:
    with rfc2217_server() as server:
        yield server.url, lambda data: os.write(server.device, data)


class Board:
    """Says `text` at the pace of its speed, and notes when each byte was said."""

    def __init__(self, text: bytes, say: Say) -> None:
        self.said: list[tuple[int, float]] = []
        """Bytes said so far, and when."""
        self._text = text
        self._say = say
        self.thread = threading.Thread(target=self._speak)

    def _speak(self) -> None:
        since, done = time.monotonic(), 0
        while done < len(self._text):
            time.sleep(TICK_S)  # the pace is what is tested
            due = min(len(self._text), int((time.monotonic() - since) * PACE))
            self.said.append((due, time.monotonic()))
            self._say(self._text[done:due])
            done = due

    def latest(self, heard: list[tuple[int, float]]) -> float:
        """The longest time from when a byte was said to when it was heard, in seconds."""
        late, index = 0.0, 0
        for count, at in heard:
            while index < len(self.said) and self.said[index][0] <= count:
                late = max(late, at - self.said[index][1])
                index += 1
        assert index == len(self.said)
        return late


@pytest.mark.parametrize(("port", "size"), [(pty, 1_000_000), (tcp, 250_000), (rfc2217, 250_000)])
def test_a_console_at_921600_baud_is_heard_whole_and_at_once(
    port: Callable[[], contextlib.AbstractContextManager[tuple[str, Say]]],
    size: int,
) -> None:
    text = random.Random(921_600).randbytes(size)

    async def listen(where: str, board: Board) -> tuple[bytes, list[tuple[int, float]], list[BenchError], float]:
        heard, times, lost = bytearray(), list[tuple[int, float]](), list[BenchError]()
        whole = asyncio.Event()

        def deliver(data: bytes) -> None:
            heard.extend(data)
            times.append((len(heard), time.monotonic()))
            if len(heard) >= size:
                whole.set()

        console = SerialConsole(where, BAUD, deliver=deliver, lost=lost.append)
        await console.open()
        cpu = time.process_time()
        board.thread.start()
        try:
            async with asyncio.timeout(60):
                await whole.wait()
        finally:
            await console.close()
            board.thread.join()
        return bytes(heard), times, lost, time.process_time() - cpu

    with port() as (where, say):
        board = Board(text, say)
        heard, times, lost, cpu_s = asyncio.run(listen(where, board))
    assert hashlib.sha256(heard).digest() == hashlib.sha256(text).digest()
    assert lost == []
    took, late = times[-1][1] - times[0][1], board.latest(times)
    assert took == pytest.approx(size / PACE, rel=0.2), "this host did not keep the pace"
    assert late < 0.5
    # Shown by `pytest -rP`.
    sys.stdout.write(f"{where}: {size / took:.0f} B/s in {len(times)} chunks, ")
    sys.stdout.write(f"the latest {late * 1000:.1f} ms after it was said, processor time {cpu_s:.2f} s\n")
