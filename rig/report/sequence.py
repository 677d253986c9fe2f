"""The sequence diagram of a recording, as SVG: who sent what to whom, when, and what the console told meanwhile."""

from collections.abc import Collection, Iterator, Sequence

from rig.journal.recording import Recording
from rig.report.choice import Row, around, whole_run
from rig.report.sequence_page import HEAD, Layout, Page, height_of
from rig.report.story import steps_of
from rig.report.svg import written

SCREENFUL = 660
"""Pixels, and what fits a sheet of paper in landscape; then the lifelines' names are told again."""


def sequence(recording: Recording, *, evidence: Collection[int] = (), whole: bool = False, name: str = "") -> str:
    """The diagram of the `whole` run, or of what lies around the `evidence` (lines of the journal), which is marked.

    It is one `<svg>`, or several, one below the other, each a screenful; empty where nothing happened. `name` says what
    it is about.
    """
    steps = steps_of(recording)
    marked = frozenset(evidence)
    rows = whole_run(steps) if whole else around(steps, marked)
    layout = Layout.of(rows)
    pages = list(_pages(rows))
    title = f"Sequence diagram{f', {name}' if name else ''}"
    drawn = []
    for number, page in enumerate(pages, start=1):
        part = f", part {number} of {len(pages)}" if len(pages) > 1 else ""
        drawn.append(written(Page(layout, recording.run.ratio, marked).draw(page, title + part)))
    return "\n".join(drawn)


def _pages(rows: Sequence[Row]) -> Iterator[list[Row]]:
    page: list[Row] = []
    filled = HEAD
    for row in rows:
        height = height_of(row)
        if page and filled + height > SCREENFUL:
            yield page
            page, filled = [], HEAD
        page.append(row)
        filled += height
    if page:
        yield page
