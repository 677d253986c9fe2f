"""What the user asked for, and what it came to."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from firmware_build import BOARDS
from rig.errors import UsageError
from rig.farm.tags import Asked
from rig.targets.base import Target

NETWORKS = ("host", "tap")
"""Whose IP stack native_sim uses: the host's sockets, or Zephyr's own on a TAP interface."""


VIRTUAL = "virtual"
"""The bench that is one virtual board, made for the run."""
FLASHED = tuple(board.name for board in BOARDS if board.image.endswith(".hex"))
"""The boards whose chip is flashed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; the options of `ocpp-rig run` and of `pytest --target`."""

    target: str = "auto"
    firmware: Path | None = None
    expect_build: str | None = None
    ratio: float | None = None
    fragments: Sequence[str] = ()
    port: int | None = None
    defects: Sequence[str] = ()
    network: str = "host"
    bench: str | None = None
    device: str | None = None
    place: str | None = None
    token: str | None = None
    """Of the reservation that holds the place."""
    wait_s: float = 0.0
    on_line: Callable[[str], None] = field(default=lambda _: None)

    @classmethod
    def all_of(cls, options: Namespace, on_line: Callable[[str], None]) -> list[Self]:
        """What the options say, a wish for each `--device` and `--place`; `on_line` gets the lines of a build.

        A place that is named by its tags is reserved here, and `options.place` then names it as it is reserved, for
        whoever is given the same options.

        Raises:
            UsageError: both are given, or a place in no form that there is.
            BenchError: no place with these tags is to be had.
        """
        if options.device and options.place:
            raise UsageError("name boards either by --device or by --place: a place is a board that labgrid hands out")
        wish = cls(
            target=options.target or "auto",
            firmware=options.firmware,
            expect_build=options.expect_build,
            ratio=options.ratio,
            fragments=options.fragment,
            port=options.port,
            defects=options.defect,
            network=options.network,
            bench=options.bench,
            wait_s=options.wait,
            on_line=on_line,
        )
        devices = [replace(wish, device=each) for each in options.device]
        asked = [Asked.of(each).settled(wait_s=options.wait, say=on_line) for each in options.place]
        options.place = [str(each) for each in asked]
        places = [replace(wish, place=each.place, token=each.token) for each in asked]
        return devices or places or [wish]


@dataclass(frozen=True, slots=True)
class Choice:
    """A target ready to start, and why it is this one."""

    target: Target
    why: str


def asks_for_a_board(wish: Wish) -> bool:
    """Whether the device meant is a board on a bench, real or virtual."""
    return bool(wish.bench or wish.device or wish.place) or wish.target in FLASHED
