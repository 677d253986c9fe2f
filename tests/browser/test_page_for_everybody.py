"""The page without a mouse, on a phone, in the dark, and while the central system is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.bench_service import Service, talking, twin_of
from tests.browser.looking import TABS, overflow, poor_contrasts, small_targets
from tests.browser.program import Program
from tests.browser.watched_page import PHONE, WatchedPage, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AWAY = ("Failed to load resource: net::ERR_", "Failed to load resource: the server responded with a status of 503")
"""What a browser says of a server that is being started again."""

FOCUSED = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
SEEN = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"


def test_a_remote_start_takes_no_mouse(watched: WatchedPage, twin: Program) -> None:
    page = watched.go()
    expect(watched.connector(1)).to_contain_text("is over")
    since = len(twin.text)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINE) == "solid", "whatever has the focus shows it"
        if page.evaluate(FOCUSED) == "Remote start, connector 1":
            break
    page.keyboard.press("Enter")
    expect(watched.card().locator("output")).to_contain_text("RemoteStartTransaction: answered Accepted")
    expect(watched.connector(1)).to_contain_text("Wh")
    # The card was updated around it, and the focus is where it was; the next key stops the charge.
    assert page.evaluate(FOCUSED) == "Remote start, connector 1"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(watched.connector(1)).to_contain_text("is over")
    twin.says("ocpp stop charging connector id 1", after=since)


def test_what_is_typed_stays_while_everything_changes(watched: WatchedPage, twin: Program, service: Service) -> None:
    page = watched.go("operations/DataTransfer?charge_point=zephyr")
    vendor = page.locator("form[data-action=DataTransfer] input[name=vendorId]")
    vendor.press_sequentially("half a na")
    service.api("PUT", "/api/tags/NEW", json={"status": "Accepted"})
    service.api("PUT", "/api/charge-points/new", json={"boot_status": "Accepted", "heartbeat_interval_s": 10})
    expect(page.locator("form[data-action=DataTransfer] option")).to_have_count(2)
    expect(vendor).to_have_value("half a na")
    expect(vendor).to_be_focused()
    watched.tab("Tags")
    expect(page.get_by_role("row").filter(has_text="NEW")).to_be_visible()
    page.go_back()
    expect(vendor).to_have_value("half a na")
    assert twin.process.poll() is None


def test_every_section_has_an_address_a_title_and_the_back_button(watched: WatchedPage) -> None:
    page = watched.go()
    for name in ("Transactions", "Operations", "Frames", "Tags", "SNTP"):
        watched.tab(name)
        expect(page.get_by_role("heading", name=name, level=2)).to_be_focused()
        assert page.title().startswith(name)
        expect(page.locator("nav a[aria-current]")).to_have_text(name)
    page.go_back()
    expect(page.get_by_role("heading", name="Tags", level=2)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Tags", level=2)).to_be_visible()
    watched.go("constructor")  # is none, though every object has one
    expect(page.get_by_role("heading", name="Charge points", level=2)).to_be_visible()


def test_a_tab_that_nobody_looks_at_holds_no_connection(watched: WatchedPage, service: Service) -> None:
    page = watched.go("tags")
    expect(page.get_by_role("row").filter(has_text="ZepId00")).to_be_visible()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/changes")):
        page.evaluate(SEEN, "hidden")
    service.api("PUT", "/api/tags/MEANWHILE", json={"status": "Accepted"})
    page.evaluate(SEEN, "visible")
    expect(page.get_by_role("row").filter(has_text="MEANWHILE")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(
    scheme: Literal["light", "dark"], chromium: Browser, service: Service
) -> None:
    with twin_of(service), WatchedPage(chromium, service.url, color_scheme=scheme) as watched:
        for page in everywhere(watched):
            assert poor_contrasts(page) == [], page.url


def test_a_phone_shows_all_of_it_without_scrolling_sideways(chromium: Browser, service: Service) -> None:
    longest = "W" * 48
    service.api("PUT", f"/api/charge-points/{longest}", json={"boot_status": "Accepted", "heartbeat_interval_s": 10})
    with twin_of(service), WatchedPage(chromium, service.url, **PHONE) as watched:
        for page in everywhere(watched):
            assert overflow(page) == 0, page.url
            assert small_targets(page) == [], page.url


def test_the_page_recovers_by_itself_when_the_central_system_starts_again(
    watched: WatchedPage, service: Service, twin: Program
) -> None:
    watched.excused.extend(AWAY)
    page = watched.go("frames")
    expect(page.locator(".rows li").filter(has_text="StopTransaction").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    watched.tab("Charge points")
    expect(watched.card().locator(".state")).to_have_text("connected")
    service.end()
    lost = page.get_by_role("alert").filter(has_text="The connection to the central system is lost")
    expect(lost).to_be_visible()
    service.start_again()
    expect(lost).to_be_hidden()
    # The device connects again, and all that was is still known.
    expect(watched.card().locator(".state")).to_have_text("connected")
    expect(watched.connector(1)).to_contain_text("is over")
    watched.tab("Frames")
    expect(page.locator(".rows li").first).to_contain_text("connection from")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()  # what was frozen is of another life
    assert twin.process.poll() is None


def test_that_nothing_can_be_stored_is_told_on_top(watched: WatchedPage, service: Service) -> None:
    told = service.api("GET", "/api/status") | {"storage_problem": "No space left on device; free some"}
    watched.page.route("**/api/status", lambda route: route.fulfill(json=told))
    page = watched.go()
    expect(page.get_by_role("alert").filter(has_text="Storage: No space left on device; free some")).to_be_visible()
    page.unroute("**/api/status")
    with talking(service, "zephyr"):
        expect(page.get_by_role("alert").filter(has_text="Storage")).to_have_count(0)


def test_a_device_that_is_in_pending_or_has_nothing_to_show_says_so(watched: WatchedPage, service: Service) -> None:
    page = watched.go("transactions")
    expect(page.get_by_text("No transaction.")).to_be_visible()
    service.api("PUT", "/api/charge-points/zephyr", json={"boot_status": "Pending", "heartbeat_interval_s": 5})
    with talking(service, "zephyr"):
        watched.go("charge-points")
        expect(watched.card()).to_contain_text("Pending, heartbeat every 5 s; has not booted yet")
        expect(watched.card()).to_contain_text("it has not told yet")


def everywhere(watched: WatchedPage) -> Iterator[Page]:
    """The page at each place once, with something in it, and with its dialogs."""
    page = watched.go("charge-points")
    expect(watched.connector(1)).to_contain_text("is over")
    number = watched.connector(1).get_by_role("link").inner_text().split()[1]
    for place in [*TABS, f"transactions/{number}"]:
        watched.go(place)
        expect(page.locator("main > section:not([hidden], [aria-busy])")).to_have_count(1)
        yield page
    expect(page.locator(".legend")).to_contain_text("Wh")
    yield page
    for place, opener in (("charge-points", "Add a charge point"), ("tags", "Edit ZepId00")):
        watched.go(place)
        page.get_by_role("button", name=opener).click()
        yield page
        page.keyboard.press("Escape")
