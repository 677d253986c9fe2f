"""The charge points on the page: seen, started, stopped, unlocked, let in and turned away."""

import re

import pytest
from websockets.exceptions import InvalidStatus

from tests.browser.bench_service import Service, talking, twin_of
from tests.browser.program import Program
from tests.browser.watched_page import WatchedPage, expect

CONNECTED_ANEW = """async (before) => {
  const [{ since }] = await (await fetch("/api/charge-points")).json();
  return since !== null && since !== before;
}"""


def test_a_charge_point_that_connects_is_seen_without_a_reload(watched: WatchedPage, service: Service) -> None:
    watched.go()
    expect(watched.card()).to_contain_text("not connected")
    with twin_of(service):
        card = watched.card()
        expect(card.locator(".state")).to_have_text("connected")
        expect(card).to_contain_text("zephyr basic")
        expect(card).to_contain_text(re.compile("Accepted, heartbeat every 10 s; booted .+"))
        expect(card).to_contain_text(re.compile(r"\d s ago; connected since .+ from 127\.0\.0\.1"))
        expect(watched.page.locator("#status")).to_contain_text("1 connected")
        # The sample sends no StatusNotification: what is not told is not made up.
        expect(watched.connector(1)).to_contain_text("status not told")
    expect(watched.card()).to_contain_text("not connected")
    expect(watched.page.locator("#status")).to_contain_text("0 connected")


def test_remote_start_a_rising_meter_remote_stop_and_unlock_from_the_card(watched: WatchedPage, twin: Program) -> None:
    watched.go()
    row, answer = watched.connector(1), watched.card().locator("output")
    for number in (1, 2):
        expect(watched.connector(number)).to_contain_text("is over")

    since = len(twin.text)
    watched.card().get_by_label("idTag for a remote start").select_option("ZepId01")
    watched.ask("Remote start")
    expect(answer).to_contain_text("RemoteStartTransaction: answered Accepted")
    expect(row).to_contain_text("ZepId01")
    meter = row.locator(".meter")
    expect(meter).to_have_text(re.compile(r"\d+ Wh"))
    first = meter.inner_text()
    expect(meter).not_to_have_text(first)
    assert wh(meter.inner_text()) > wh(first)

    watched.ask("Remote stop")
    expect(answer).to_contain_text("RemoteStopTransaction: answered Accepted")
    expect(row).to_contain_text("is over")
    watched.ask("Unlock", 2)
    expect(answer).to_contain_text("UnlockConnector: answered Unlocked")
    for line in ("Remote start charging .* connector 1", "ocpp stop charging connector id 1", "unlock connector 2"):
        twin.says(line, after=since)


def test_a_connector_that_is_not_known_and_an_idtag_that_is_not_can_be_typed(
    watched: WatchedPage, twin: Program
) -> None:
    watched.go()
    card = watched.card()
    expect(watched.connector(2)).to_contain_text("is over")
    card.get_by_label("idTag for a remote start").select_option(label="another idTag …")
    card.get_by_label("Other idTag", exact=True).fill("Nobody01")
    card.get_by_label("Connector number").fill("2")
    card.get_by_role("button", name="Remote start, connector as given").click()
    expect(card.locator("output")).to_contain_text("RemoteStartTransaction: answered Accepted")
    twin.says("idcon 2 status 0")  # Invalid: nobody registered it


def test_who_is_turned_away_is_let_in_with_one_tap(watched: WatchedPage, service: Service) -> None:
    watched.go()
    with pytest.raises(InvalidStatus), talking(service, "garage-7"):
        pass
    watched.page.get_by_role("button", name="Allow garage-7").click()
    expect(watched.card("garage-7")).to_contain_text("not connected")
    expect(watched.page.get_by_role("button", name="Allow garage-7")).to_be_hidden()
    with talking(service, "garage-7") as garage:
        garage.boot()
        expect(watched.card("garage-7").locator(".state")).to_have_text("connected")


def test_a_charge_point_is_added_edited_and_removed(watched: WatchedPage, service: Service) -> None:
    page = watched.go()
    page.get_by_role("button", name="Add a charge point").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Charge point id").fill("bench-2")
    dialog.get_by_label("Boot answer").select_option("Pending")
    dialog.get_by_label("Heartbeat interval").fill("42")
    dialog.get_by_label("Password", exact=True).select_option("set a new one")
    dialog.get_by_label("New password").fill("correct horse battery")
    dialog.get_by_role("button", name="Save").click()
    card = watched.card("bench-2")
    expect(card).to_contain_text("Pending, heartbeat every 42 s")
    expect(card).to_contain_text("needed")
    with pytest.raises(InvalidStatus), talking(service, "bench-2"):  # without the password
        pass

    card.get_by_role("button", name="Edit").click()
    dialog.get_by_label("Boot answer").select_option("Rejected")
    dialog.get_by_label("Password", exact=True).select_option("none needed")
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Rejected, heartbeat every 42 s")
    with talking(service, "bench-2") as talker:
        answer = talker.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})[2]
        assert (answer["status"], answer["interval"]) == ("Rejected", 42)
        expect(card).to_contain_text("V M")

    card.get_by_role("button", name="Remove").click()
    expect(dialog).to_contain_text("Remove bench-2?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)
    assert [each["id"] for each in service.api("GET", "/api/charge-points")] == ["zephyr"]


def test_what_the_central_system_refuses_is_said_in_the_dialog(watched: WatchedPage) -> None:
    watched.excused.append("Failed to load resource: the server responded with a status of 422")
    page = watched.go()
    page.get_by_role("button", name="Add a charge point").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Charge point id").fill("bench-2")
    dialog.get_by_label("Heartbeat interval").fill("99999999999")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("heartbeat_interval_s")
    expect(dialog.get_by_label("Charge point id")).to_have_value("bench-2")


def test_a_charge_point_is_disconnected_after_a_question(watched: WatchedPage, twin: Program, service: Service) -> None:
    watched.go()
    card = watched.card()
    expect(card.locator(".state")).to_have_text("connected")
    (before,) = service.api("GET", "/api/charge-points")
    card.get_by_role("button", name="Disconnect").click()
    watched.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(watched.page.get_by_role("dialog")).to_have_count(0)
    watched.page.wait_for_function(CONNECTED_ANEW, arg=before["since"])
    expect(card.locator(".state")).to_have_text("connected")
    assert twin.process.poll() is None


def wh(text: str) -> int:
    """The number in "17 Wh"."""
    return int(text.removesuffix(" Wh"))
