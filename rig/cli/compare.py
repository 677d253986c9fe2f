"""`ocpp-rig compare`: recorded runs side by side in one table."""

import argparse
import sys
from pathlib import Path

from rig.checks.judge import EXIT_CODES, overall
from rig.errors import UsageError
from rig.journal.codec import JournalDamagedError
from rig.report.colours import wants_colour
from rig.report.side_by_side import Column, side_by_side

DESCRIPTION = """\
Judge recorded runs again and show them side by side: the same suite on several devices, or on two firmware revisions.
Where outcomes differ, what each run measured stands below.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "compare",
        help="recorded runs side by side",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit code: that of the worst of the runs",
    )
    command.set_defaults(call=compare)
    command.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run folder, or its journal.jsonl")


def compare(arguments: argparse.Namespace) -> int:
    """Judge and print. Returns the exit code.

    Raises:
        UsageError: a run cannot be read.
    """
    columns = []
    for run in arguments.runs:
        try:
            columns.append(Column.of(run))
        except (OSError, JournalDamagedError) as error:
            raise UsageError(f"{run}: {error}") from error
    print("\n".join(side_by_side(columns, colour=wants_colour(sys.stdout))))
    return max(EXIT_CODES[overall(column.verdicts)] for column in columns)
