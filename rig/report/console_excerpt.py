"""The console around a verdict's evidence, with the host's time and the device's own."""

from collections.abc import Collection
from html import escape

from rig.console.records import ConsoleLine
from rig.journal.codec import Entry
from rig.journal.recording import Recording
from rig.report.visible import visible

CONTEXT = 3
"""Lines before and behind each line of evidence."""
MOST = 60
"""Lines; of more, the first ones."""
LONGEST = 1000
"""Characters of a line."""
HEAD = f"  {'line':>6} {'host s':>10} {'boot':>4} {'device s':>10}  text"


def console_excerpt(recording: Recording, evidence: Collection[int]) -> str:
    """The lines as HTML, those of the `evidence` (lines of the journal) marked; empty where none of it is console.

    Which boot a line belongs to is counted from 1; 0 is what came before the first banner.
    """
    lines = recording.console
    cited = frozenset(evidence)
    found = [i for i, (entry, _) in enumerate(lines) if entry.n in cited]
    near = sorted({j for i in found for j in range(i - CONTEXT, i + CONTEXT + 1) if 0 <= j < len(lines)})[:MOST]
    if not near:
        return ""
    told = [escape(HEAD)]
    for before, i in zip([-1, *near], near, strict=False):
        told += _left_out(i - before - 1)
        told.append(_line(*lines[i], marked=lines[i][0].n in cited))
    told += _left_out(len(lines) - 1 - near[-1])
    return f'<pre class="rig-console">{chr(10).join(told)}</pre>'


def _left_out(count: int) -> list[str]:
    return [f"  ⋮ {count} line{'s' if count > 1 else ''}"] if count else []


def _line(entry: Entry, line: ConsoleLine, *, marked: bool) -> str:
    device = "" if line.device_s is None else f"{line.device_s:.6f}"
    told = f"{entry.n:6} {entry.t:10.3f} {line.boot:4} {device:>10}  {visible(line.text[:LONGEST])}"
    return f"<mark>◆ {escape(told)}</mark>" if marked else f"  {escape(told)}"
