"""A screenful of a sequence diagram: lifelines, arrows, notes."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Self
from xml.etree.ElementTree import Element

from rig.report.choice import Folded, Row
from rig.report.steps import Arrow, Lane, Note, Tone
from rig.report.svg import at, picture, put
from rig.report.visible import cells, shortened, visible

CELL = 6.65
"""Pixels; a character of 11 px in the usual fonts of fixed width."""
HEAD, ARROW, FOLD, NOTE, LINE = 40, 28, 26, 9, 14
"""Pixels: heights of the lifelines' names, of rows, of a note's frame and of a line in it."""
TIMES, LEFT, WIRE, RIGHT, MARGIN = 112, 356, 480, 300, 64
"""Pixels: widths of line number and time, of the console, between the lifelines, of the rig's notes; half a name's."""
LONGEST = 400
"""Characters of a tooltip, and of what is looked at to be shortened."""
NOTE_LINES = 3

STYLE = """
.rig-seq{max-width:100%;height:auto;print-color-adjust:exact;break-inside:avoid}
.rig-seq text{font:11px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1b1f24}
.rig-seq .name{font-weight:700}.rig-seq .faint{fill:#59636e}.rig-seq .head{font-size:12px;font-weight:700}
.rig-seq .life{stroke:#8c959f;stroke-width:1.5}.rig-seq .fold{fill:#eef1f4}
.rig-seq .band{fill:#fff1b8}.rig-seq .bar{fill:#b26a00}
.rig-seq .note{fill:#fff;stroke:#8c959f}.rig-seq .note.fault{fill:#fff0e0}.rig-seq .note.bad{fill:#ffe9e7}
.rig-seq .line,.rig-seq .dash{fill:none;stroke-width:1.4}.rig-seq .dash{stroke-dasharray:5 3}
.rig-seq .cp{stroke:#0a4f9e}.rig-seq .cs{stroke:#116329}.rig-seq .fault{stroke:#a04400}.rig-seq .bad{stroke:#b3261e}
.rig-seq .tip.cp{fill:#0a4f9e}.rig-seq .tip.cs{fill:#116329}
.rig-seq .tip.fault,.rig-seq tspan.fault{fill:#a04400}.rig-seq .tip.bad,.rig-seq tspan.bad{fill:#b3261e}
.rig-seq tspan.fault,.rig-seq tspan.bad{stroke:none}.rig-seq .end{text-anchor:end}.rig-seq .mid{text-anchor:middle}
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the lifelines stand; margins that hold nothing take little room."""

    charge_point: float
    has_sntp: bool
    width: float

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Self:
        """What these rows need."""
        lanes = {row.lane for row in rows if isinstance(row, Note)}
        sntp = any(isinstance(row, Arrow) and Lane.SNTP in {row.source, row.target} for row in rows)
        left = LEFT if Lane.CONSOLE in lanes else MARGIN
        right = RIGHT if Lane.RIG in lanes else 3 * MARGIN if sntp else MARGIN
        return cls(TIMES + left, sntp, TIMES + left + WIRE + right)

    @property
    def has_console(self) -> bool:
        """Whether something of the console is shown."""
        return self.charge_point > TIMES + MARGIN

    def lifelines(self) -> dict[Lane, float]:
        """Where each of them stands."""
        central_system = self.charge_point + WIRE
        stand = {Lane.CHARGE_POINT: self.charge_point, Lane.CENTRAL_SYSTEM: central_system}
        return stand | ({Lane.SNTP: central_system + 2 * MARGIN} if self.has_sntp else {})


def height_of(row: Row) -> int:
    """How high a row is."""
    match row:
        case Arrow():
            return ARROW
        case Note():
            return NOTE + LINE * len(lines_of(row))
    return FOLD


def lines_of(note: Note) -> list[str]:
    """The text of a note as lines that its margin has room for; cut off with `…` where it needs too many."""
    told = visible(note.text[:LONGEST])
    room = int(((LEFT if note.lane is Lane.CONSOLE else RIGHT) - 26) / CELL) - (9 if note.device_s is not None else 0)
    return wrap(told, room * len(told) // max(cells(told), 1), max_lines=NOTE_LINES, placeholder=" …") or [""]


class Page:
    """Draws rows, one below the other, those of the evidence marked."""

    def __init__(self, layout: Layout, ratio: float, evidence: Collection[int]) -> None:
        self._layout = layout
        self._at = layout.lifelines()
        self._ratio = ratio
        self._evidence = evidence

    def draw(self, rows: Sequence[Row], title: str) -> Element:
        """The picture of these rows."""
        height = HEAD + sum(map(height_of, rows)) + 6
        drawn = picture("rig-seq", (self._layout.width, height), title, self._summary(rows), STYLE)
        for y, row in _down(rows):
            self._background(drawn, y, row)
        for x in self._at.values():
            put(drawn, "path", class_="life", d=f"M{at((x, HEAD - 6))}V{height - 4}")
        self._heads(drawn)
        for kind, path in self._paths(rows).items():
            put(drawn, "path", class_=kind, d="".join(path))
        for y, row in _down(rows):
            self._row(drawn, y, row)
        return drawn

    def _summary(self, rows: Sequence[Row]) -> str:
        arrows, notes = (sum(isinstance(row, kind) for row in rows) for kind in (Arrow, Note))
        marked = sorted({row.n for row in rows if not isinstance(row, Folded) and row.n in self._evidence})
        told = f"; evidence, marked ◆: journal lines {', '.join(map(str, marked))}" if marked else ""
        return f"{arrows} arrows and {notes} notes, from top to bottom as they came{told}"

    def _heads(self, drawn: Element) -> None:
        for lane, x in self._at.items():
            put(drawn, "text", lane, x=x, y=22, class_="mid head")
        for told, x in (("line", 44), ("host s", TIMES - 8)):
            put(drawn, "text", told, x=x, y=22, class_="end faint")
        if self._layout.has_console:
            put(drawn, "text", "device s, console", x=TIMES + 6, y=22, class_="faint")

    def _background(self, drawn: Element, y: float, row: Row) -> None:
        if isinstance(row, Folded):
            put(drawn, "rect", class_="fold", x=TIMES, y=y + 4, width=self._layout.width - TIMES, height=FOLD - 8)
        elif row.n in self._evidence:
            put(drawn, "rect", class_="band", x=0, y=y, width=self._layout.width, height=height_of(row))
            put(drawn, "rect", class_="bar", x=0, y=y, width=4, height=height_of(row))

    def _paths(self, rows: Sequence[Row]) -> dict[str, list[str]]:
        """All arrows, by what they look like: one path for many is what keeps a report small."""
        paths: dict[str, list[str]] = defaultdict(list)
        for top, row in _down(rows):
            if not isinstance(row, Arrow):
                continue
            colour = row.tone.value if row.tone is not Tone.PLAIN else "cp" if row.source is Lane.CHARGE_POINT else "cs"
            y, begin, end = top + ARROW - 7, self._at[row.source], self._at[row.target]
            back = -8 if end > begin else 8
            paths[f"{'dash' if row.is_answer else 'line'} {colour}"].append(f"M{at((begin, y))}H{at([end])}")
            if row.cut:
                paths[f"line {colour}"].append(f"M{at((end - 6, y - 6))}l12 12m0 -12l-12 12")
            elif row.is_answer:
                paths[f"line {colour}"].append(f"M{at((end + back, y - 4))}l{-back} 4l{back} 4")
            else:
                paths[f"tip {colour}"].append(f"M{at((end, y))}l{back} -4v8z")
        return paths

    def _row(self, drawn: Element, y: float, row: Row) -> None:
        if isinstance(row, Folded):
            middle = self._at[Lane.CHARGE_POINT] + WIRE / 2
            put(drawn, "text", self._gap(row), x=middle, y=y + 17, class_="mid faint")
            return
        group = put(drawn, "g", data_line=row.n)
        base = y + (ARROW - 13 if isinstance(row, Arrow) else NOTE - 4 + LINE - 5)
        if row.n in self._evidence:
            group.set("class", "evidence")
            put(group, "text", "◆", x=8, y=base)
        put(group, "text", str(row.n), x=44, y=base, class_="end faint")
        put(group, "text", f"{row.t:.3f}", x=TIMES - 8, y=base, class_="end")
        if isinstance(row, Arrow):
            self._arrow(group, base, row)
        else:
            self._note(group, y, base, row)

    def _arrow(self, group: Element, base: float, row: Arrow) -> None:
        room = int(WIRE / CELL) - 2 - cells(row.remark)
        name = shortened(row.name, room)
        detail = shortened(row.detail[:LONGEST], max(room - cells(name) - 1, 1)) if row.detail else ""
        middle = self._at[Lane.CHARGE_POINT] + WIRE / 2
        label = put(group, "text", x=middle, y=base, class_="mid")
        put(label, "tspan", name, class_="name")
        if detail:
            put(label, "tspan", f" {detail}")
        if row.remark:
            put(label, "tspan", f" {row.remark}", class_=f"name {row.tone}")
        if "…" in {name[-1:], detail[-1:]}:
            put(group, "title", f"{row.name} {row.detail}"[:LONGEST])

    def _note(self, group: Element, y: float, base: float, row: Note) -> None:
        on_left = row.lane is Lane.CONSOLE
        begin = TIMES if on_left else self._at[Lane.CENTRAL_SYSTEM] + 6
        end = self._at[Lane.CHARGE_POINT] - 6 if on_left else self._layout.width - 6
        size = {"x": begin, "y": y + 2, "width": end - begin, "height": height_of(row) - 4}
        put(group, "rect", class_=f"note {row.tone}", **size)
        lines = lines_of(row)
        left = begin + 7
        if row.device_s is not None:
            put(group, "text", f"{row.device_s:.3f}", x=left + 7 * CELL, y=base, class_="end faint")
            left += 8 * CELL
        for number, line in enumerate(lines):
            put(group, "text", line, x=left, y=base + number * LINE)
        if lines[-1].endswith("…"):
            put(group, "title", row.text[:LONGEST])

    def _gap(self, row: Folded) -> str:
        device = f" = {row.seconds * self._ratio:.1f} s of device time" if self._ratio != 1 else ""
        return f"⋮ {row.what} in {row.seconds:.3f} s{device}"


def _down(rows: Sequence[Row]) -> Iterator[tuple[float, Row]]:
    """Each row with the place of its upper edge."""
    y = float(HEAD)
    for row in rows:
        yield y, row
        y += height_of(row)
