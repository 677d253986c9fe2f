"""`ocpp-rig run`: one command from a device to a verdict."""

import argparse
import contextlib
import sys
from pathlib import Path

import pytest

import rig
from rig.checks.judge import EXIT_CODES, overall
from rig.cli.main import INTERRUPTED
from rig.errors import BenchError, UsageError
from rig.prepare import ISOLATION, Prepared, run_folder
from rig.pytest_plugin import PreparedByCli
from rig.report.colours import wants_colour
from rig.report.table import closing_lines
from rig.targets.choose import RUNNABLE, choose
from rig.targets.wish import FLASHED, NETWORKS, Wish

FAKES = {"twin": "the twin", "virtual_board": "a virtual board that plays the twin"}
SUITES = {"lifecycle": "test_lifecycle.py"}
DESCRIPTION = """\
Take a device under test through the whole charge lifecycle and judge it.

The run folder (--out, by default a new one below ocpp-rig-runs/) holds report.html, junit.xml, journal.jsonl (every
event on one clock), console.log (the bytes of the console), frames.jsonl and the configuration used.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "run",
        help="run a charge point and judge it",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(call=run)
    option = command.add_argument
    option(
        "--target",
        default="auto",
        metavar="BOARD",
        help=f"{', '.join(RUNNABLE)}, a board ({', '.join(FLASHED)}), twin (the documentation in Python), or "
        "auto: the best that is here",
    )
    option("--suite", choices=sorted(SUITES), default="lifecycle", help="what to run (default: %(default)s)")
    option("--firmware", type=Path, metavar="PATH", help="an image that somebody else built (zephyr.exe, zephyr.elf)")
    option("--expect-build", metavar="BUILD", help="the build that its boot banner must show; else read or learned")
    option(
        "--ratio",
        type=float,
        metavar="N",
        help="run N times faster than real time: native_sim and twin, up to 100 (default 20); QEMU only in real time",
    )
    option("--out", type=Path, metavar="DIR", help="the run folder")
    option(
        "--isolation",
        choices=ISOLATION,
        default="auto",
        help="whose ports 8180 and 123: a network namespace of this run's own, or this host's (default: a namespace "
        "where the kernel allows it)",
    )
    option(
        "--network",
        choices=NETWORKS,
        default="host",
        help="native_sim with the host's sockets, or with Zephyr's own IP stack on a TAP interface, where the rig "
        "serves DHCP and DNS (dnsmasq, root); default: %(default)s",
    )
    option("--port", type=int, metavar="N", help="build the image for this port of the central system instead of 8180")
    option("--fragment", action="append", default=[], metavar="NAME", help="add a Kconfig fragment to the build")
    option("--defect", action="append", default=[], metavar="NAME", help="make the twin misbehave in one named way")
    bench = command.add_argument_group("a board", "flash it, verify, reset it, and run it (docs/bench.md)")
    bench.add_argument(
        "--bench",
        metavar="FILE",
        help="the bench file (default: $OCPP_RIG_BENCH, ./bench.yaml, ~/.config/ocpp-rig/bench.yaml), or `virtual`: a "
        "virtual board made for this run",
    )
    bench.add_argument("--device", action="append", default=[], metavar="ID", help="which board of it")
    bench.add_argument("--place", action="append", default=[], metavar="NAME", help="a labgrid place, or TAG=VALUE")
    bench.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="S",
        help="wait up to S seconds for a board that is in use (default: 0)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Choose, build, run, judge, report. Returns the exit code.

    Raises:
        UsageError: the options do not fit together.
        BenchError: the device cannot be made ready.
    """
    wishes = Wish.all_of(arguments, say)
    if len(wishes) > 1:
        raise UsageError("one board at a time; for several: pytest tests/hil -n 3 --place A --place B --place C")
    choice = choose(wishes[0])
    facts = choice.target.facts
    say(f"device under test: {facts.board} ({choice.why})")
    if facts.target in FAKES:
        say(f"  this is {FAKES[facts.target]}, not firmware: it shows what the rig does, and says nothing about Zephyr")
    prepared = Prepared(choice, run_folder(arguments.out, facts.board), arguments.isolation)
    plugin = PreparedByCli(prepared, say)
    code = _judge_by_pytest(plugin, SUITES[arguments.suite])
    if code == INTERRUPTED or not prepared.recorded:
        return code
    say("")
    colour = wants_colour(sys.stdout)
    for line in closing_lines(prepared.recording, prepared.verdicts, prepared.folder, colour=colour):
        say(line)
    return EXIT_CODES[overall(prepared.verdicts)]


def _judge_by_pytest(plugin: PreparedByCli, suite: str) -> int:
    """Let pytest run the suite and write its reports; what a person reads is printed here, not by pytest.

    Raises:
        BenchError: pytest itself failed.
    """
    # labgrid's own plug-in asks for options of the terminal's; places are acquired by rig.farm.
    options = ["-p", "no:terminal", "-s", "-p", "no:xdist", "-p", "no:labgrid"]
    code = pytest.main([str(suites() / suite), "-c", str(suites() / "pytest.ini"), *options], plugins=[plugin])
    if plugin.problem:
        raise plugin.problem
    if code == pytest.ExitCode.INTERRUPTED:
        say("interrupted; what was recorded until then: " + str(plugin.prepared.folder))
        return INTERRUPTED
    if code not in {0, 1, 3} or not plugin.prepared.recorded:
        raise BenchError(f"the suite {suite} could not be run (pytest's exit code {code})", "report this as a bug")
    return int(code)


def suites() -> Path:
    """The folder of the suites: `rig/hil` in an installed wheel, `tests/hil` in a checkout."""
    package = Path(rig.__file__).parent
    installed = package / "hil"
    return installed if installed.is_dir() else package.parent / "tests" / "hil"


def say(line: str) -> None:
    """Print a line at once. A reader that left, as `head` does, ends neither the run nor its report."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)
