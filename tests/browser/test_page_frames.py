"""The frame log on the page: live, filtered, opened, paused, downloaded."""

import json
import re
from pathlib import Path

from tests.browser.bench_service import Service, talking
from tests.browser.program import Program
from tests.browser.watched_page import WatchedPage, expect


def test_frames_are_filtered_by_direction_action_and_text(watched: WatchedPage, twin: Program) -> None:
    page = watched.go("frames")
    rows = page.locator(".rows li")
    expect(rows.filter(has_text="StopTransaction").first).to_be_visible()
    page.get_by_label("Containing").fill("bootnotification")
    expect(rows).to_have_count(2)  # an answer has the action of what it answers
    expect(rows.last).to_contain_text("RESULT")
    page.get_by_label("Direction").select_option("from the charge point")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text('{"chargePointModel":"basic","chargePointVendor":"zephyr"}')
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("combobox", name="Charge point").first.select_option("zephyr")
    expect(rows).to_have_count(1)
    assert page.url.endswith("#/frames?charge_point=zephyr&sender=CP%3E&text=bootnotification")
    assert twin.process.poll() is None


def test_a_frame_opens_as_pretty_json_and_what_is_shown_is_downloaded(
    watched: WatchedPage, service: Service, tmp_path: Path
) -> None:
    with talking(service, "zephyr") as talker:
        talker.boot()
        page = watched.go("frames?text=Talker")
        row = page.locator(".rows li").first
        row.get_by_role("button").click()
        expect(row.locator("pre")).to_contain_text('"chargePointVendor": "Talker"')
        page.keyboard.press("Enter")
        expect(row.locator("pre")).to_have_count(0)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        download.value.save_as(tmp_path / "frames.jsonl")
        (line,) = (tmp_path / "frames.jsonl").read_text().splitlines()
        assert json.loads(line)["action"] == "BootNotification"


def test_while_it_pauses_nothing_moves_and_nothing_is_lost(watched: WatchedPage, service: Service) -> None:
    with talking(service, "zephyr") as talker:
        talker.boot()
        page = watched.go("frames")
        heartbeats = page.locator(".rows li").filter(has_text="Heartbeat")
        expect(page.locator(".rows li").filter(has_text="BootNotification")).to_have_count(2)
        page.get_by_role("button", name="Pause").click()
        talker.chatter(3)
        expect(page.get_by_role("status")).to_contain_text("paused, 6 more since")
        expect(heartbeats).to_have_count(0)
        page.get_by_role("button", name="Go on").click()
        expect(heartbeats).to_have_count(6)


def test_thousands_of_frames_are_few_elements(watched: WatchedPage, service: Service) -> None:
    service.api("PUT", "/api/charge-points/other", json={"boot_status": "Accepted", "heartbeat_interval_s": 10})
    page = watched.go("frames")
    expect(page.get_by_role("status")).to_have_text("0 of the latest 0 frames")
    for identity in ("zephyr", "other"):
        with talking(service, identity) as talker:
            for _ in range(3):
                talker.chatter(200)
    frames = page.locator(".rows li")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"(24\d\d) of the latest \1 frames"))
    assert frames.count() < 80
    log = page.get_by_role("region", name="Frames")
    before = frames.first.get_attribute("data-n")
    log.evaluate("list => { list.scrollTop = list.scrollHeight / 2; }")
    expect(frames.first).not_to_have_attribute("data-n", before or "")
    assert frames.count() < 80
    # Who reads in the middle stays there, and comes back to the end when he wants to.
    first = frames.first.get_attribute("data-n")
    with talking(service, "zephyr") as talker:
        talker.chatter(5)
        expect(page.get_by_role("button", name="To the latest")).to_be_visible()
        expect(frames.first).to_have_attribute("data-n", first or "")
        page.get_by_role("button", name="To the latest").click()
        expect(frames.last).to_contain_text("Heartbeat")
        expect(page.get_by_role("button", name="To the latest")).to_be_hidden()
