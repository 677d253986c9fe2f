"""What a charge point says is shown as text, whatever it says."""

from __future__ import annotations

import json

from tests.browser.bench_service import Service, talking
from tests.browser.watched_page import WatchedPage, expect

IMAGE = '<img src=x onerror="window.pwned=1">'
SCRIPT = "<script>window.pwned=1</script>"
TAG = "<svg onload=pwned()>"
"""An idTag has 20 characters."""

BREAKING = [
    '[{"toString":0}]',
    '[4,"x",{"toString":0},"d"]',
    '[2,"a","b",' + "[" * 8000 + "]" * 8000 + "]",
    '["constructor"]',
]
"""What JavaScript throws at where it takes it for a text, a key or something that is nested a little."""

MADE = "() => document.querySelectorAll('main img, main script, body > script, main [onerror], main [onload]').length"


def test_no_script_of_a_charge_point_ever_runs(watched: WatchedPage, service: Service) -> None:
    service.api("PUT", f"/api/tags/{TAG}", json={"status": "Accepted", "parent": "<b>"})
    with talking(service, "zephyr") as talker:
        talker.boot(IMAGE, SCRIPT, firmwareVersion=IMAGE, chargePointSerialNumber=SCRIPT)
        talker.call("StatusNotification", {"connectorId": 1, "status": IMAGE, "errorCode": SCRIPT})
        start = {"connectorId": 1, "idTag": TAG, "meterStart": 0, "timestamp": IMAGE}
        transaction = talker.call("StartTransaction", start)[2]["transactionId"]
        sampled = {"measurand": IMAGE, "unit": SCRIPT, "value": "1", "context": IMAGE, "location": SCRIPT}
        meter_value = {"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [sampled]}
        meters = {"connectorId": 1, "transactionId": transaction, "meterValue": [meter_value]}
        talker.call("MeterValues", meters)
        talker.call("DataTransfer", {"vendorId": IMAGE, "messageId": SCRIPT, "data": f"{IMAGE}\u202e\u0000"})
        talker.send(SCRIPT)
        talker.send(json.dumps([2, "1", IMAGE, {IMAGE: SCRIPT}]))

        page = watched.go()
        expect(watched.card()).to_contain_text(f"{IMAGE} {SCRIPT}")
        expect(watched.connector(1)).to_contain_text(f"{IMAGE}, {SCRIPT}")
        expect(watched.connector(1)).to_contain_text(TAG)
        watched.go("transactions")
        expect(page.get_by_role("row").filter(has_text=TAG)).to_be_visible()
        watched.go(f"transactions/{transaction}")
        expect(page.locator(".legend")).to_contain_text(IMAGE)
        expect(page.locator('[data-fact="Started"]')).to_contain_text(IMAGE)
        watched.go("tags")
        expect(page.get_by_role("row").filter(has_text=TAG)).to_be_visible()
        watched.go("operations/RemoteStartTransaction")
        expect(page.locator(".log").last).to_contain_text("DataTransfer")
        page.locator(".log").last.locator("summary").first.click()
        expect(page.locator(".log pre").last).to_contain_text("onerror")
        watched.go("frames?text=pwned")
        expect(page.locator(".rows")).to_contain_text(SCRIPT)
        page.locator(".rows button").first.click()
        expect(page.locator(".rows pre")).to_contain_text("pwned")

        assert page.evaluate("() => window.pwned") is None
        assert page.evaluate(MADE) == 0


def test_no_message_keeps_the_others_from_being_shown(watched: WatchedPage, service: Service) -> None:
    with talking(service, "zephyr") as talker:
        for message in BREAKING:
            talker.send(message)
        page = watched.go("frames?sender=CP%3E")
        rows = page.locator(".rows li")
        expect(rows).to_have_count(len(BREAKING))
        for index, message in enumerate(BREAKING):
            rows.nth(index).get_by_role("button").click()
            assert "".join(rows.nth(index).locator("pre").inner_text().split()) == message
            rows.nth(index).get_by_role("button").click()


def test_hostile_words_do_not_break_out_of_the_layout(watched: WatchedPage, service: Service) -> None:
    endless = "W" * 5000
    with talking(service, "zephyr") as talker:
        talker.boot(endless, "\u202eM\u0301" * 100)
        page = watched.go()
        expect(watched.card()).to_contain_text("WWWW")
        wider = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) == 0
        talker.send(endless)
        watched.go("frames")
        expect(page.locator(".rows li").last).to_contain_text("WWWW")
        assert page.evaluate(wider) == 0
