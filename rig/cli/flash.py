"""`ocpp-rig flash`: have the sample, or an image, on a board's chip, and be sure of it."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware_build import Firmware, build_firmware, firmware_from_file
from firmware_build.flash import DISCO, RUNNERS, Flashed, Progress, flash_firmware, list_probes, reset_board
from rig.bench.bench_file import default_bench, load_bench
from rig.bench.device import FLASH_TIMEOUT_S, find_device
from rig.bench.lock import device_lock
from rig.building import build_errors
from rig.errors import UsageError

CLEAR_LINE = "\r\x1b[K"
DESCRIPTION = """\
Build the sample, or take an image, and flash it. What is on the chip is read first: where it is this image already,
nothing is written. What was written is read back and compared, byte by byte.

The board is that of --device in the bench file; or of --probe; or the only one there is.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to flash, and how."""

    lock: str | None
    probe: str | None
    board: str
    target: str | None
    runner: str
    runner_params: tuple[str, ...]
    budget_s: float


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "flash",
        help="flash a board and read it back",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(call=flash)
    option = command.add_argument
    option(
        "--bench",
        type=Path,
        metavar="FILE",
        help="the bench file (default: $OCPP_RIG_BENCH, ./bench.yaml, ~/.config/ocpp-rig/bench.yaml)",
    )
    option("--device", metavar="ID", help="which board of it")
    option(
        "--probe", metavar="ID", help="a probe by its unique id, without a bench file; remote:HOST:PORT: a pyOCD server"
    )
    option("--board", metavar="BOARD", help=f"Zephyr's name of it (default: the bench file's, else {DISCO})")
    option("--firmware", type=Path, metavar="PATH", help="an image that somebody else built (zephyr.hex, zephyr.elf)")
    option("--target", metavar="NAME", help="pyOCD's name of the chip (default: the best that is installed)")
    option("--runner", choices=RUNNERS, help="who flashes (default: the bench file's, else pyocd)")
    option("--force", action="store_true", help="write even where the image is on the chip already")
    option("--wait", type=float, default=0.0, metavar="S", help="wait up to S seconds for a board that is in use")
    option("--reset", action="store_true", help="reset the board afterwards and let it run")


def flash(arguments: argparse.Namespace) -> int:
    """Build or take the image, flash it, print what was done. Returns the exit code.

    Raises:
        UsageError: the options do not fit together, or the bench file has no such board.
        BenchError: it cannot be built or flashed, or somebody else has the board.
    """
    place = _place(arguments)
    with build_errors():
        firmware = _firmware(arguments.firmware, place.board)  # before the board is anybody's
    lock = device_lock(place.lock, wait_s=arguments.wait, say=_say) if place.lock else contextlib.nullcontext()
    with build_errors(), lock:
        with _shown() as show:
            flashed = flash_firmware(
                firmware,
                probe=place.probe,
                target=place.target,
                runner=place.runner,
                runner_params=place.runner_params,
                budget_s=place.budget_s,
                on_progress=show,
                force=arguments.force,
            )
        if arguments.reset:
            reset_board(probe=flashed.probe, target=place.target)
    _report(firmware, flashed, running=arguments.reset or place.runner != "pyocd")
    return 0


def _place(arguments: argparse.Namespace) -> Place:
    if arguments.probe and (arguments.bench or arguments.device):
        raise UsageError("--probe names a probe without a bench file; leave out --bench and --device")
    bench = None if arguments.probe else default_bench(arguments.bench)
    if bench:
        device = find_device(load_bench(bench), platform=arguments.board, id=arguments.device)
        if device.place:
            raise UsageError(f"{device.id} is labgrid's place {device.place}: ocpp-rig run --place {device.place}")
        return Place(
            lock=device.probe,
            probe=device.probe,
            board=device.platform,
            target=arguments.target or device.target,
            runner=arguments.runner or device.runner,
            runner_params=device.runner_params,
            budget_s=device.flash_timeout_s,
        )
    if arguments.device:
        raise UsageError(f"--device {arguments.device}: there is no bench file; name one with --bench")
    probe = arguments.probe or _only_probe()
    return Place(
        lock=probe,
        probe=probe,
        board=arguments.board or DISCO,
        target=arguments.target,
        runner=arguments.runner or "pyocd",
        runner_params=(),
        budget_s=FLASH_TIMEOUT_S,
    )


def _only_probe() -> str | None:
    """Its id, for the lock: none and several are pyOCD's to tell of."""
    with build_errors():
        probes = list_probes()
    return probes[0].unique_id if len(probes) == 1 else None


def _firmware(path: Path | None, board: str) -> Firmware:
    if path:
        return firmware_from_file(path, board=board)
    return build_firmware(board, on_line=_say)


@contextlib.contextmanager
def _shown() -> "Iterator[ProgressLine]":
    line = ProgressLine()
    try:
        yield line
    finally:
        line.close()


class ProgressLine:
    """Progress on standard error: one line that changes on a terminal, a line for each phase elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._phase = ""

    def __call__(self, progress: Progress) -> None:
        """Show it."""
        if self._terminal:
            print(f"{CLEAR_LINE}{progress.phase:<8} {progress.fraction:4.0%}", end="", file=sys.stderr, flush=True)
        elif progress.phase != self._phase:
            _say(progress.phase)
        self._phase = progress.phase

    def close(self) -> None:
        """Leave nothing of it on the terminal."""
        if self._terminal:
            print(CLEAR_LINE, end="", file=sys.stderr, flush=True)


def _report(firmware: Firmware, flashed: Flashed, *, running: bool) -> None:
    done = "read: it was there already" if flashed.skipped else "written, read back and equal"
    print(f"board      {firmware.board}" + (f" (target {flashed.target})" if flashed.target else ""))
    print(f"image      {firmware.hex}")
    print(f"build      {firmware.build}")
    print(f"probe      {flashed.probe or 'chosen by the runner'}")
    print(f"flash      {flashed.bytes:,} bytes {done}, in {flashed.seconds:.1f} s")
    print(f"sha256     {flashed.sha256}")
    for attempt in flashed.attempts[:-1]:
        print(f"attempt    failed after {attempt.seconds:.1f} s: {attempt.error}")
    print("state      runs" if running else "state      halted before its first instruction; --reset starts it")


def _say(line: object) -> None:
    print(line, file=sys.stderr, flush=True)
