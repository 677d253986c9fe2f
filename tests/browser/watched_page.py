"""A browser's page under watch: whom it talked to, and what went wrong in it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright
    from playwright.sync_api._generated import LocatorAssertions

CHROMIUM = "chromium"

PATIENCE_MS = 20_000
"""For what has to appear on the page, on a host that is very busy."""

QUIET = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""A browser that asks nobody for anything that no page asks for."""

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@contextmanager
def playwright_or_skip() -> Iterator[Playwright]:
    """Playwright, of which a thread can have one; skips the test where it or Chromium is missing."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (an extra)
    except ImportError:
        pytest.skip("playwright is not installed: pip install 'zephyr-ocpp-rig[browser]'")
    if not shutil.which(CHROMIUM):
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright


@contextmanager
def launched(playwright: Playwright, program: str = CHROMIUM) -> Iterator[Browser]:
    """Debian's Chromium without a window, or `program`, which becomes it."""
    browser = playwright.chromium.launch(executable_path=shutil.which(program), args=QUIET)
    try:
        yield browser
    finally:
        browser.close()


def expect(locator: Locator) -> LocatorAssertions:
    """What is to be true of elements before the patience for a busy host is over."""
    from playwright.sync_api import expect as expect_  # noqa: PLC0415  (an extra)

    expect_.set_options(timeout=PATIENCE_MS)
    return expect_(locator)


class WatchedPage:
    """A page of the operator's. A context manager, which ends with the assertions that hold for all of its life.

    `excused` are beginnings of error messages that a test provokes on purpose.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.excused: list[str] = []
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._context = browser.new_context(**(DESKTOP | options))
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._context.close()
        if kind is None:
            outside = {urlsplit(each).netloc for each in self.requests if not each.startswith("blob:")}
            assert outside <= {urlsplit(self.url).netloc}, "the page asks nobody but its central system"
            assert self.unexcused() == []

    def unexcused(self) -> list[str]:
        """What went wrong and was not provoked."""
        return [each for each in self.errors if not any(each.startswith(excuse) for excuse in self.excused)]

    def go(self, place: str = "") -> Page:
        """Go to a place on the page, as `transactions/17`, by its address."""
        self.page.goto(f"{self.url}/#/{place}" if place else f"{self.url}/")
        return self.page

    def tab(self, name: str) -> None:
        """Go to a section by its link."""
        self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=name, exact=True).click()

    def card(self, charge_point: str = "zephyr") -> Locator:
        """The card of a charge point."""
        return self.page.locator(f'article[data-charge-point="{charge_point}"]')

    def connector(self, number: int, charge_point: str = "zephyr") -> Locator:
        """The row of a connector on the card of its charge point."""
        return self.card(charge_point).locator(f'[data-connector="{number}"]')

    def ask(self, label: str, number: int = 1, charge_point: str = "zephyr") -> None:
        """Press a connector's button."""
        self.card(charge_point).get_by_role("button", name=f"{label}, connector {number}").click()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)
