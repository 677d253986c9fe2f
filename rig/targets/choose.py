"""Which device under test a command means, made ready to run."""

from firmware_build import (
    BOARDS,
    BuildError,
    Firmware,
    find_interpreter,
    find_workspace,
    missing_tools,
    read_sample,
)
from rig.building import build_errors
from rig.errors import UsageError
from rig.targets.base import Target
from rig.targets.firmware import built_firmware, given_firmware
from rig.targets.native_sim import NativeSim
from rig.targets.native_sim_tap import on_tap
from rig.targets.qemu import MACHINES, Qemu, missing_emulator
from rig.targets.twin import Twin
from rig.targets.wish import VIRTUAL, Choice, Wish, asks_for_a_board
from rig.twin.defects import Defect

FAST = 20.0
"""Default ratio of device time to the host's, where the device can run faster than real time."""
RUNNABLE = ("native_sim", "native_sim/native/64", "qemu_x86", "mps2/an385", "qemu_cortex_m3")
"""Boards that this machine can run, the best first: the fastest of the real firmware."""


def choose(wish: Wish) -> Choice:
    """The target that was asked for, its image built or taken; with `auto` the best that this machine can run.

    Raises:
        UsageError: what was asked for does not exist or does not go together.
        BenchError: it exists and cannot be made ready here.
    """
    if wish.ratio is not None and not 0 < wish.ratio <= 1000:  # noqa: PLR2004
        raise UsageError(f"--ratio {wish.ratio:g}: device time runs 1 to 100 times as fast as the host's")
    if wish.defects and wish.target != "twin" and wish.bench != VIRTUAL:
        raise UsageError("--defect belongs to --target twin or --bench virtual: real firmware brings its own")
    if wish.network == "tap" and wish.target != "native_sim":
        raise UsageError("--network tap belongs to --target native_sim: other devices have a network of their own")
    if unknown := set(wish.defects) - set(Defect):
        raise UsageError(f"--defect {min(unknown)}: no such defect; `ocpp-rig twin --list-defects` lists them")
    with build_errors():
        if asks_for_a_board(wish):
            # Only a board needs bench files, flashing and serial ports: a tenth of a second to import.
            from rig.targets.choose_board import choose_board  # noqa: PLC0415

            return choose_board(wish)
        return _choose(wish)


def _choose(wish: Wish) -> Choice:
    if wish.firmware:
        board = None if wish.target in {"auto", "twin"} else wish.target
        return Choice(_target_of(*given_firmware(wish, board), wish), f"the image {wish.firmware}")
    if wish.expect_build:
        raise UsageError("--expect-build names the build of an image given with --firmware")
    if wish.target == "twin":
        return Choice(Twin(ratio=wish.ratio or FAST, defects=wish.defects), "asked for")
    if wish.target == "auto":
        return _best(wish)
    if wish.target not in RUNNABLE:
        known = ", ".join(("auto", "twin", *RUNNABLE))
        raise UsageError(f"--target {wish.target}: not a device that can be run here. Choose one of: {known}")
    return Choice(_built(wish.target, wish), "asked for")


def _best(wish: Wish) -> Choice:
    """The first board that can be built and run, the twin where there is none."""
    try:
        workspace = find_workspace()
        read_sample(workspace)
        find_interpreter(workspace)
    except BuildError as error:
        return Choice(Twin(ratio=wish.ratio or FAST), f"no real firmware at hand: {error.message}")
    lacking = []
    for board in RUNNABLE:
        missing = [each.name for each in (*missing_tools(board), *missing_emulator(board))]
        if not missing:
            return Choice(_built(board, wish), f"Zephyr {workspace.version} in {workspace.topdir} builds it here")
        lacking.append(f"{board} lacks {', '.join(missing)}")
    return Choice(Twin(ratio=wish.ratio or FAST), f"no real firmware can be built: {'; '.join(lacking)}")


def _built(board: str, wish: Wish) -> Target:
    if wish.network == "tap":
        return on_tap(wish, wish.ratio or FAST)
    return _target_of(*built_firmware(wish, board), wish)


def _target_of(firmware: Firmware, build_source: str, wish: Wish) -> Target:
    if firmware.board.startswith("native_sim"):
        return NativeSim(firmware, ratio=wish.ratio or FAST, build_source=build_source)
    if firmware.board in MACHINES:
        if wish.ratio not in {None, 1.0}:
            raise UsageError(f"--ratio {wish.ratio:g}: {firmware.board} runs under QEMU, in real time only")
        return Qemu(firmware, build_source=build_source)
    boards = ", ".join(board.name for board in BOARDS)
    raise UsageError(f"an image for {firmware.board} cannot be run on this machine (known boards: {boards})")
