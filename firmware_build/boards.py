"""The boards that the sample is built for, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware_build.errors import UnknownBoard

Architecture = Literal["posix", "x86", "arm"]


@dataclass(frozen=True, slots=True)
class Board:
    """One board, by its Zephyr name.

    Attributes:
        name: What ``west build -b`` takes.
        target: Zephyr's full name for it, ``CONFIG_BOARD_TARGET`` in the configuration of a finished build.
        architecture: Which family of compilers builds it.
        bits: Width of a pointer, 32 or 64.
        image: The file under ``build/zephyr/`` that is run, or flashed.
        fragments: Kconfig fragments (by name) without which the sample cannot reach the rig.
    """

    name: str
    target: str
    architecture: Architecture
    bits: Literal[32, 64]
    image: str
    fragments: tuple[str, ...]


_HOST_SOCKETS = ("offloaded-sockets", "addresses-loopback")
_QEMU_USER = ("qemu-user-networking", "addresses-qemu-user")

BOARDS: tuple[Board, ...] = (
    Board("native_sim", "native_sim/native", "posix", 32, "zephyr.exe", _HOST_SOCKETS),
    Board("native_sim/native/64", "native_sim/native/64", "posix", 64, "zephyr.exe", _HOST_SOCKETS),
    Board("qemu_x86", "qemu_x86/atom", "x86", 32, "zephyr.elf", ("e1000", "larger-heap", *_QEMU_USER)),
    Board("mps2/an385", "mps2/an385", "arm", 32, "zephyr.elf", ("lan9118", "larger-heap", *_QEMU_USER)),
    Board(
        "qemu_cortex_m3",
        "qemu_cortex_m3/ti_lm3s6965",
        "arm",
        32,
        "zephyr.elf",
        ("stellaris-ethernet", "small-memory", *_QEMU_USER),
    ),
    Board("stm32f769i_disco", "stm32f769i_disco/stm32f769xx", "arm", 32, "zephyr.hex", ("larger-heap",)),
)


def find_board(name: str) -> Board:
    """The board of this name.

    Args:
        name: Zephyr's short or full name of it.

    Raises:
        UnknownBoard: No board in `BOARDS` is called so.
    """
    for board in BOARDS:
        if name in (board.name, board.target):
            return board
    known = ", ".join(board.name for board in BOARDS)
    raise UnknownBoard(f"board {name!r} is not known here", cure=f"choose one of: {known}")
