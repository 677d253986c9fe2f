"""The board as a whole: the chip, its probe's connection, its console, the program that it runs."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rig.errors import BenchError
from rig.virtual_board.application import KnownImages, RunningTwin
from rig.virtual_board.chip import Chip
from rig.virtual_board.console import Console
from rig.virtual_board.core import Application
from rig.virtual_board.debug_port import DebugPort
from rig.virtual_board.faults import Fault
from rig.virtual_board.variant import FLASH_BASE, STM32F746, STM32F769

VOLTS = 3.25
"""As an ST-LINK measures it on the real board."""


class Board:
    """Lives on the event loop; `settle` after every access brings what is around the chip in line with it."""

    def __init__(
        self, *, serial: str, console: Console, images: KnownImages, ratio: float, defects: Sequence[str],
        flash_file: Path | None,
    ) -> None:  # fmt: skip
        self.chip = Chip(serial)
        self.port = DebugPort(self.chip)
        self.console = console
        self.plugged = True
        self.unplugged: Callable[[], None] = lambda: None
        """Told when the cable is pulled: the debugger's connection ends."""
        self._images, self._ratio, self._defects = images, ratio, tuple(defects)
        self._flash_file = flash_file
        self._twin: RunningTwin | None = None
        self._twin_state = Application.OFF
        self._resets = 0
        self._turning = False
        self._supplied = True
        self.chip.flash.load(_stored(flash_file))
        self.power_cycle()

    @property
    def volts(self) -> float:
        """The chip's supply."""
        return VOLTS if self.chip.powered else 0.0

    def save(self) -> None:
        """Keep the flash for the next start, whole or not at all."""
        if self._flash_file and self.chip.flash.changed:
            draft = self._flash_file.with_name(f"{self._flash_file.name}.{os.getpid()}.new")
            try:
                draft.write_bytes(self.chip.flash.content())
                draft.replace(self._flash_file)
            finally:
                draft.unlink(missing_ok=True)
            self.chip.flash.changed = False

    def stop(self) -> None:
        """Power off for good."""
        self._end_twin()
        self.save()

    def settle(self) -> None:
        """Run code in RAM in turns with everything else; start, pause or end the program in flash."""
        core = self.chip.core
        if self.chip.flash.supply is not None and self.chip.flash.supply <= 0:
            self.unplug()
        if core.resets != self._resets:
            self._resets = core.resets
            self._end_twin()
        if core.application is not self._twin_state:
            self._follow(core.application)
        if core.executing and not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._turning = False
        self.chip.core.run()
        self.settle()

    def _follow(self, state: Application) -> None:
        before, self._twin_state = self._twin_state, state
        if before is Application.OFF:
            self._start_twin()
        if self._twin and state is Application.PAUSED:
            self._twin.pause()
        elif self._twin and state is Application.RUNNING and before is Application.PAUSED:
            self._twin.resume()
        elif state is Application.OFF:
            self._end_twin()

    def _start_twin(self) -> None:
        content = self.chip.flash.read(FLASH_BASE, self.chip.variant.flash)
        if firmware := self._images.recognise(content, FLASH_BASE):
            self._twin = RunningTwin(firmware, ratio=self._ratio, defects=self._defects)
            asyncio.get_running_loop().add_reader(self._twin.output, self._pump)

    def _pump(self) -> None:
        if self._twin:
            with contextlib.suppress(BlockingIOError):
                if data := os.read(self._twin.output, 1 << 16):
                    self.console.write(data)
                else:  # it crashed
                    asyncio.get_running_loop().remove_reader(self._twin.output)

    def _end_twin(self) -> None:
        self._twin_state = Application.OFF
        if self._twin:
            asyncio.get_running_loop().remove_reader(self._twin.output)
            self._twin.kill()
        self._twin = None

    # ---- what happens to it

    def set_reset(self, asserted: bool) -> None:
        """The reset line."""
        if not self.chip.powered:
            return
        if asserted:
            self.chip.core.hold()
        elif self.chip.core.in_reset:
            self.chip.core.reset()

    def unplug(self) -> None:
        """Pull the USB cable: probe, console and supply are gone."""
        self.plugged = False
        self.chip.flash.supply = None
        self.power_cycle()
        self.console.unplug()
        self.unplugged()

    def plug(self) -> None:
        """Put the cable back in."""
        self.plugged = True
        self.console.plug()
        self.power_cycle()

    def power_cycle(self) -> None:
        """Switch the supply off, and on again where there is one."""
        self.chip.power_off()
        self.port.power_on()
        if self.plugged and self._supplied:
            self.chip.power_on()

    def suffer(self, fault: Fault, *, on: bool) -> None:
        """From now on this is wrong with it, or no more."""
        match fault.name:
            case "bad-cell":
                self.chip.flash.bad = self.chip.flash.bad | {fault.value} if on else set()
            case "locked":
                self.chip.protected = on
            case "wrong-chip":
                self.chip.variant = STM32F746 if on else STM32F769
                self.power_cycle()
            case "no-power":
                self._supplied = not on
                self.power_cycle()
            case "transient":
                self.port.failing_connects = fault.value if on else 0
            case "unplug-after":
                self.chip.flash.supply = fault.value if on else None
            case "unplug":
                (self.unplug if on else self.plug)()
            case "garbage":
                self.console.garbage = on


def _stored(flash_file: Path | None) -> bytes:
    if flash_file and not os.access(flash_file.absolute().parent, os.W_OK):
        raise BenchError(f"cannot write into {flash_file.absolute().parent}", "give --flash a file in another folder")
    try:
        return flash_file.read_bytes() if flash_file else b""
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BenchError(f"cannot read {flash_file}: {error.strerror}", "give --flash another file") from error
