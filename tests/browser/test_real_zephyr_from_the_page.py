"""The real firmware, driven from the page as its engineer would: Zephyr's native_sim and a real browser.

The image has its ports built in (8180 and 123), so all of it lives in a network namespace of its own: firmware, central
system, browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firmware_build import Firmware, build_firmware, missing_tools
from rig.lifecycle import OFF_BEAT_S
from rig.network.namespace import command_in
from tests.browser.bench_service import Service
from tests.browser.program import Program, running
from tests.browser.watched_page import WatchedPage, expect, launched
from tests.namespaces import network_namespace
from tests.skipping import zephyr_or_skip

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

RATIO = 4
"""Device seconds in a second: slow enough for a hand at the page, quick enough for a test."""


@pytest.fixture(scope="module")
def firmware() -> Firmware:
    """Zephyr's sample for native_sim."""
    workspace = zephyr_or_skip()
    if missing := missing_tools("native_sim"):
        pytest.skip("cannot build: " + "; ".join(f"{tool.name} ({tool.cure})" for tool in missing))
    return build_firmware("native_sim", workspace=workspace)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace with nothing but loopback."""
    with network_namespace() as path:
        yield path


@pytest.fixture
def browser(playwright: Playwright, namespace: str, tmp_path: Path) -> Iterator[Browser]:
    """Chromium in it. Playwright talks to it through a pipe, and starts what has one word for a name."""
    *enter, _, chromium = command_in(namespace, ["chromium"])
    starter = tmp_path / "chromium-in-namespace"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(enter)} "$PPID" {chromium} "$@"\n')
    starter.chmod(0o755)
    with launched(playwright, str(starter)) as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser, namespace: str, firmware: Firmware, tmp_path: Path) -> Iterator[WatchedPage]:
    """The page of a central system on the ports that the image asks for."""
    service = Service(tmp_path, namespace=namespace, ports=(firmware.ocpp_port, firmware.sntp_port))
    try:
        with WatchedPage(browser, service.url) as page:
            yield page
    finally:
        service.end()


@pytest.fixture
def zephyr(watched: WatchedPage, namespace: str, firmware: Firmware, tmp_path: Path) -> Iterator[Program]:
    """The firmware, powered on with the page open."""
    watched.go()
    expect(watched.card()).to_contain_text("not connected")
    command = command_in(namespace, [str(firmware.image.resolve()), "-rt", f"-rt-ratio={RATIO}"])
    with running(command, cwd=tmp_path) as program:
        yield program


def test_zephyr_charges_as_it_is_told_on_the_page(watched: WatchedPage, zephyr: Program) -> None:
    page, answer = watched.page, watched.card().locator("output")
    expect(watched.card().locator(".state")).to_have_text("connected")
    expect(watched.card()).to_contain_text("zephyr basic")
    for number, tag in ((1, "ZepId00"), (2, "ZepId01")):
        expect(watched.connector(number)).to_contain_text(tag)
    for number in (1, 2):
        expect(watched.connector(number)).to_contain_text("is over")

    # Between two beats of the meter's timer, as in the rig's lifecycle: there is nothing else to wait for.
    page.wait_for_timeout(1000 * OFF_BEAT_S / RATIO)
    begin = len(zephyr.text)
    watched.ask("Remote start")
    expect(answer).to_contain_text("RemoteStartTransaction: answered Accepted")
    zephyr.says("Remote start charging idtag .* connector 1", after=begin)
    zephyr.says("start charging connector id 1", after=begin)

    transaction = watched.connector(1).get_by_role("link", name=re.compile(r"^transaction \d+$"))
    address = transaction.get_attribute("href")
    transaction.click()
    expect(page.locator('[data-fact="State"]')).to_have_text("running")
    plot, dots = page.get_by_role("slider"), page.locator(".panels circle.dot")
    expect(page.locator(".legend")).to_contain_text("Energy.Active.Import.Register")
    expect(dots.nth(2)).to_be_attached()
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"Energy\.Active\.Import\.Register -?\d+ Wh"))
    heights = [float(each) for each in dots.evaluate_all("dots => dots.map((dot) => dot.getAttribute('cy'))")]
    assert heights == sorted(heights, reverse=True), "upwards is less in SVG"
    assert heights[0] > heights[-1], "it rises"

    watched.tab("Charge points")
    watched.ask("Remote stop")
    expect(answer).to_contain_text("RemoteStopTransaction: answered Accepted")
    expect(watched.connector(1)).to_contain_text("is over")
    zephyr.says("stop charging connector id 1", after=begin)
    page.goto(f"{watched.url}/{address}")
    expect(page.locator('[data-fact="State"]')).to_have_text(re.compile("^stopped"))

    watched.tab("Charge points")
    watched.ask("Unlock", 2)
    expect(answer).to_contain_text("UnlockConnector: answered Unlocked")
    zephyr.says("unlock connector 2", after=begin)
