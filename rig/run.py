"""One run: open the journal, host the servers, start the device, let a scenario act, and leave nothing behind."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from central_system.clock import WorldClock
from central_system.ports import PortUnavailableError
from central_system.server import CentralSystem
from central_system.session import Rules, Session
from central_system.sntp import SntpResponder
from rig.checks.documented import ANSWER_LIMIT_S
from rig.console.reader import ConsoleReader
from rig.errors import BenchError
from rig.journal.codec import Entry
from rig.journal.events import SCHEMA, Awaited, DeviceChange, DeviceEvent, Missed, Noise, RunEnded, RunStarted
from rig.journal.journal import DeviceLostError, Journal, Match, NotSeenError
from rig.lateness import watched
from rig.targets.base import Endpoints, Sink, Target

HOST = "127.0.0.1"
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
    return asyncio.run(_interruptible(recorded(target, folder, scenario, listeners=listeners)))


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


async def _interruptible(work: Awaitable[Path]) -> Path:
    """Turn SIGTERM into what Ctrl-C is, so that both unwind everything."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        task.cancel()

    with _signal_handlers(loop, interrupt):
        try:
            return await task
        except asyncio.CancelledError:
            if interrupted:
                raise KeyboardInterrupt from None
            raise


@contextlib.contextmanager
def _signal_handlers(loop: asyncio.AbstractEventLoop, handler: Callable[[], None]) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


async def _record(journal: Journal, target: Target, folder: Path, scenario: Scenario) -> None:
    facts = target.facts
    clock = WorldClock(time.time() + CLOCK_OFFSET_S, facts.ratio)
    rules = Rules()
    try:
        async with _servers(journal, facts.endpoints, clock, rules) as (central_system, endpoints):
            _describe(journal, target, endpoints, clock, rules)
            for name, text in target.configuration().items():
                (folder / name).write_text(text, encoding="utf-8")
            await _run_device(Run(journal, target, central_system), folder, endpoints, scenario)
    except PortUnavailableError as error:
        _describe(journal, target, facts.endpoints, clock, rules)
        raise BenchError(error.problem, error.cure) from error


@contextlib.asynccontextmanager
async def _servers(
    journal: Journal, wanted: Endpoints, clock: WorldClock, rules: Rules
) -> AsyncIterator[tuple[CentralSystem, Endpoints]]:
    # One within the other: where the second cannot have its port, the first gives its own back.
    async with SntpResponder(HOST, wanted.sntp_port, now=clock.now, observe=journal.record) as sntp:
        server = CentralSystem(HOST, wanted.ocpp_port, clock=clock, observe=journal.record, rules=rules)
        async with server as central_system:
            yield central_system, wanted.bound(central_system.port, sntp.port)


def _describe(journal: Journal, target: Target, endpoints: Endpoints, clock: WorldClock, rules: Rules) -> None:
    facts = target.facts
    now = journal.now
    journal.record(
        RunStarted(
            rig_version=version("zephyr-ocpp-rig"),
            schema=SCHEMA,
            target=facts.target,
            board=facts.board,
            ratio=facts.ratio,
            clock_error=facts.clock_error,
            has_dhcp=facts.has_dhcp,
            host_epoch_s=time.time() - now,
            world_epoch_s=clock.now() - now * facts.ratio,
            build=facts.build,
            build_source=facts.build_source,
            firmware_version=facts.firmware_version,
            heartbeat_interval_s=rules.heartbeat_interval_s,
            server_address=endpoints.address,
            server_port=endpoints.ocpp_port,
            path=endpoints.path,
            sntp_port=endpoints.sntp_port,
            facts=facts.facts,
        )
    )


async def _run_device(run: Run, folder: Path, endpoints: Endpoints, scenario: Scenario) -> None:
    journal, target = run.journal, run.target
    reader = ConsoleReader()
    pid: int | None = None
    with (folder / CONSOLE).open("ab", buffering=0) as raw:

        def console(data: bytes) -> None:
            raw.write(data)
            for line in reader.feed(data):
                journal.record(line)

        def exited(code: int) -> None:
            journal.record(DeviceEvent("exited", pid, code))

        def noise(text: str) -> None:
            journal.record(Noise(text))

        def changed(what: DeviceChange) -> None:
            journal.record(DeviceEvent(what, pid))

        sink = Sink(console, noise, exited, changed)
        try:
            pid = await target.start(folder, endpoints, sink)
            journal.record(DeviceEvent("started", pid))
            async with watched(journal, pid, ANSWER_LIMIT_S / target.facts.ratio):
                with contextlib.suppress(DeviceLostError):
                    # A device that ends by itself is a finding, and the checks' to judge.
                    await scenario(run)
        finally:
            if pid is not None:
                journal.record(DeviceEvent("stopped", pid))
            # Device first, servers after it: a console that complains of a lost connection would be our doing.
            await asyncio.shield(target.stop())
            for line in reader.close():
                journal.record(line)
