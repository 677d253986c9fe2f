"""A real browser in front of the whole service; skipped by name where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.bench_service import Service, twin_of
from tests.browser.watched_page import WatchedPage, launched, playwright_or_skip

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

    from tests.browser.program import Program


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What talks to browsers."""
    with playwright_or_skip() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser for all tests; each has a context of its own in it."""
    with launched(playwright) as browser:
        yield browser


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A central system with an empty database: it knows the charge point `zephyr` and its two tags."""
    service = Service(tmp_path)
    yield service
    service.end()


@pytest.fixture
def twin(service: Service) -> Iterator[Program]:
    """The twin as the charge point `zephyr`; its own two transactions are over after two seconds."""
    with twin_of(service) as program:
        yield program


@pytest.fixture
def watched(chromium: Browser, service: Service) -> Iterator[WatchedPage]:
    """A page of a desktop; at the end it has talked to the service alone, and nothing in it went wrong."""
    with WatchedPage(chromium, service.url) as page:
        yield page
