"""Flash a board, reset it, and see which probes are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_build.flash.budget import Budget, Stopwatch
from firmware_build.flash.child import ask
from firmware_build.flash.chips import find_chip
from firmware_build.flash.errors import Attempt, FlashError
from firmware_build.flash.facts import Flashed, OnProgress, Probe, Progress
from firmware_build.flash.image import read_image
from firmware_build.flash.runner import west_flash

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from firmware_build.firmware import Firmware

RESET_S = 15.0
LIST_S = 20.0


def ignore(progress: Progress) -> None:
    """Take no notice of progress."""


class FlashJob:
    """Have a firmware on a board's chip. `run` it once, in any thread; `cancel` it from any other.

    Args:
        firmware: What to flash; its HEX file is.
        probe: Unique id of the probe, ``remote:host:port`` for a pyOCD server; None where there is but one.
        target: pyOCD's name of the chip; None for the best that is installed.
        runner: Who flashes: ``pyocd``, ``openocd`` or ``stm32cubeprogrammer``.
        runner_params: Further arguments of ``west flash``, for the runners other than pyocd.
        budget_s: Wall seconds for everything, attempts included.
        on_progress: Gets each step, in the thread of `run`. What it raises ends the job.
        force: Write even where the image is on the chip already.
    """

    def __init__(
        self,
        firmware: Firmware,
        *,
        probe: str | None = None,
        target: str | None = None,
        runner: str = "pyocd",
        runner_params: Sequence[str] = (),
        budget_s: float = 120.0,
        on_progress: OnProgress = ignore,
        force: bool = False,
    ) -> None:
        self._firmware = firmware
        self._probe = probe
        self._target = target
        self._runner = runner
        self._runner_params = runner_params
        self._force = force
        self._budget = Budget(budget_s, on_progress, writes=True)

    def cancel(self) -> None:
        """End it at once; `run` then raises FlashCancelled. It is safe: the next job reads what is on the chip."""
        self._budget.cancel()

    def run(self) -> Flashed:
        """See what is on the chip; where it is not the image: erase, write, and read every byte of it back.

        The chip is left after a reset and before its first instruction, and halted, so that nothing of the firmware
        happens before somebody listens: `reset_board` lets it run. A runner other than pyOCD lets it run at once.

        Raises:
            FlashError: The chip does not hold the image; the subclass says why.
            ImageRefused: The firmware has no usable HEX file.
            UnknownBoard: The firmware's board cannot be flashed.
            BuildError: The runner is not pyOCD, and there is no workspace to run west in.
        """
        chip = find_chip(self._firmware.board)
        image = read_image(self._firmware.hex, chip)
        if self._runner != "pyocd":
            seconds = self._west()
            return Flashed(
                skipped=False,
                bytes=image.size,
                sha256=image.sha256,
                seconds=seconds,
                attempts=(Attempt(seconds),),
                target=None,
                probe=self._probe,
                product=None,
            )
        order = {
            "do": "flash",
            "board": self._firmware.board,
            "image": str(self._firmware.hex),
            "probe": self._probe,
            "target": self._target,
            "force": self._force,
        }
        watch = Stopwatch()
        answer = ask(order, self._budget)
        return Flashed(**answer.content, seconds=watch.seconds, attempts=answer.attempts)

    def _west(self) -> float:
        watch = Stopwatch()
        try:
            with self._budget.started():
                west_flash(
                    self._firmware,
                    self._runner,
                    probe=self._probe,
                    parameters=self._runner_params,
                    budget=self._budget,
                )
        except FlashError as error:
            error.attempts = (Attempt(watch.seconds, error.message),)
            raise
        return watch.seconds


def flash_firmware(
    firmware: Firmware,
    *,
    probe: str | None,
    target: str | None = None,
    runner: str = "pyocd",
    runner_params: Sequence[str] = (),
    budget_s: float = 120.0,
    on_progress: OnProgress = ignore,
    force: bool = False,
) -> Flashed:
    """Have a firmware on a board's chip; arguments, result and errors are those of `FlashJob` and its `run`."""
    return FlashJob(
        firmware,
        probe=probe,
        target=target,
        runner=runner,
        runner_params=runner_params,
        budget_s=budget_s,
        on_progress=on_progress,
        force=force,
    ).run()


class ResetJob:
    """Reset a board. `run` it once, in any thread; `cancel` it from any other.

    The arguments are those of `FlashJob`. What ran on the chip has ended when the phase ``reset`` begins.
    """

    def __init__(
        self,
        *,
        probe: str | None,
        target: str | None = None,
        budget_s: float = RESET_S,
        on_progress: OnProgress = ignore,
    ) -> None:
        self._order = {"do": "reset", "probe": probe, "target": target}
        self._budget = Budget(budget_s, on_progress)

    def cancel(self) -> None:
        """End it at once; `run` then raises FlashCancelled."""
        self._budget.cancel()

    def run(self) -> None:
        """Pull the reset line, and let the core run what is on the chip.

        Raises:
            FlashError: It could not be reset.
        """
        ask(self._order, self._budget)


def reset_board(*, probe: str | None, target: str | None = None, budget_s: float = RESET_S) -> None:
    """Reset a board and let it run; see `ResetJob`."""
    ResetJob(probe=probe, target=target, budget_s=budget_s).run()


def list_probes(leave: Collection[str] = (), budget_s: float = LIST_S) -> list[Probe]:
    """The debug probes that are plugged in, by description and unique id. No target is touched.

    Args:
        leave: Unique ids of those that are not to be opened, for somebody uses them; less is told of them.
        budget_s: Wall seconds.

    Raises:
        FlashError: PyOCD cannot be asked.
    """
    answer = ask({"do": "list", "leave": [*leave]}, Budget(budget_s, ignore))
    return [Probe(**probe) for probe in answer.content["probes"]]
