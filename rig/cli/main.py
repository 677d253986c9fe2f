"""`ocpp-rig`: parse the command line, call the subcommand, turn errors into exit codes."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from rig.errors import BenchError, UsageError

DESCRIPTION = """\
Run Zephyr's OCPP 1.6 charge point and judge its whole charge lifecycle: host the central system and an SNTP server,
read the console, record everything on one clock, check the recording, report.

  ocpp-rig run                        the best device under test that is here
  ocpp-rig run --target native_sim    the real firmware as a process, 20 times faster than real time
  ocpp-rig run --bench bench.yaml     a board on the bench: flash, verify, reset, run (docs/bench.md)
  ocpp-rig bench show                 the attached boards: find them, draw them, who has them
  ocpp-rig check FOLDER               judge a recorded run again
  ocpp-rig compare RUN RUN            runs side by side
  ocpp-rig serve                      the central system alone, with a page in the browser, for a bench
  ocpp-rig doctor                     what this machine can run, and what is missing
"""
EPILOG = "exit codes: 0 all checks pass, 1 a check failed, 2 the command is wrong, 3 the bench broke, 130 interrupted"
INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    from rig.cli import (  # noqa: PLC0415  (--version needs none of them)
        bench,
        build,
        check,
        compare,
        doctor,
        flash,
        run,
        serve,
        twin,
        virtual_board,
        workspace,
    )

    top = argparse.ArgumentParser(
        prog="ocpp-rig", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {version('zephyr-ocpp-rig')}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in (run, serve, check, compare, build, flash, bench, workspace, doctor, twin, virtual_board):
        command.add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    line = parser()
    arguments, rest = line.parse_known_args(argv)
    if rest and not getattr(arguments, "knows_options_of_its_own", False):
        line.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        code: int = arguments.call(arguments)
        _flush()
    except UsageError as error:
        return _failed(f"ocpp-rig: {error}", 2)
    except BenchError as error:
        return _failed(f"ocpp-rig: the bench broke: {error}", 3)
    except KeyboardInterrupt:
        return _failed("ocpp-rig: interrupted", INTERRUPTED)
    except BrokenPipeError:
        _flush()
        return INTERRUPTED
    return code


def _flush() -> None:
    """Write out what is left; where the reader of a pipe has left, as `head` does, nothing more is said to it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
