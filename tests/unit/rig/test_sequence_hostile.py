"""What a device sends can neither break the diagram nor break out of it, and does not hide in it."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_system.events import ConnectionOpened, Frame, Undecodable, Upgrade
from rig.checks.judge import judge
from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Event
from rig.journal.events import Action, Noise
from rig.journal.recording import Recording
from rig.report.check_page import check_page
from rig.report.meter_plot import meter_plot
from rig.report.sequence import sequence
from rig.report.visible import cells, shortened, visible, visible_lines
from tests.synthetic import BOOT, asked, frame, journal

HOSTILE = (
    "</text><script>alert(1)</script>",
    "\"' onload='alert(1)' x=\"",
    "]]></style><img src=x onerror=alert(1)>",
    "<!-- &lt; &#60; %3Cscript%3E",
    "\x00\x01\x1b[31m\x7f\x85",
    "\u202etxet desrever\u2066",
    "a\ud800b",
    "\ufffe\uffff\ue000",
    "a" + "\u0301" * 200,
    "漢字" * 300,
    "A" * 100_000,
    "line\r\nline\u2028line",
)
DRAWN = {"svg", "title", "desc", "style", "rect", "path", "g", "text", "tspan", "circle"}
WRITTEN = DRAWN | {"div", "table", "tr", "th", "td", "h4", "pre", "mark"}


def everywhere(hostile: str) -> Recording:
    """A recording of a device that puts `hostile` wherever it can."""
    start = {"connectorId": hostile, "idTag": hostile, "meterStart": hostile}
    value = [{"sampledValue": [{"value": hostile, "unit": hostile}], "timestamp": hostile}]
    events: list[Event | str] = [
        BOOT,
        ConnectionOpened(1, hostile),
        Upgrade(1, f"/{hostile}", (hostile,), {hostile: hostile}),
        *asked("BootNotification", {"chargePointVendor": hostile}, {"status": hostile}, uid="1"),
        *asked("StartTransaction", start, {"transactionId": hostile}, uid="2"),
        *asked("MeterValues", {"transactionId": hostile, "meterValue": value}, {hostile: hostile}, uid="3"),
        frame("CP>", 2, hostile, hostile, {"idTag": hostile}),
        frame("CP>", 4, hostile, hostile, hostile, {}),
        frame("CS>", 2, "5", "Reset", {"type": hostile}),
        frame("CP>", 4, "5", hostile, hostile, {}),
        Frame(1, "CP>", "text", hostile),
        Frame(1, "CP>", "text", hostile, final=False),
        Frame(1, "CP>", "close", data="03e9" + hostile.encode("utf-8", "surrogatepass").hex()),
        Undecodable(1, "CP>", "00", hostile),
        Action(hostile, {"error": hostile}),
        Noise(hostile),
        ConsoleLine(LineKind.FATAL, hostile, 1),
        ConsoleLine(LineKind.LOG, hostile, 1, 1.5, "err", hostile, hostile),
    ]
    return journal(*events)


class Tags(HTMLParser):
    """The elements of an HTML page, and their attributes' names."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_it_stays_text_in_diagram_and_plot(hostile: str) -> None:
    recording = everywhere(hostile)
    every = range(1, len(recording.entries) + 1)
    for drawn in (sequence(recording, whole=True), sequence(recording, evidence=every), meter_plot(recording)):
        elements = [each for page in ET.fromstring(f"<all>{drawn}</all>") for each in page.iter()]  # noqa: S314
        assert {each.tag.rpartition("}")[2] for each in elements} <= DRAWN
        assert not [name for each in elements for name in each.attrib if name.startswith("on")]
        assert all(visible(text) == text for each in elements for text in each.itertext()), "nothing hides"
        drawn.encode("utf-8")
        assert len(drawn) < 80_000


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_it_stays_text_in_the_page_of_every_check(hostile: str) -> None:
    recording = everywhere(hostile)
    for verdict in judge(recording):
        page = check_page(verdict, recording)
        tags = Tags()
        tags.feed(page)
        assert tags.tags <= WRITTEN, verdict.check
        assert not [name for name in tags.attributes if name.startswith("on") or name in {"src", "href"}]
        page.encode("utf-8")


@given(st.text())
def test_whatever_text_is_sent_the_picture_can_be_read(text: str) -> None:
    recording = journal(frame("CP>", 2, "1", "Authorize", {"idTag": text}), Frame(1, "CP>", "text", text))
    ET.fromstring(f"<all>{sequence(recording, whole=True)}</all>")  # noqa: S314  (raises where it cannot be)


@given(st.text())
def test_visible_text_prints_and_what_printed_before_is_unchanged(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)
    assert visible_lines(f"{visible(text)}\n") == f"{visible(text)}\n"


@given(st.text(), st.integers(1, 50))
def test_shortened_text_fits(text: str, most: int) -> None:
    told = shortened(text, most)
    assert cells(told) <= most
    assert told == visible(text) or told.endswith("…")


def test_controls_are_shown_as_escapes() -> None:
    assert visible("a\x01\x1b[0m\u202e\ud800e\u0301\n") == r"a\x01\x1b[0m\u202e\ud800e\u0301\n"


def test_a_password_is_not_told() -> None:
    secret = {"key": "AuthorizationKey", "value": "s3cr3t"}
    text = json.dumps([2, "1", "ChangeConfiguration", secret])
    recording = journal(Frame(1, "CS>", "text", text), Frame(1, "CS>", "text", text[:-1]), Noise(text))
    page = sequence(recording, whole=True) + sequence(recording, evidence=[2, 3, 4])
    assert "ChangeConfiguration" in page
    assert "AuthorizationKey" in page
    assert "s3cr3t" not in page


def test_json_nested_without_end_is_told_as_that() -> None:
    nested: object = []
    for _ in range(900):
        nested = [nested]
    recording = journal(frame("CP>", 2, "1", "DataTransfer", {"data": nested}))
    assert sequence(recording, whole=True)
