"""The meter plot: readings where and when they came, gaps and nonsense for all to see."""

import re
from xml.etree import ElementTree as ET

import pytest

from central_system.events import Frame
from rig.journal.events import DeviceEvent
from rig.journal.recording import Recording
from rig.journal.transactions import transactions_of
from rig.report.meter_panel import MOST_READINGS, Panel
from rig.report.meter_plot import MOST, meter_plot
from rig.report.scale import Scale, grouped, measured
from tests.recorded import ALL, journal_of
from tests.synthetic import BOOT, asked, journal

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (our own)


def looks(svg: str, look: str) -> list[ET.Element]:
    return [each for each in parsed(svg).iter() if each.attrib.get("class") == look]


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in parsed(svg).iter(f"{SVG}text")]


def started(number: int = 101, meter_start: object = 7) -> tuple[Frame, Frame]:
    request = {"connectorId": 1, "idTag": "ZepId00", "meterStart": meter_start}
    return asked("StartTransaction", request, {"transactionId": number, "idTagInfo": {}}, uid=f"start{number}")


def reading(value: object, number: int = 101) -> tuple[Frame, Frame]:
    values = [{"timestamp": "2027-01-15T08:00:00Z", "sampledValue": [{"value": value, "unit": "Wh"}]}]
    request = {"connectorId": 1, "transactionId": number, "meterValue": values}
    return asked("MeterValues", request, {}, uid=f"{number}-{value}")


def stopped(number: int = 101, meter_stop: object = 20) -> tuple[Frame, Frame]:
    return asked("StopTransaction", {"transactionId": number, "meterStop": meter_stop}, {}, uid=f"stop{number}")


def charging(*events: Frame, step_s: float = 2.0) -> Recording:
    return journal(BOOT, *events, step_s=step_s)


GOOD = (*started(), *reading("9"), *reading("12"), *reading("20"), *stopped())


def test_each_transaction_has_a_panel_and_each_reading_a_dot() -> None:
    drawn = meter_plot(charging(*GOOD))
    (title,) = [text for text in texts(drawn) if text.startswith("transaction")]
    assert title == "transaction 101, connector 1, ZepId00  3 readings, 9 to 20 Wh, meterStart 7 Wh, meterStop 20 Wh"
    (dots,) = looks(drawn, "dots")
    spots = [tuple(map(float, each)) for each in re.findall(r"M([\d.]+) ([\d.]+)h0", dots.attrib["d"])]
    assert spots == sorted(spots), "time runs from left to right"
    assert [y for _, y in spots] == sorted((y for _, y in spots), reverse=True), "and the register rises"
    assert len(spots) == 3
    assert len(looks(drawn, "edge")) == 2, "the register at start and stop"
    assert not looks(drawn, "gap")
    assert not looks(drawn, "off")


@pytest.mark.parametrize("name", ALL)
def test_the_transactions_of_every_real_recording_are_drawn_with_all_their_readings(name: str) -> None:
    recording = journal_of(name)
    started = len(recording.calls_from_charge_point("StartTransaction"))
    drawn = meter_plot(recording)
    assert bool(drawn) == (started > 0)
    assert len(looks(drawn, "title") if drawn else []) == started
    owned = [c for c in recording.calls_from_charge_point("MeterValues") if started]
    dots = "".join(each.attrib["d"] for each in looks(drawn, "dots")) if drawn else ""
    assert dots.count("h0") + len(looks(drawn, "ring") if drawn else []) == len(owned)


def test_the_axes_have_units() -> None:
    drawn = texts(meter_plot(charging(*GOOD)))
    assert [text for text in drawn if re.fullmatch(r"[\d.,]+ Wh", text)] == ["10 Wh", "15 Wh", "20 Wh"]
    assert "seconds of device time since the run began" in drawn
    fast = journal(BOOT, *GOOD, run={"ratio": 20.0})
    assert "seconds of device time since the run began, 20 in a second of the host" in texts(meter_plot(fast))


def test_time_without_a_reading_is_a_gap() -> None:
    drawn = meter_plot(charging(*started(), *reading("9"), *reading("10"), *stopped(), step_s=4.0))
    (first, second, third) = looks(drawn, "gap")
    assert float(first.attrib["x"]) < float(second.attrib["x"]) < float(third.attrib["x"])
    assert "8.0 s without a reading, 8.0 s without a reading, 8.0 s without a reading" in texts(drawn)
    assert texts(drawn).count("8.0 s") == 3


def test_a_transaction_that_never_stopped_lasts_until_the_device_ended() -> None:
    ended = journal(BOOT, *started(), *reading("9"), DeviceEvent("exited", 1, -11), BOOT, BOOT, step_s=3.0)
    assert "never stopped" in texts(meter_plot(ended))
    (transaction,) = transactions_of(ended)
    assert Panel.of(transaction, ended).end == 18.0, "line 7 of the journal, one each 3 s"


def test_a_register_that_makes_no_sense_is_marked_at_the_edge_and_does_not_flatten_the_rest() -> None:
    drawn = meter_plot(charging(*started(meter_start=-273687498), *GOOD[2:-2], *stopped(meter_stop=1386252703)))
    assert "meterStart -273,687,498 Wh is off the scale, meterStop 1,386,252,703 Wh is off the scale" in texts(drawn)
    assert len(looks(drawn, "off")) == 2
    assert "15 Wh" in texts(drawn)


def test_a_register_that_falls_or_stands_still_is_red() -> None:
    drawn = meter_plot(charging(*started(), *reading("9"), *reading("8"), *reading("8.0"), *reading("11"), *stopped()))
    assert (len(looks(drawn, "line")), len(looks(drawn, "falls"))) == (1, 2)


def test_readings_behind_the_stop_are_hollow() -> None:
    drawn = meter_plot(charging(*GOOD, *reading("21")))
    assert len(looks(drawn, "ring")) == 1
    assert "1 reading behind the stop" in texts(drawn)


@pytest.mark.parametrize("value", ["lots", None, "nan", "-inf", "1e300"])
def test_a_reading_that_is_no_number_is_named_in_its_place(value: object) -> None:
    drawn = meter_plot(charging(*started(), *reading("9"), *reading(value), *reading("11"), *stopped()))
    assert "✕ no number" in texts(drawn)
    assert looks(drawn, "dots")[0].attrib["d"].count("h0") == 2


@pytest.mark.parametrize("value", [True, "7", None, [], {}, 10**400, 1e300])
def test_a_register_that_is_no_number_is_not_drawn(value: object) -> None:
    drawn = meter_plot(charging(*started(meter_start=value), *GOOD[2:]))
    assert len(looks(drawn, "edge")) == 1
    assert not [text for text in texts(drawn) if "meterStart" in text]


def test_where_no_transaction_was_there_is_no_plot() -> None:
    assert not meter_plot(journal(BOOT))


def test_of_many_transactions_those_that_the_evidence_tells_of_are_drawn() -> None:
    cycles = [frame for n in range(40) for frame in (*started(n), *reading("9", n), *stopped(n))]
    recording = charging(*cycles)
    drawn = meter_plot(recording)
    assert len(looks(drawn, "title")) == MOST
    assert any(text.endswith("28 more transactions are not shown") for text in texts(drawn))
    last = recording.entries[-2].n
    (title,) = looks(meter_plot(recording, evidence=[last]), "title")
    assert title.text == "transaction 39, connector 1, ZepId00"


def test_however_many_readings_there_are_the_plot_stays_small() -> None:
    many = [frame for n in range(2000) for frame in reading(str(n))]
    drawn = meter_plot(charging(*started(), *many, *stopped()))
    assert looks(drawn, "dots")[0].attrib["d"].count("h0") == MOST_READINGS
    assert len(drawn) < 80_000


def test_the_picture_says_in_words_what_it_shows() -> None:
    drawn = parsed(meter_plot(charging(*GOOD)))
    assert [child.tag for child in drawn][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert (drawn[1].text or "").endswith("3 readings, 9 to 20 Wh, meterStart 7 Wh, meterStop 20 Wh, nothing amiss")


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (9.0, 15.0), (-3e9, 2e9), (1899736097.0, 1899736098.0), (0, 1e15)]
)
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 100, 0).ticks(5)
    assert 2 <= len(ticks) <= 5
    assert all(low <= tick <= high for tick in ticks)
    assert all(len(grouped(tick).replace(",", "").strip("-0.")) <= 12 for tick in ticks)


def test_only_finite_numbers_that_a_meter_can_show_are_measured() -> None:
    assert [measured(value) for value in (7, 7.5, -3)] == [7.0, 7.5, -3.0]
    odd: list[object] = [True, "7", None, float("nan"), float("inf"), 10**400, [], {}]
    assert not [value for value in odd if measured(value) is not None]
