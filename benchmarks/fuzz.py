"""Throw garbage at `ocpp-rig serve`: it stays alive, serves everybody else, and keeps what it acknowledged.

    python -m benchmarks.fuzz [--malformed 100000] [--seed N] [--only NUMBER …]

Ends with 1 where anything is wrong, and says what; `--seed N --only NUMBER` throws one thing again.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.aftermath import bad_lines, unreadable, unshown
from benchmarks.api import ApiError
from benchmarks.bystanders import Steady, operate
from benchmarks.fuzzing import Thrown, garbage, throw
from benchmarks.serving import Served, serving

LOUD = """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("websockets").setLevel(logging.INFO)
logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
from rig.cli.main import main
raise SystemExit(main())
"""
"""`ocpp-rig` that logs what it can without a line for each frame, and every warning of Python."""

GROWTH_MIB = 256
"""What may come to the memory after the first tenth of the garbage. The frame log is in it."""
SLOWEST_S = 3.0
"""A generous bound for a well-behaved charge point's answer on a busy machine of two cores."""
SHOWN = 30


@dataclass
class Outcome:
    """What came of it."""

    thrown: Thrown = field(default_factory=Thrown)
    steady: Sequence[Steady] = ()
    wrong: list[str] = field(default_factory=list)
    took_s: float = 0.0
    rss_mib: tuple[float, float, float] = (0, 0, 0)
    """At the beginning, after a tenth, at the end."""


def loud_ocpp_rig(*options: str) -> list[str]:
    """The command line of a central system that logs all it can."""
    ports = ("--port", "0", "--web-port", "0", "--sntp-port", "0")
    return [sys.executable, "-W", "always", "-c", LOUD, "serve", *ports, *options]


def fuzzed(folder: Path, *, seed: int, numbers: range) -> Outcome:
    """Start a central system that keeps all in `folder`, throw garbage at it, and look at what is left."""
    database = f"sqlite:///{folder}/central-system.db"
    log = folder / "serve.log"
    command = loud_ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", database)
    with serving(command, log, web=True) as served:
        outcome = asyncio.run(_thrown_among_bystanders(served, seed, numbers))
    if served.process.returncode:
        outcome.wrong.append(f"it ended with {served.process.returncode}")
    outcome.wrong += bad_lines(log)
    outcome.wrong += unreadable(database, outcome.steady)
    return outcome


async def _thrown_among_bystanders(served: Served, seed: int, numbers: range) -> Outcome:
    assert served.web_port
    outcome = Outcome(steady=[Steady("steady-1"), Steady("steady-2")])
    begun = time.monotonic()
    over = asyncio.Event()
    tenth = max(1, len(numbers) // 10)
    try:
        async with asyncio.TaskGroup() as bystanders:
            for each in outcome.steady:
                bystanders.create_task(each.charge(served.port, over))
            operating = bystanders.create_task(operate(served.port, served.web_port, over))
            before = served.rss_kib() / 1024
            first = await throw(served, seed, numbers[:tenth])
            middle = served.rss_kib() / 1024
            rest = await throw(served, seed, numbers[tenth:])
            limited = first.limited + rest.limited
            outcome.thrown = Thrown(first.sent + rest.sent, first.wrong + rest.wrong, limited)
            outcome.rss_mib = before, middle, served.rss_kib() / 1024
            over.set()
        outcome.wrong += operating.result()
    except* (OSError, TimeoutError, ApiError, ValueError) as errors:
        outcome.wrong += [f"a bystander was not served: {error!r}" for error in errors.exceptions]
    outcome.took_s = time.monotonic() - begun
    outcome.wrong += outcome.thrown.wrong
    if not served.alive:
        outcome.wrong.append(f"it died: exit code {served.process.returncode}")
        return outcome
    for each in outcome.steady:
        if each.slowest_s > SLOWEST_S:
            outcome.wrong.append(f"{each.identity} waited {each.slowest_s:.1f} s for an answer")
    if (grown := outcome.rss_mib[2] - outcome.rss_mib[1]) > GROWTH_MIB:
        outcome.wrong.append(f"its memory grew by {grown:.0f} MiB in the last nine tenths")
    outcome.wrong += await unshown(served.web_port)
    return outcome


def main() -> int:
    """Throw, look, say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--malformed", type=int, default=100_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: made up, and told")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="throw this one alone")
    parser.add_argument("--log", type=Path, metavar="FOLDER", help="keep database and log here (default: nowhere)")
    arguments = parser.parse_args()
    numbers = range(arguments.malformed)
    if arguments.only is not None:
        numbers = range(arguments.only, arguments.only + 1)
        print(garbage(arguments.seed, arguments.only))
    print(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        outcome = fuzzed(arguments.log or Path(made), seed=arguments.seed, numbers=numbers)
        for wrong in outcome.wrong[:SHOWN]:
            print(wrong[:2000])
    print(told_of(outcome))
    return 1 if outcome.wrong else 0


def told_of(outcome: Outcome) -> str:
    """A summary in a few lines."""
    sent = outcome.thrown.sent
    before, middle, after = outcome.rss_mib
    steady = ", ".join(
        f"{each.identity} had {each.values} meter values acknowledged, slowest answer {each.slowest_s * 1e3:.0f} ms"
        for each in outcome.steady
    )
    return (
        f"{sent.total()} malformed ({', '.join(f'{level} {count}' for level, count in sorted(sent.items()))}) "
        f"in {outcome.took_s:.1f} s; memory {before:.0f}, {middle:.0f} after a tenth, {after:.0f} MiB at the end\n"
        f"{steady}\n{outcome.thrown.limited} connections closed for sending more than a charge point may (1008)\n"
        f"{len(outcome.wrong)} wrong"
    )


if __name__ == "__main__":
    raise SystemExit(main())
