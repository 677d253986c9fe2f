"""Central systems side by side in one run: memory of a connection, and messages a second at saturation.

What counts is the ratio: what else the host does meets all of them alike, for they take turns.
"""

import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.charge_points import ChargePoint, all_connected
from benchmarks.closed_loop import answered_per_s
from benchmarks.serving import Served, ocpp_rig, serving

PEERS = Path(__file__).parent / "peers"
BUSY = 0.95
"""Of a processor: a load that takes more may be what limits."""


@dataclass
class Contender:
    """A central system and what was measured of it; `schema` tells whether it holds requests against their schema."""

    name: str
    command: Sequence[str]
    schema: bool
    per_s: list[float] = field(default_factory=list)
    kib: float = 0.0
    """Memory of a connection."""
    load_busy: bool = False
    """Whether the load took a processor for itself: it could be more."""


BARE = "bare ocpp + websockets"


def contenders(folder: Path) -> tuple[list[Contender], list[str]]:
    """Who is here to be compared, and who is missing and why."""
    python = [sys.executable, "-m", "benchmarks.servers"]
    storage = f"sqlite:///{folder}/side-by-side.db"
    here = [
        Contender(
            "ours, with storage and page",
            ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", storage),
            schema=False,
        ),
        Contender("ours, without", [*python, "without-storage"], schema=False),
        Contender(BARE, [*python, "bare"], schema=True),
    ]
    if (PEERS / "node_modules" / "ocpp-rpc").is_dir():
        server = str(PEERS / "server.js")
        here.append(Contender("npm ocpp-rpc 2.2.1", ["node", server], schema=False))
        here.append(Contender("npm ocpp-rpc 2.2.1, strict", ["node", server, "strict"], schema=True))
        return here, []
    return here, ["npm ocpp-rpc is not here: npm install --prefix benchmarks/peers"]


def compare(folder: Path, *, charge_points: int, asking: int, seconds: float, rounds: int) -> Iterator[str]:
    """Start all, connect so many charge points to each, have `asking` of them ask; tell what was measured."""
    here, missing = contenders(folder)
    with ExitStack() as stack:
        served = [
            stack.enter_context(serving(each.command, folder / f"{number}.log")) for number, each in enumerate(here)
        ]
        asyncio.run(_measure(list(zip(here, served, strict=True)), charge_points, asking, seconds, rounds))
    bare = statistics.median(next(each.per_s for each in here if each.name == BARE))
    yield f"{'':<30} messages/s   × bare   schema check   KiB a connection"
    for each in here:
        per_s = statistics.median(each.per_s)
        least = "≥" if each.load_busy else " "
        schema = "yes" if each.schema else "no"
        yield f"{each.name:<30} {least}{per_s:>9,.0f} {per_s / bare:>8.2f}   {schema:<12} {each.kib:>18.1f}"
    yield from missing


async def _measure(
    pairs: Sequence[tuple[Contender, Served]], charge_points: int, asking: int, seconds: float, rounds: int
) -> None:
    connections: dict[str, list[ChargePoint]] = {}
    for contender, served in pairs:
        before = served.rss_kib()
        all_of_it = await all_connected([f"side-{n}" for n in range(charge_points)], served.port)
        for each in all_of_it:
            await each.call("Heartbeat", {})
        contender.kib = (served.rss_kib() - before) / charge_points
        connections[contender.name] = all_of_it[:asking]
        for each in all_of_it[asking:]:
            each.abort()
    for number in range(rounds + 1):
        for contender, _ in pairs:
            begun, cpu = time.perf_counter(), time.process_time()
            per_s = await answered_per_s(connections[contender.name], seconds if number else 1.0)
            if number:  # the first warms up
                contender.per_s.append(per_s)
                contender.load_busy |= time.process_time() - cpu > BUSY * (time.perf_counter() - begun)
    for charge_point in itertools.chain(*connections.values()):
        charge_point.abort()
