"""Which device under test a command means, made ready to run."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from firmware_build import (
    BOARDS,
    BuildError,
    Firmware,
    build_firmware,
    find_interpreter,
    find_workspace,
    firmware_from_file,
    missing_tools,
    read_sample,
)
from rig.building import build_errors
from rig.errors import UsageError
from rig.targets.base import Target
from rig.targets.native_sim import NativeSim
from rig.targets.qemu import MACHINES, Qemu, missing_emulator
from rig.targets.twin import Twin
from rig.twin.defects import Defect

FAST = 20.0
"""Default ratio of device time to the host's, where the device can run faster than real time."""
RUNNABLE = ("native_sim", "native_sim/native/64", "qemu_x86", "mps2/an385", "qemu_cortex_m3")
"""Boards that this machine can run, the best first: the fastest of the real firmware."""


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
    on_line: Callable[[str], None] = field(default=lambda _: None)

    @classmethod
    def of(cls, options: Namespace, on_line: Callable[[str], None]) -> Self:
        """What the options say; `on_line` gets the lines of a build."""
        return cls(
            target=options.target or "auto",
            firmware=options.firmware,
            expect_build=options.expect_build,
            ratio=options.ratio,
            fragments=options.fragment,
            port=options.port,
            defects=options.defect,
            on_line=on_line,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A target ready to start, and why it is this one."""

    target: Target
    why: str


def choose(wish: Wish) -> Choice:
    """The target that was asked for, its image built or taken; with `auto` the best that this machine can run.

    Raises:
        UsageError: what was asked for does not exist or does not go together.
        BenchError: it exists and cannot be made ready here.
    """
    if wish.ratio is not None and not 0 < wish.ratio <= 1000:  # noqa: PLR2004
        raise UsageError(f"--ratio {wish.ratio:g}: device time runs 1 to 100 times as fast as the host's")
    if wish.defects and wish.target != "twin":
        raise UsageError("--defect belongs to --target twin: real firmware brings its own")
    if unknown := set(wish.defects) - set(Defect):
        raise UsageError(f"--defect {min(unknown)}: no such defect; `ocpp-rig twin --list-defects` lists them")
    with build_errors():
        return _choose(wish)


def _choose(wish: Wish) -> Choice:
    if wish.firmware:
        board = None if wish.target in {"auto", "twin"} else wish.target
        firmware = firmware_from_file(wish.firmware, wish.expect_build, board)
        read = "read from the image" if firmware.build else "to be learned from the first boot"
        source = "given with --expect-build" if wish.expect_build else read
        return Choice(_target_of(firmware, wish, source), f"the image {wish.firmware}")
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
    kconfig: dict[str, str | int | bool] = {}
    if wish.port:
        kconfig["CONFIG_NET_SAMPLE_OCPP_PORT"] = wish.port
        if read_sample(find_workspace()).sntp_port_configurable:
            # Its neighbour for SNTP, so that neither port is shared with another run.
            kconfig["CONFIG_NET_SAMPLE_SNTP_SERVER_PORT"] = wish.port + 1
    firmware = build_firmware(board, fragments=tuple(wish.fragments), kconfig=kconfig, on_line=wish.on_line)
    return _target_of(firmware, wish, "the image just built")


def _target_of(firmware: Firmware, wish: Wish, build_source: str) -> Target:
    if firmware.board.startswith("native_sim"):
        return NativeSim(firmware, ratio=wish.ratio or FAST, build_source=build_source)
    if firmware.board in MACHINES:
        if wish.ratio not in {None, 1.0}:
            raise UsageError(f"--ratio {wish.ratio:g}: {firmware.board} runs under QEMU, in real time only")
        return Qemu(firmware, build_source=build_source)
    boards = ", ".join(board.name for board in BOARDS)
    raise UsageError(f"an image for {firmware.board} cannot be run on this machine (known boards: {boards})")
