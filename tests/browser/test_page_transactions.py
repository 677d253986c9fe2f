"""Transactions on the page: the list, and one of them with its plot."""

import json
import re

from tests.browser.bench_service import Service, talking
from tests.browser.program import Program
from tests.browser.watched_page import WatchedPage, expect

ENERGY = "Energy.Active.Import.Register"
STOP = {"meterStop": 10, "timestamp": "2026-01-31T13:00:00Z"}


def test_the_list_is_newest_first_and_can_be_filtered(watched: WatchedPage, service: Service) -> None:
    with talking(service, "zephyr") as talker:
        talker.boot()
        ids = [talker.call("StartTransaction", start(minute))[2]["transactionId"] for minute in range(60)]
        for each in ids[:-1]:
            talker.call("StopTransaction", STOP | {"transactionId": each})
        page = watched.go("transactions")
        rows = page.get_by_role("table", name="Transactions").locator("tbody tr")
        expect(rows).to_have_count(50)
        expect(rows.first).to_contain_text(f"{ids[-1]}")
        expect(rows.first).to_contain_text("running")
        expect(rows.nth(1)).to_contain_text("10 Wh")
        page.get_by_role("button", name="Load more").click()
        expect(rows).to_have_count(60)
        expect(page.get_by_role("button", name="Load more")).to_be_hidden()

        page.get_by_label("running only").check()
        expect(rows).to_have_count(1)
        talker.call("StopTransaction", STOP | {"transactionId": ids[-1]})
        expect(page.get_by_text("No transaction.")).to_be_visible()
        page.reload()  # the filter is in the address
        expect(page.get_by_label("running only")).to_be_checked()
        page.get_by_label("running only").uncheck()
        page.get_by_label("Charge point").select_option("zephyr")
        expect(rows).to_have_count(50)
        rows.first.get_by_role("link").click()
        expect(page.get_by_role("heading", name=f"Transaction {ids[-1]}")).to_be_visible()
        page.go_back()
        expect(rows).to_have_count(50)


def test_the_plot_of_a_running_transaction_rises(watched: WatchedPage, twin: Program) -> None:
    page = watched.go()
    expect(watched.connector(1)).to_contain_text("is over")
    watched.ask("Remote start")
    watched.connector(1).get_by_role("link", name=re.compile(r"^transaction \d+$")).click()
    expect(page.locator('[data-fact="State"]')).to_have_text("running")
    latest = page.locator(".legend strong")
    expect(latest).to_have_text(re.compile(r"\d+ Wh"))
    readings = [latest.inner_text()]
    for _ in range(3):
        expect(latest).not_to_have_text(readings[-1])
        readings.append(latest.inner_text())
    values = [int(reading.removesuffix(" Wh")) for reading in readings]
    assert values == sorted(set(values)), "each is higher than the one before"
    dots = page.locator(".panels circle.dot")
    heights = dots.evaluate_all("dots => dots.map((dot) => Number(dot.getAttribute('cy')))")
    assert heights == sorted(heights, reverse=True), "upwards is less in SVG"
    assert twin.process.poll() is None


def test_what_a_plot_shows_can_be_read_by_keyboard_mouse_and_in_a_table(watched: WatchedPage, service: Service) -> None:
    with talking(service, "zephyr") as talker:
        talker.boot()
        transaction = talker.call("StartTransaction", start(0))[2]["transactionId"]
        for minute, (wh, volts) in enumerate([(100, 229.5), (250, 231), (375, 230.25)], 1):
            talker.call("MeterValues", metered(transaction, f"2026-01-31T12:0{minute}:00Z", wh, volts))
        page = watched.go(f"transactions/{transaction}")
        plot = page.get_by_role("slider")
        expect(plot.locator("svg")).to_have_count(2)  # one for Wh, one for V
        assert plot.locator("svg .unit").all_text_contents() == ["Wh", "V"]
        when, legend = page.locator(".when"), page.locator(".legend")
        expect(when).to_contain_text("3:00 after the start")

        plot.focus()
        page.keyboard.press("Home")
        expect(when).to_contain_text("1:00 after the start")
        page.keyboard.press("ArrowRight")
        expect(plot).to_have_attribute("aria-valuetext", f"2:00: {ENERGY} 250 Wh; Voltage 231 V")
        expect(legend).to_contain_text("231 V")
        page.keyboard.press("Escape")
        expect(when).to_contain_text("Latest")

        box = plot.bounding_box()
        assert box
        page.mouse.move(box["x"] + 70, box["y"] + 60)
        expect(when).to_contain_text("1:00 after the start")
        page.get_by_label("Voltage").uncheck()
        expect(plot.locator("svg")).to_have_count(1)

        page.get_by_text("All 6 values as a table").click()
        expect(page.locator("details tbody tr").first).to_contain_text("375 Wh")
        plot.focus()
        page.keyboard.press("Home")
        talker.call("MeterValues", metered(transaction, "2026-01-31T12:04:00Z", 500, 230))
        expect(page.locator("details tbody tr").first).to_contain_text("500 Wh")
        expect(when).to_contain_text("1:00 after the start")  # whoever reads a value goes on reading it
        expect(plot).to_be_focused()


def start(minute: int) -> dict[str, object]:
    """A StartTransaction.req; each is of another minute, for one that is repeated is the same transaction."""
    timestamp = f"2026-01-31T12:{minute:02}:00Z"
    return {"connectorId": 1, "idTag": "ZepId00", "meterStart": 0, "timestamp": timestamp}


def metered(transaction: int, timestamp: str, wh: int, volts: float) -> dict[str, object]:
    """A MeterValues.req."""
    values = [
        {"measurand": ENERGY, "unit": "Wh", "value": json.dumps(wh)},
        {"measurand": "Voltage", "unit": "V", "value": json.dumps(volts)},
    ]
    meter_value = [{"timestamp": timestamp, "sampledValue": values}]
    return {"connectorId": 1, "transactionId": transaction, "meterValue": meter_value}
