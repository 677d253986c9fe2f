"""A board on the bench: flash it, open its console, reset it, and listen."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, TypeVar

from firmware_build import Firmware
from firmware_build.flash import Attempt, Flashed, FlashError, FlashJob, Progress, ResetJob
from rig.bench.device import Device
from rig.bench.power import power_cycle, run_command
from rig.building import build_errors
from rig.errors import BenchError
from rig.journal.events import Awaited, FlashAttempt
from rig.network.dhcp import dhcp_server
from rig.targets.attached import Attach, Attached
from rig.targets.base import DeviceFacts, Endpoints, Sink, Target
from rig.targets.image import configuration_of
from rig.targets.serial_console import SerialConsole
from rig.virtual_board import is_virtual

RESET_S = 15.0
T_co = TypeVar("T_co", covariant=True)


class Job(Protocol[T_co]):
    """What `firmware_build.flash` does with a chip."""

    def run(self) -> T_co:
        """Do it, blocking."""

    def cancel(self) -> None:
        """End it, from another thread."""


class Board(Target):
    """A device that `attach` gives, with `firmware` on its chip.

    The order matters: the console is open before the reset, so that nothing of the boot is missed; what it said before
    the reset is another image's, and forgotten.
    """

    outlives_runs = True

    def __init__(self, firmware: Firmware, attach: Attach, facts: DeviceFacts) -> None:
        self.facts = facts
        self._firmware = firmware
        self._attach = attach
        self._attached: Attached | None = None
        self._console: SerialConsole | None = None
        self._switching = False
        self._stack = AsyncExitStack()

    @contextlib.contextmanager
    def reserved(self, say: Callable[[str], object]) -> Iterator[None]:
        """See `Target.reserved`."""
        with self._attach(say) as attached:
            self._attached = attached
            yield
        self._attached = None

    async def prepare(self, sink: Sink) -> None:
        """Open the console, and have the image on the chip, which is left halted. See `Target.prepare`."""
        attached = self._reserved()
        await self._stack.enter_async_context(attached.watched(sink.lost))
        self._console = await self._open(attached.device, sink)
        with build_errors():
            await self._flash(attached.device, sink)

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> None:
        """Reset, and listen. See `Target.start`."""
        del folder, endpoints  # its addresses are built into the image
        device, console = self._reserved().device, self._console
        if not console:
            raise BenchError("the board was not made ready", "report this as a bug")
        if device.network.dhcp:
            await self._stack.enter_async_context(dhcp_server(device.network, sink.noise, sink.lost))
        _forget(console, sink)
        with build_errors():
            match device.reset:
                case "probe":
                    await _reset(device, sink)
                case "power":
                    sink.changed("reset")
                    await self._power_up(device, console, sink)
                case command:
                    sink.changed("reset")
                    await run_command(command, "reset", RESET_S)

    def _reserved(self) -> Attached:
        if not self._attached:
            raise BenchError("the board is nobody's: it was not reserved", "report this as a bug")
        return self._attached

    async def stop(self) -> None:
        """Close the console, end what was started for the board; it goes on by itself. See `Target.stop`."""
        await self._stack.aclose()

    async def _flash(self, device: Device, sink: Sink) -> None:
        phases: set[str] = set()
        loop = asyncio.get_running_loop()

        def progress(now: Progress) -> None:
            if now.phase not in phases:
                phases.add(now.phase)
                awaited = Awaited(f"flash: {now.phase}", device.flash_timeout_s)
                loop.call_soon_threadsafe(sink.record, awaited)

        job = FlashJob(
            self._firmware,
            probe=device.probe,
            target=device.target,
            runner=device.runner,
            runner_params=device.runner_params,
            budget_s=device.flash_timeout_s,
            on_progress=progress,
        )
        try:
            flashed = await _in_thread(job)
        except FlashError as error:
            for number, attempt in enumerate(error.attempts, start=1):
                sink.record(_failed(number, attempt))
            raise
        for number, attempt in enumerate(flashed.attempts[:-1], start=1):
            sink.record(_failed(number, attempt))
        sink.record(_done(flashed))
        if flashed.product and is_virtual(flashed.product) and self.facts.target != "virtual_board":
            raise BenchError(
                f"{device.id} is a virtual board, and the bench file does not say so: it must not pass for firmware",
                f'write `product: "{flashed.product}"` into its entry',
            )

    async def _power_up(self, device: Device, console: SerialConsole, sink: Sink) -> None:
        """Reset by the supply. A console that goes with it misses the boot: that is then done again by the probe."""
        self._switching = True
        try:
            gone = await power_cycle(device)
        finally:
            self._switching = False
        if gone:
            await console.close()
            _forget(await self._open(device, sink), sink)
            await _reset(device, sink)

    async def _open(self, device: Device, sink: Sink) -> SerialConsole:
        if not device.serial:
            raise BenchError(f"{device.id} has no console", "give its entry in the bench file a `serial`")

        def lost(error: BenchError) -> None:
            if not self._switching:
                sink.lost(error)

        console = SerialConsole(device.serial, device.baud, deliver=sink.console, lost=lost)
        self._stack.push_async_callback(console.close)
        await console.open()
        return console

    def configuration(self) -> dict[str, str]:
        """The image's Kconfig."""
        return configuration_of(self._firmware)


def _forget(console: SerialConsole, sink: Sink) -> None:
    """What came until now is not of the boot that follows."""
    console.discard()
    sink.forget()


async def _reset(device: Device, sink: Sink) -> None:
    """Reset through the probe; the connect before it, under reset, has ended whatever ran."""
    loop = asyncio.get_running_loop()

    def progress(now: Progress) -> None:
        if now == Progress("reset", 0.0):
            loop.call_soon_threadsafe(sink.changed, "reset")

    await _in_thread(ResetJob(probe=device.probe, target=device.target, on_progress=progress))


async def _in_thread(job: Job[T_co]) -> T_co:
    """Run a job that blocks; a cancellation ends it at once."""
    running = asyncio.ensure_future(asyncio.to_thread(job.run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        job.cancel()
        await asyncio.wait([running])  # what it still tells must find the journal open
        running.exception()  # that it was cancelled
        raise


def _failed(number: int, attempt: Attempt) -> FlashAttempt:
    return FlashAttempt(number, "failed", attempt.seconds, problem=attempt.error)


def _done(flashed: Flashed) -> FlashAttempt:
    return FlashAttempt(
        attempt=len(flashed.attempts),
        outcome="identical" if flashed.skipped else "verified",
        seconds=flashed.attempts[-1].seconds,
        probe=flashed.probe,
        chip=flashed.target,
        size=flashed.bytes,
        sha256=flashed.sha256,
    )
