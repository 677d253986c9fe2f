"""The console of a board never waits for anybody."""

import os
import random

from rig.virtual_board.console import Console

NOISE = random.Random(1).randbytes(1 << 20)


def plugged() -> Console:
    console = Console(None)
    console.plug()
    return console


def reader(console: Console) -> int:
    assert console.path
    return os.open(console.path, os.O_RDONLY | os.O_NOCTTY)


def read(fd: int, length: int) -> bytes:
    """Exactly so many bytes: the kernel may hand them over in parts."""
    data = b""
    while len(data) < length:
        data += os.read(fd, length - len(data))
    return data


def test_bytes_arrive_as_they_were_sent() -> None:
    console = plugged()
    fd = reader(console)
    console.write(bytes(range(256)))
    assert read(fd, 256) == bytes(range(256))
    os.close(fd)
    console.unplug()


def test_what_nobody_reads_is_lost() -> None:
    console = plugged()
    console.write(b"too early")
    fd = reader(console)
    console.write(b"in time")
    assert read(fd, 7) == b"in time"
    os.close(fd)
    console.write(b"too late")
    fd = reader(console)
    console.write(b"again")
    assert read(fd, 5) == b"again"
    os.close(fd)
    console.unplug()


def test_slow_reader_loses_bytes_and_holds_up_nobody() -> None:
    console = plugged()
    fd = reader(console)
    console.write(NOISE)  # far more than a terminal buffers, and it returns
    assert read(fd, 4096) == NOISE[:4096]
    os.close(fd)
    console.unplug()


def test_what_is_typed_is_thrown_away() -> None:
    console = plugged()
    assert console.path
    fd = os.open(console.path, os.O_RDWR | os.O_NOCTTY)
    for _ in range(64):
        os.write(fd, NOISE[:4096])  # would block, if it piled up
        console.write(b".")
    assert read(fd, 64) == b"." * 64
    os.close(fd)
    console.unplug()


def test_wrong_baud_rate_is_random_bytes_of_the_same_number() -> None:
    console = plugged()
    console.garbage = True
    fd = reader(console)
    console.write(b"x" * 100)
    garbage = read(fd, 100)
    assert set(garbage) != {ord("x")}
    os.close(fd)
    console.unplug()


def test_unplugged_it_has_no_terminal_and_plugged_again_it_has_one() -> None:
    console = plugged()
    fd = reader(console)
    console.unplug()
    assert console.path is None
    assert os.read(fd, 1) == b""  # hung up
    console.write(b"nobody is there")
    os.close(fd)
    console.plug()
    fd = reader(console)
    console.write(b"back")
    assert read(fd, 4) == b"back"
    os.close(fd)
    console.unplug()
