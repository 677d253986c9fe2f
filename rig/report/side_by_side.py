"""Several runs in one table: a row for each check, a column for each run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rig.checks.judge import judge, overall
from rig.checks.verdict import Outcome, Verdict
from rig.journal.recording import Recording
from rig.report.colours import painted
from rig.report.table import device_under_test

SHORT = {Outcome.NOT_APPLICABLE: "n/a", Outcome.KNOWN_DEFECT: "KNOWN"}
"""What stands in a narrow column; the legend tells of it."""
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One run: its name in the table, the device that was tested, the verdicts."""

    name: str
    tested: str
    verdicts: list[Verdict]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The run in `folder`, judged by this version of the rig.

        Raises:
            JournalDamagedError: it is no journal, or is damaged before its last line.
            OSError: it cannot be read.
        """
        recording = Recording.load(folder)
        name = folder.name if folder.is_dir() else folder.parent.name
        return cls(name, device_under_test(recording.run), judge(recording))


def side_by_side(columns: Sequence[Column], *, colour: bool) -> list[str]:
    """The lines of the table: what was tested, then every check's outcome in every run, then each run's verdict.

    Below a row whose outcomes differ stands what each run measured.
    """
    checks = list(dict.fromkeys(verdict.check for column in columns for verdict in column.verdicts))
    found = [{verdict.check: verdict for verdict in column.verdicts} for column in columns]
    first = max(len(check) for check in (*checks, "verdict"))
    widths = [max(len(column.name), *(len(_word(o)) for o in Outcome)) for column in columns]
    names = GAP.join(f"{column.name:<{width}}" for column, width in zip(columns, widths, strict=True))
    lines = [f"{column.name}: {column.tested}" for column in columns]
    lines += ["", f"{'check':<{first}}{GAP}{names}".rstrip()]
    for check in checks:
        row = [each.get(check) for each in found]
        cells = [_cell(v.outcome if v else None, w, colour=colour) for v, w in zip(row, widths, strict=True)]
        lines.append(f"{check:<{first}}{GAP}{GAP.join(cells)}".rstrip())
        if len({_alike(v.outcome) for v in row if v}) > 1:
            lines += [f"{'':<{first}}{GAP}{c.name}: {v.measured}" for c, v in zip(columns, row, strict=True) if v]
    cells = [_cell(overall(c.verdicts), w, colour=colour) for c, w in zip(columns, widths, strict=True)]
    lines += [f"{'verdict':<{first}}{GAP}{GAP.join(cells)}".rstrip()]
    return [*lines, "", "KNOWN: a known defect (rig/checks/known_defects.toml); n/a: this device has no such thing"]


def _alike(outcome: Outcome) -> Outcome:
    """What has no such thing does not differ from what has it and passes."""
    return Outcome.PASS if outcome is Outcome.NOT_APPLICABLE else outcome


def _word(outcome: Outcome) -> str:
    return SHORT.get(outcome, outcome.value)


def _cell(outcome: Outcome | None, width: int, *, colour: bool) -> str:
    return painted(f"{_word(outcome):<{width}}", outcome, colour=colour) if outcome else f"{'–':<{width}}"
