"""`ocpp-rig check`: judge a recording again, or for the first time after a crash."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rig.checks.judge import EXIT_CODES, judge, overall
from rig.errors import UsageError
from rig.journal.codec import JournalDamagedError
from rig.journal.recording import Recording
from rig.report.colours import wants_colour
from rig.report.table import closing_lines


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "check",
        help="judge a recorded run again",
        description="Judge a recorded run again, with the checks and known defects of this version of the rig.",
    )
    command.set_defaults(call=check)
    command.add_argument("journal", type=Path, help="a journal.jsonl, or the run folder that holds it")
    command.add_argument("--json", action="store_true", help="print the verdicts as JSON")


def check(arguments: argparse.Namespace) -> int:
    """Judge and print. Returns the exit code.

    Raises:
        UsageError: there is no such journal, or it cannot be read.
    """
    try:
        recording = Recording.load(arguments.journal)
    except (OSError, JournalDamagedError) as error:
        raise UsageError(f"{arguments.journal}: {error}") from error
    verdicts = judge(recording)
    if arguments.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], indent=1, ensure_ascii=False))
    else:
        print("\n".join(closing_lines(recording, verdicts, arguments.journal, colour=wants_colour(sys.stdout))))
    return EXIT_CODES[overall(verdicts)]
