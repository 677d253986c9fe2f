"""How a board becomes ours for a run: by its lock, or by being made for the run."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from firmware_build import Firmware
from rig.bench.device import Device
from rig.bench.lock import device_lock
from rig.targets.attached import Attach, Attached
from rig.virtual_board.process import virtual_board


def locked(device: Device, *, wait_s: float) -> Attach:
    """A board of the bench file, which nobody else has: its owner is waited for `wait_s` seconds at the most."""

    @contextlib.contextmanager
    def attach(say: Callable[[str], object]) -> Iterator[Attached]:
        with device_lock(device.probe, wait_s=wait_s, say=say):
            yield Attached(device)

    return attach


def virtual(firmware: Firmware, ratio: float, defects: Sequence[str]) -> Attach:
    """A virtual board of this run's own, its chip blank, that plays the twin at `ratio` once `firmware` is on it."""

    @contextlib.contextmanager
    def attach(say: Callable[[str], object]) -> Iterator[Attached]:
        with virtual_board(ratio=ratio, images=[firmware.folder], defects=defects) as board:
            say(f"virtual board {board.id}: console {board.console}")
            yield Attached(board.device)

    return attach
