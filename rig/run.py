"""One run: open the journal, host the servers, start the device, let a scenario act, and leave nothing behind."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from central_system.clock import WorldClock
from central_system.registry.rules import Rules
from central_system.server import CentralSystem
from central_system.session import Session
from rig.checks.documented import ANSWER_LIMIT_S
from rig.device_log import DeviceLog
from rig.errors import BenchError
from rig.hosting import description, servers
from rig.interrupt import interruptible, to_its_end
from rig.journal.codec import Entry
from rig.journal.events import Awaited, Missed, RunEnded
from rig.journal.journal import DeviceLostError, Journal, Match, NotSeenError
from rig.lateness import watched
from rig.lost import Bench
from rig.targets.base import Endpoints, Sink, Target

CLOCK_OFFSET_S = 100_000.0
"""How far ahead of the host's time the charge point is told to be, seconds: proves where its clock comes from."""
GRACE_S = 2.0
"""Wall seconds added to every budget in device time, for processes to start and a busy host to catch up."""

JOURNAL, CONSOLE = "journal.jsonl", "console.log"


class Run:
    """What a scenario works with: the journal to wait on, the central system to speak through, the device."""

    def __init__(self, journal: Journal, target: Target, central_system: CentralSystem) -> None:
        self.journal = journal
        self.target = target
        self.central_system = central_system

    @property
    def charge_point(self) -> Session | None:
        """The charge point's present connection, None where it has none."""
        identity = self.target.facts.endpoints.path.rsplit("/", 1)[-1]
        return self.central_system.charge_points.get(identity)

    def wall_s(self, device_s: float) -> float:
        """A budget in device seconds as wall seconds, with grace."""
        return device_s / self.target.facts.ratio + GRACE_S

    async def must_see(self, description: str, match: Match, *, device_s: float, after: int = 0) -> Entry:
        """Wait for what no run can do without.

        Raises:
            NotSeenError: it did not come within `device_s` device seconds.
        """
        self.journal.record(Awaited(description, device_s))
        return await self.journal.wait_for(description, match, within_s=self.wall_s(device_s), after=after)

    async def see(self, description: str, match: Match, *, device_s: float, after: int = 0) -> Entry | None:
        """Wait for a step that the checks will judge; where it does not come in time, note that and go on.

        Raises:
            DeviceLostError: the device ended, so nothing more can come.
        """
        try:
            return await self.must_see(description, match, device_s=device_s, after=after)
        except DeviceLostError:
            raise
        except NotSeenError:
            self.journal.record(Missed(description, device_s))
            return None

    async def let_pass(self, device_s: float) -> None:
        """Let device time go by where no event tells that the device is ready, while watching that it lives.

        Raises:
            DeviceLostError: it ended meanwhile.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(device_s / self.target.facts.ratio):
                await self.journal.wait_for("the end of the pause", lambda _: False, within_s=float("inf"))


Scenario = Callable[[Run], Awaitable[None]]


def record(
    target: Target, folder: Path, scenario: Scenario, *, listeners: tuple[Callable[[Entry], None], ...] = ()
) -> Path:
    """Run `scenario` on `target` and record it; returns the journal's path. See `recorded`.

    Raises:
        BenchError: the bench broke; the journal says so too.
        KeyboardInterrupt: SIGINT or SIGTERM came; the journal says so too.
    """
    return asyncio.run(interruptible(recorded(target, folder, scenario, listeners=listeners)))


async def recorded(
    target: Target, folder: Path, scenario: Scenario, *, listeners: tuple[Callable[[Entry], None], ...] = ()
) -> Path:
    """Run `scenario` on `target` and record it; returns the journal's path.

    However the run ends, the device is ended, ports are closed, and the journal's last line says what happened.

    Raises:
        BenchError: the bench broke.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  (once, before anything is timed)
    with Journal(folder / JOURNAL) as journal:
        for listener in listeners:
            journal.listen(listener)
        end = RunEnded("the rig failed; see its traceback")
        try:
            await _record(journal, target, folder, scenario)
            end = RunEnded()
        except asyncio.CancelledError:
            end = RunEnded("interrupted")
            raise
        except BenchError as error:
            end = RunEnded(error.message, error.cure or None)
            raise
        finally:
            journal.record(end)
    return journal.path


async def _record(journal: Journal, target: Target, folder: Path, scenario: Scenario) -> None:
    wanted = target.facts.endpoints
    clock = WorldClock(time.time() + CLOCK_OFFSET_S, target.facts.ratio)
    rules = Rules()

    def describe(endpoints: Endpoints) -> None:
        journal.record(description(target, endpoints, clock, rules, journal.now))

    if not wanted.free:
        describe(wanted)
    for name, text in target.configuration().items():
        (folder / name).write_text(text, encoding="utf-8")
    bench = Bench()
    with DeviceLog(journal, folder / CONSOLE, outlives_runs=target.outlives_runs) as log:
        sink = Sink(log.console, log.noise, log.exited, log.changed, log.forget, journal.record, bench.lost)
        async with bench, _stopped(target):
            # A board that still runs what it ran before would find the servers, were they there already.
            await target.prepare(sink)
            async with servers(wanted, clock, rules, observe=log.wire) as (central_system, endpoints), _stopped(target):
                if wanted.free:
                    describe(endpoints)
                log.pid = await target.start(folder, endpoints, sink)
                await _live(Run(journal, target, central_system), log, scenario)


async def _live(run: Run, log: DeviceLog, scenario: Scenario) -> None:
    """From the device's start to what the scenario takes for its end."""
    log.changed("started")
    try:
        async with watched(run.journal, log.pid, ANSWER_LIMIT_S / run.target.facts.ratio):
            with contextlib.suppress(DeviceLostError):
                # A device that ends by itself is a finding, and the checks' to judge.
                await scenario(run)
    finally:
        log.changed("stopped")


@contextlib.asynccontextmanager
async def _stopped(target: Target) -> AsyncIterator[None]:
    """Device first, servers after it: a console that complains of a lost connection would be our doing."""
    try:
        yield
    finally:
        await to_its_end(target.stop())
