"""Who may charge, and what time charge points are told: changed on the page, noticed by charge points."""

import pytest

from tests.browser.bench_service import Service
from tests.browser.program import Program
from tests.browser.watched_page import WatchedPage, expect


def test_a_tag_that_is_blocked_on_the_page_may_not_charge_any_more(watched: WatchedPage, twin: Program) -> None:
    page = watched.go()
    expect(watched.connector(1)).to_contain_text("is over")
    watched.tab("Tags")
    page.get_by_role("button", name="Edit ZepId00").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Status").select_option("Blocked")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="ZepId00")).to_contain_text("Blocked")

    watched.tab("Charge points")
    watched.ask("Remote start")
    twin.says("ocpp auth 0> idcon 1 status 2")  # 2 is Blocked in the library's numbers
    watched.tab("Frames")
    page.get_by_label("Containing").fill("Blocked")
    expect(page.locator(".rows li").last).to_contain_text("Authorize")


def test_a_tag_is_added_with_all_it_can_have_and_removed(watched: WatchedPage, service: Service) -> None:
    page = watched.go("tags")
    page.get_by_role("button", name="Add an idTag").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("idTag", exact=True).fill("fleet/7 ü")
    dialog.get_by_label("Expires").fill("2031-05-06T07:08")
    dialog.get_by_label("Parent idTag").fill("FLEET")
    dialog.get_by_label("several transactions at once").check()
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="fleet/7 ü")
    expect(row).to_contain_text("2031-05-06 07:08:00")
    tag = next(each for each in service.api("GET", "/api/tags") if each["id_tag"] == "fleet/7 ü")
    assert (tag["status"], tag["parent"], tag["concurrent"]) == ("Accepted", "FLEET", True)

    page.get_by_role("button", name="Remove fleet/7 ü").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    assert len(service.api("GET", "/api/tags")) == 2


def test_an_edit_that_is_not_about_the_expiry_leaves_it_as_it_is(watched: WatchedPage, service: Service) -> None:
    tag = {"status": "Accepted", "expiry_s": 1_935_986_999.5, "parent": None, "concurrent": False}
    service.api("PUT", "/api/tags/FLEET", json=tag)
    page = watched.go("tags")
    page.get_by_role("button", name="Edit FLEET").click()
    page.get_by_role("dialog").get_by_label("Status").select_option("Blocked")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="FLEET")).to_contain_text("Blocked")
    (kept,) = [each for each in service.api("GET", "/api/tags") if each["id_tag"] == "FLEET"]
    assert kept == tag | {"id_tag": "FLEET", "status": "Blocked"}


def test_an_sntp_fault_is_switched_on_and_off(watched: WatchedPage, service: Service) -> None:
    ntplib = pytest.importorskip("ntplib", reason="ntplib is not installed (pip install ntplib)")
    page = watched.go("sntp")
    offset = page.locator('[data-fault="offset"]')
    offset.get_by_label("offset: SECONDS").fill("-3600")
    offset.get_by_role("checkbox").check()
    expect(page.get_by_text("Faults now: offset=-3600")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("SNTP faults: offset=-3600")
    answer = ntplib.NTPClient().request("127.0.0.1", port=service.sntp_port)
    assert answer.offset == pytest.approx(-3600, abs=5)

    page.get_by_role("button", name="All faults off").click()
    expect(page.get_by_text("No fault")).to_be_visible()
    answer = ntplib.NTPClient().request("127.0.0.1", port=service.sntp_port)
    assert answer.offset == pytest.approx(0, abs=5)


def test_a_fault_that_needs_an_amount_is_not_switched_on_without(watched: WatchedPage) -> None:
    page = watched.go("sntp")
    late = page.locator('[data-fault="late"]')
    late.get_by_role("checkbox").click()
    expect(late.get_by_label("late: SECONDS")).to_be_focused()
    expect(late.get_by_role("checkbox")).not_to_be_checked()


def test_faults_that_exclude_each_other_are_refused_with_the_reason(watched: WatchedPage) -> None:
    watched.excused.append("Failed to load resource: the server responded with a status of 422")
    page = watched.go("sntp")
    page.locator('[data-fault="silent"]').get_by_role("checkbox").check()
    expect(page.get_by_text("Faults now: silent")).to_be_visible()
    page.locator('[data-fault="unsynchronised"]').get_by_role("checkbox").click()
    expect(page.get_by_role("alert").filter(has_text="silent says nothing")).to_be_visible()
    expect(page.locator('[data-fault="unsynchronised"]').get_by_role("checkbox")).not_to_be_checked()
