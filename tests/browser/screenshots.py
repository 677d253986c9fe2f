"""`python -m tests.browser.screenshots`: the pictures of docs/operators-page.md, of a central system in use.

From a checkout; it needs playwright and Chromium. Pictures are smaller than 150 kB each.
"""

from __future__ import annotations

import math
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.exceptions import InvalidStatus

from tests.browser.bench_service import Service, talking, twin_of
from tests.browser.watched_page import WatchedPage, expect, launched, playwright_or_skip

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).parents[2] / "docs" / "page"
LARGEST = 150_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1120, "height": 720}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1.5
}  # fmt: skip
CHARGING = "zephyr-disco"
SAMPLES = 40


def main() -> None:
    """Make all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        service = Service(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(service.end)
        stack.enter_context(twin_of(service, time_scale=5))
        metered = _some_life(service, stack)
        browser = stack.enter_context(launched(stack.enter_context(playwright_or_skip())))
        for scheme in ("light", "dark"):
            for kind, options in (("desktop", DESKTOP), ("phone", PHONE)):
                _pictures(browser, service, f"{kind}-{scheme}", metered, options | {"color_scheme": scheme})


def _some_life(service: Service, stack: ExitStack) -> int:
    """A second charge point that charges with all it can measure; returns its transaction."""
    registration = {"boot_status": "Accepted", "heartbeat_interval_s": 60}
    service.api("PUT", f"/api/charge-points/{CHARGING}", json=registration)
    service.api("PUT", "/api/tags/fleet-22", json={"status": "Accepted", "parent": "FLEET"})
    service.api("PUT", "/api/tags/visitor-7", json={"status": "Blocked"})
    with suppress(InvalidStatus), talking(service, "unknown-1"):
        pass
    talker = stack.enter_context(talking(service, CHARGING))
    talker.boot("ACME", "Wallbox 22", firmwareVersion="v4.3.0-12-g0123abc", chargePointSerialNumber="AC-0001482")
    for connector, status in ((0, "Available"), (1, "Charging"), (2, "Faulted")):
        error = "GroundFailure" if status == "Faulted" else "NoError"
        talker.call("StatusNotification", {"connectorId": connector, "status": status, "errorCode": error})
    begin = time.time() - SAMPLES * 15
    start = {"connectorId": 1, "idTag": "fleet-22", "meterStart": 120_400, "timestamp": _iso(begin)}
    transaction: int = talker.call("StartTransaction", start)[2]["transactionId"]
    for sample in range(1, SAMPLES):
        talker.call("MeterValues", _meter_values(transaction, begin, sample))
    talker.call("FirmwareStatusNotification", {"status": "Downloaded"})
    return transaction


def _meter_values(transaction: int, begin: float, sample: int) -> dict[str, Any]:
    values = [_sampled("Energy.Active.Import.Register", "Wh", 120_400 + 46 * sample)]
    for phase, shift in (("L1", 0), ("L2", 2), ("L3", 4)):
        values.append(_sampled("Current.Import", "A", 15.5 + math.sin(sample / 6 + shift) / 2, phase))
    values.append(_sampled("Temperature", "Celsius", 31 + 6 * (1 - math.exp(-sample / 12))))
    meter_value = {"timestamp": _iso(begin + 15 * sample), "sampledValue": values}
    return {"connectorId": 1, "transactionId": transaction, "meterValue": [meter_value]}


def _sampled(measurand: str, unit: str, value: float, phase: str | None = None) -> dict[str, str]:
    sampled = {"measurand": measurand, "unit": unit, "value": f"{value:.2f}".rstrip("0").rstrip(".")}
    return sampled | {"phase": phase} if phase else sampled


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _pictures(browser: Browser, service: Service, kind: str, metered: int, options: dict[str, Any]) -> None:
    with WatchedPage(browser, service.url, **options) as watched:
        page = watched.go()
        expect(watched.connector(1, CHARGING)).to_contain_text("Wh")
        expect(watched.connector(1)).to_contain_text("is over")
        expect(watched.connector(2)).to_contain_text("is over")
        watched.ask("Remote start")
        expect(watched.card().locator("output")).to_contain_text("answered Accepted")
        expect(watched.connector(1)).to_contain_text("Wh")
        page.evaluate("() => scrollTo(0, 0)")
        _picture(watched, f"charge-points-{kind}")
        watched.ask("Remote stop")
        expect(watched.connector(1)).to_contain_text("is over")
        watched.go(f"transactions/{metered}")
        expect(page.locator(".legend")).to_contain_text("Temperature")
        page.get_by_role("slider").focus()
        for _ in range(12):
            page.keyboard.press("ArrowLeft")
        page.evaluate("() => document.activeElement.scrollIntoView({ block: 'start' })")
        _picture(watched, f"transaction-{kind}")
        watched.go("operations/SetChargingProfile?charge_point=zephyr")
        expect(page.locator("form[data-action=SetChargingProfile]")).to_be_visible()
        page.evaluate("() => scrollTo(0, 0)")
        _picture(watched, f"operations-{kind}")
        watched.go("frames?charge_point=zephyr&text=transaction")
        page.locator(".rows li").filter(has_text="StopTransaction").first.get_by_role("button").click()
        expect(page.locator(".rows pre")).to_be_visible()
        _picture(watched, f"frames-{kind}")


def _picture(watched: WatchedPage, name: str) -> None:
    path = FOLDER / f"{name}.png"
    watched.page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST}; show less on it")


if __name__ == "__main__":
    main()
