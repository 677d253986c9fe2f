"""The energy register of each transaction over time, as SVG: readings, gaps between them, and what makes no sense."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from rig.journal.recording import Recording
from rig.journal.transactions import Transaction, transactions_of
from rig.report.meter_panel import Panel
from rig.report.scale import Scale, grouped
from rig.report.svg import at, picture, put, written
from rig.report.visible import shortened

MOST = 12
"""Transactions in one plot."""
LEFT, RIGHT, WIDTH, TITLE, PANEL, AXIS = 130, 24, 1000, 46, 96, 50
"""Pixels: margins, width of all; heights of a panel's title, of a panel, of the axis of time."""

STYLE = """
.rig-meter{max-width:100%;height:auto;print-color-adjust:exact;break-inside:avoid}
.rig-meter text{font:11px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1b1f24}
.rig-meter .title{font-weight:700}.rig-meter .faint{fill:#59636e}.rig-meter .wrong{fill:#b3261e}
.rig-meter .frame{fill:none;stroke:#8c959f}.rig-meter .grid{fill:none;stroke:#dfe3e8}
.rig-meter .gap{fill:#ffe9e7;stroke:#b3261e;stroke-dasharray:4 3}
.rig-meter .line{fill:none;stroke:#0a4f9e;stroke-width:1.6}
.rig-meter .falls{fill:none;stroke:#b3261e;stroke-width:2.4}
.rig-meter .dots{fill:none;stroke:#0a4f9e;stroke-width:7;stroke-linecap:round}
.rig-meter .ring{fill:#fff;stroke:#b3261e;stroke-width:2}
.rig-meter .edge{fill:#116329}.rig-meter .off{fill:#b3261e}
"""


def meter_plot(recording: Recording, *, evidence: Collection[int] = ()) -> str:
    """The plot, a panel for each transaction, all on one axis of time; empty where there was no transaction.

    Where they are too many, those are shown that the `evidence` (lines of the journal) tells of.
    """
    everything = transactions_of(recording)
    wanted = frozenset(evidence)
    cited = [each for each in everything if _lines(each) & wanted]
    chosen = cited if cited and len(everything) > MOST else everything
    panels = [Panel.of(each, recording) for each in chosen[:MOST]]
    if not panels:
        return ""
    return written(_draw(panels, recording.run.ratio, left_out=len(everything) - len(panels)))


def _lines(transaction: Transaction) -> set[int]:
    calls = [transaction.start, *transaction.stops, *(sample.call for sample in transaction.samples)]
    return {each.n for call in calls for each in (call.request, call.answer) if each}


def _draw(panels: Sequence[Panel], ratio: float, left_out: int) -> Element:
    height = len(panels) * (TITLE + PANEL) + AXIS
    told = "; ".join(f"{panel.name}: {panel.told}, {panel.nonsense or 'nothing amiss'}" for panel in panels)
    drawn = picture("rig-meter", (WIDTH, height), "Meter plot: the energy register over time", told, STYLE)
    end = max(max([panel.end, *(t for t, _ in panel.strays)]) for panel in panels)
    begin = min(panel.begin for panel in panels)
    time = Scale(begin, max(end, begin + 1.0), LEFT, WIDTH - RIGHT)
    ticks = time.ticks(10)
    for number, panel in enumerate(panels):
        top = TITLE + number * (TITLE + PANEL)
        put(drawn, "path", class_="grid", d="".join(f"M{at((time(tick), top))}v{PANEL}" for tick in ticks))
        _Drawing(drawn, panel, time, top).draw()
    for tick in ticks:
        put(drawn, "text", grouped(tick), x=time(tick), y=height - 26, text_anchor="middle", class_="faint")
    host = "" if ratio == 1 else f", {ratio:g} in a second of the host"
    more = f"; {left_out} more transactions are not shown" if left_out else ""
    axis = f"seconds of device time since the run began{host}{more}"
    put(drawn, "text", axis, x=(LEFT + WIDTH - RIGHT) / 2, y=height - 6, text_anchor="middle", class_="faint")
    return drawn


class _Drawing:
    """One panel, its upper edge at `top`."""

    def __init__(self, drawn: Element, panel: Panel, time: Scale, top: float) -> None:
        self._drawn, self._panel, self._time, self._top = drawn, panel, time, top
        low, high = panel.span
        room = (high - low) * 0.08 or 1.0
        self._register = Scale(low - room, high + room, top + PANEL, top)

    def draw(self) -> None:
        """All of it, from the background to the front."""
        self._title()
        self._frame()
        self._gaps()
        self._readings()
        self._ends()

    def _title(self) -> None:
        title = put(self._drawn, "text", x=LEFT, y=self._top - (21 if self._panel.nonsense else 7))
        put(title, "tspan", self._panel.name, class_="title")
        put(title, "tspan", f"  {self._panel.told}")
        if self._panel.nonsense:
            told = shortened(self._panel.nonsense, 130)
            put(self._drawn, "text", told, x=LEFT, y=self._top - 7, class_="wrong")

    def _frame(self) -> None:
        bottom = self._top + PANEL
        if self._panel.readings or self._panel.strays:
            ticks = self._register.ticks(5)
            grid = "".join(f"M{at((LEFT, self._register(tick)))}H{WIDTH - RIGHT}" for tick in ticks)
            put(self._drawn, "path", class_="grid", d=grid)
            for tick in ticks:
                place = {"x": LEFT - 10, "y": self._register(tick) + 4}
                put(self._drawn, "text", f"{grouped(tick)} Wh", text_anchor="end", class_="faint", **place)
        begin, end = self._time(self._panel.begin), self._time(self._panel.end)
        put(self._drawn, "path", class_="frame", d=f"M{at((begin, self._top))}H{at([end])}V{bottom}H{at([begin])}z")

    def _gaps(self) -> None:
        for begin, end in self._panel.gaps:
            x, width = self._time(begin), self._time(end) - self._time(begin)
            put(self._drawn, "rect", class_="gap", x=x, y=self._top + 1, width=width, height=PANEL - 2)
            told, middle = f"{end - begin:.1f} s", x + width / 2
            put(self._drawn, "text", told, x=middle, y=self._top + PANEL - 8, text_anchor="middle", class_="wrong")

    def _readings(self) -> None:
        spots = [(self._time(t), self._register(wh), wh) for t, wh in self._panel.readings]
        for (x1, y1, before), (x2, y2, behind) in pairwise(spots):
            look = "line" if behind > before else "falls"
            put(self._drawn, "path", class_=look, d=f"M{at((x1, y1))}L{at((x2, y2))}")
        if spots:
            put(self._drawn, "path", class_="dots", d="".join(f"M{at((x, y))}h0" for x, y, _ in spots))
        for t, wh in self._panel.strays:
            put(self._drawn, "circle", class_="ring", cx=self._time(t), cy=self._register(wh), r=4)
        for t in self._panel.unreadable:
            place = {"x": self._time(t), "y": self._top + PANEL - 6}
            put(self._drawn, "text", "✕ no number", text_anchor="middle", class_="wrong", **place)

    def _ends(self) -> None:
        low, high = self._panel.span
        for _, t, wh in self._panel.ends:
            x = self._time(t)
            if low <= wh <= high:
                put(self._drawn, "rect", class_="edge", x=x - 4, y=self._register(wh) - 4, width=8, height=8)
            else:
                tip, rise = (self._top + 1, 9) if wh > high else (self._top + PANEL - 1, -9)
                put(self._drawn, "path", class_="off", d=f"M{at((x, tip))}l-6 {rise}h12z")
