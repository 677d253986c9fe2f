"""2,000 charge points on `ocpp-rig serve` with its storage and its page: how long answers take, and what it costs.

    python -m benchmarks.load [--charge-points 2000] [--rate 1000] [--seconds 30]
    npm install --prefix benchmarks/peers               # for a comparison with npm's ocpp-rpc, on Node

Charge points boot, charge, meter and rest (benchmarks/life.py); each message has its time and is sent then, whether or
not the server keeps up (benchmarks/open_loop.py). Somebody looks at the page all the while. Then the same server, one
without storage and page, the bare libraries and another's server answer as fast as they can, in turn, in one run
(benchmarks/side_by_side.py). Both sides share this machine's processors.

The load's own lateness is in the latency from the due time, and told beside it: how much later than due a message left
for a charge point that was free, and how late the load's event loop was at each of its ticks; as much later than it
came may an answer have been seen.
"""

import argparse
import asyncio
import gc
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from benchmarks.charge_points import ChargePoint, all_connected
from benchmarks.open_loop import Measured, open_loop
from benchmarks.page import Page, looked_at
from benchmarks.serving import Served, host_cpu_s, ocpp_rig, serving
from benchmarks.side_by_side import compare

TARGET_MS = 50.0
LOOKING_S = 0.25
PATIENCE_S = 20.0
FACTS = ("BootNotification", "StatusNotification", "StartTransaction", "MeterValues", "StopTransaction")
"""What is kept in the database; the rest is only answered."""


@dataclass
class Lag:
    """How far the database is behind what was acknowledged."""

    engine: Engine
    before: int = 0
    facts: list[int] = field(default_factory=list)

    def applied(self) -> int:
        """How many facts the database has."""
        with self.engine.connect() as connection:
            return int(connection.execute(text("SELECT coalesce(sum(sequence), 0) FROM applied")).scalar_one())

    async def watch(self, measured: Measured) -> None:
        """Note it now and then, until cancelled."""
        while True:
            acknowledged = sum(measured.acknowledged[each] for each in FACTS)
            self.facts.append(acknowledged - await asyncio.to_thread(self.applied) + self.before)
            await asyncio.sleep(LOOKING_S)


@dataclass
class Result:
    """What a load showed of a server."""

    measured: Measured
    page: Page
    lag: Lag
    connected_s: float
    kib: float
    cpu: float
    """Processors that the server took."""
    waited: float
    """Of the time, how much its first thread waited for a processor."""
    load_cpu: float
    others_cpu: float
    """Processors that whatever else runs here took: beside much of it, latencies say little."""
    rss_mib: float
    caught_up_s: float
    kept: dict[str, int]


async def load(served: Served, database: str, *, charge_points: int, rate: float, seconds: float) -> Result:
    """Connect, speak, measure; then wait until all that was acknowledged is in the database."""
    assert served.web_port
    engine = create_engine(database)
    try:
        lag = Lag(engine)
        rss, begun = served.rss_kib(), time.perf_counter()
        connected = await all_connected([f"cp{n}" for n in range(charge_points)], served.port)
        connected_s = time.perf_counter() - begun
        kib = (served.rss_kib() - rss) / charge_points
        lag.before = lag.applied()
        async with looked_at(served.web_port) as page:
            measured = Measured()
            cpu, waited, load_cpu, host = served.cpu_s(), served.waited_s(), time.process_time(), host_cpu_s()
            watching = asyncio.create_task(lag.watch(measured))
            await open_loop(connected, rate, seconds, measured)
            watching.cancel()
            cpu, waited, load_cpu = served.cpu_s() - cpu, served.waited_s() - waited, time.process_time() - load_cpu
            others = host_cpu_s() - host - cpu - load_cpu
        rss_mib = served.rss_kib() / 1024
        acknowledged = {each: measured.acknowledged[each] for each in FACTS}
        caught_up_s, kept = await asyncio.to_thread(_caught_up, engine, acknowledged)
        _disconnect(connected)
    finally:
        engine.dispose()
    took = measured.took_s
    return Result(
        measured=measured,
        page=page,
        lag=lag,
        connected_s=connected_s,
        kib=kib,
        cpu=cpu / took,
        waited=waited / took,
        load_cpu=load_cpu / took,
        others_cpu=others / took,
        rss_mib=rss_mib,
        caught_up_s=caught_up_s,
        kept=kept,
    )


def _caught_up(engine: Engine, acknowledged: dict[str, int]) -> tuple[float, dict[str, int]]:
    """Seconds until the database has all that was acknowledged, and what it has; it tells nobody when."""
    begun = time.perf_counter()
    while (kept := _kept(engine)) != acknowledged and time.perf_counter() < begun + PATIENCE_S:
        time.sleep(0.02)
    return time.perf_counter() - begun, kept


def _kept(engine: Engine) -> dict[str, int]:
    counts = {
        "BootNotification": "SELECT count(*) FROM boots",
        "MeterValues": "SELECT count(*) FROM meter_values",
        "StartTransaction": "SELECT count(*) FROM transactions",
        "StatusNotification": "SELECT count(*) FROM statuses",
        "StopTransaction": "SELECT count(*) FROM transactions WHERE stopped_at IS NOT NULL",
    }
    with engine.connect() as connection:
        return {action: connection.execute(text(count)).scalar_one() for action, count in counts.items()}


def _disconnect(charge_points: list[ChargePoint]) -> None:
    for each in charge_points:
        each.abort()


def told_of(result: Result, *, charge_points: int, rate: float) -> Iterator[str]:
    """What to print of it."""
    measured = result.measured
    count = len(measured.from_sent)
    yield (
        f"{charge_points:,} charge points connected in {result.connected_s:.1f} s; {count:,} messages answered in "
        f"{measured.took_s:.1f} s: {count / measured.took_s:,.0f}/s of {rate:,.0f}/s due"
    )
    yield f"{'milliseconds':<38} {'p50':>8} {'p99':>8} {'p99.9':>8} {'max':>8}"
    yield _row("answer, from the message's due time", measured.from_due)
    yield _row("answer, from its sending", measured.from_sent)
    for action, took in sorted(measured.by_action.items()):
        yield _row(f"  {action}", took)
    yield _row("the load's own: sent after it was due", measured.sent_late)
    yield _row("the load's own: its event loop was late", measured.woke_late)
    page = result.page
    yield _row("the page's requests", page.fetched)
    yield (
        f"page: told of changes {page.changes} times, {len(page.fetched)} requests, "
        f"{page.fetched_bytes / 1e6:.0f} MB" + "".join(f"; {wrong}" for wrong in page.wrong[:3])
    )
    yield (
        f"server: {result.cpu:.0%} of a processor (its first thread waited for one {result.waited:.1%} of the time), "
        f"{result.kib:.1f} KiB a connection, {result.rss_mib:.0f} MiB at the end"
    )
    yield f"the load took {result.load_cpu:.0%} of a processor, whatever else runs here {result.others_cpu:.0%}"
    lag = result.lag.facts or [0]
    yield (
        f"storage: the database was {statistics.median(lag):,.0f} facts behind (median), {max(lag):,} at most, "
        f"none {result.caught_up_s:.2f} s after the last answer"
    )
    for action in FACTS:
        told, kept = measured.acknowledged[action], result.kept[action]
        yield f"  {action:<20} {told:>7,} acknowledged {kept:>7,} kept{'' if told == kept else '   LOST OR DOUBLED'}"
    for each in measured.failed[:5]:
        yield f"FAILED: {each}"


def _row(title: str, values: list[float]) -> str:
    if len(values) < 2:  # noqa: PLR2004  (a quantile needs two)
        return f"{title:<38} too few"
    cuts = statistics.quantiles(values, n=1000)
    return f"{title:<38} {cuts[499]:>8.2f} {cuts[989]:>8.2f} {cuts[998]:>8.2f} {max(values):>8.2f}"


def good(result: Result) -> bool:
    """Whether all was answered in time, and kept."""
    measured = result.measured
    p999 = statistics.quantiles(measured.from_due, n=1000)[998]
    kept = all(measured.acknowledged[each] == result.kept[each] for each in FACTS)
    return p999 < TARGET_MS and kept and not measured.failed and not result.page.wrong


def main() -> int:
    """Measure and print; 0 where the target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("--charge-points", type=int, default=2000, metavar="N", help="connected (default: %(default)s)")
    option("--rate", type=float, default=1000, metavar="N", help="messages a second in all (default: %(default)s)")
    option("--seconds", type=float, default=30, metavar="S", help="of load (default: %(default)s)")
    option("--rounds", type=int, default=3, metavar="N", help="of the comparison, 3 s each; 0: none (default: 3)")
    option("--asking", type=int, default=500, metavar="N", help="charge points in it (default: %(default)s)")
    option("--database", metavar="URL", help="a new one (default: SQLite in a folder of its own)")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a full collection would make the load late, not the server
    with tempfile.TemporaryDirectory(prefix="load-") as made:
        folder = Path(made)
        database = arguments.database or f"sqlite:///{folder}/load.db"
        command = ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", database)
        size = {"charge_points": arguments.charge_points, "rate": arguments.rate}
        with serving(command, folder / "serve.log", web=True) as served:
            result = asyncio.run(load(served, database, seconds=arguments.seconds, **size))
        for line in told_of(result, **size):
            print(line)
        if arguments.rounds:
            print()
            size = {"charge_points": arguments.charge_points, "asking": arguments.asking}
            for line in compare(folder, seconds=3, rounds=arguments.rounds, **size):
                print(line)
    met = good(result)
    print(f"\np99.9 under {TARGET_MS:.0f} ms and all kept: {'yes' if met else 'NO'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
