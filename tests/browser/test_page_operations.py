"""Every operation as a form on the page, its answer, and what was asked before."""

import json
import re

import pytest

from central_system.operations.catalogue import CATALOGUE
from tests.browser.bench_service import Service
from tests.browser.program import Program
from tests.browser.watched_page import WatchedPage, expect


def test_every_operation_has_a_form_with_all_its_fields(watched: WatchedPage) -> None:
    page = watched.go("operations")
    links = page.get_by_role("group", name="Operations by profile").locator("li a")
    expect(links).to_have_count(26)
    assert links.all_inner_texts() == list(CATALOGUE)
    for operation in CATALOGUE.values():
        page.get_by_role("link", name=operation.action.value, exact=True).click()
        form = page.locator(f'form[data-action="{operation.action.value}"]')
        expect(form).to_contain_text(operation.asks)
        for name in operation.request["properties"]:
            expect(form.get_by_text(re.compile(rf"^{name}\b")).first).to_be_attached()


def test_an_operation_is_found_by_a_word_of_what_it_does(watched: WatchedPage) -> None:
    page = watched.go("operations")
    page.get_by_label("Find an operation").fill("firmware")
    links = page.get_by_role("group", name="Operations by profile").locator("li a")
    expect(links.first).to_have_text(re.compile("GetDiagnostics|UpdateFirmware"))
    page.get_by_label("Find an operation").fill("no such thing")
    expect(page.get_by_text("No operation is called so.")).to_be_visible()


def test_an_answer_is_shown_with_its_outcome_payload_and_time(watched: WatchedPage, twin: Program) -> None:
    page = watched.go()
    expect(watched.card().locator(".state")).to_have_text("connected")
    page.goto(f"{watched.url}/#/operations/GetConfiguration?charge_point=zephyr")
    form = page.locator("form[data-action=GetConfiguration]")
    form.get_by_role("button", name="Add key").click()
    page.keyboard.type("HeartbeatInterval")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_have_text(re.compile(r"answered \(\d+ ms\)"))
    answer = json.loads(form.get_by_label("Answer").inner_text())
    assert [each["key"] for each in answer["configurationKey"]] == ["HeartbeatInterval"]
    assert twin.process.poll() is None

    history = page.locator(".history li").first
    expect(history).to_contain_text("GetConfiguration")
    form.get_by_role("button", name="Remove this key").click()
    history.locator("summary").click()
    history.get_by_role("button", name="Fill in again").click()
    expect(form.get_by_role("textbox", name="key")).to_have_value("HeartbeatInterval")


def test_a_password_that_was_set_is_not_filled_in_again(watched: WatchedPage, twin: Program, service: Service) -> None:
    page = watched.go()
    expect(watched.card().locator(".state")).to_have_text("connected")
    payload = {"key": "authorizationKey", "value": "correct horse battery"}
    service.api("POST", "/api/charge-points/zephyr/operations/ChangeConfiguration", json={"payload": payload})
    page.goto(f"{watched.url}/#/operations/ChangeConfiguration?charge_point=zephyr")
    history = page.locator(".history li").first
    history.locator("summary").click()
    expect(history).to_contain_text("(not shown)")
    history.get_by_role("button", name="Fill in again").click()
    form = page.locator("form[data-action=ChangeConfiguration]")
    expect(form.get_by_role("textbox", name="key")).to_have_value("authorizationKey")
    expect(form.get_by_role("textbox", name="value")).to_have_value("")
    assert twin.process.poll() is None


def test_a_field_that_is_required_is_asked_for_before_anything_is_sent(watched: WatchedPage, twin: Program) -> None:
    page = watched.go("operations/Reset?charge_point=zephyr")
    form = page.locator("form[data-action=Reset]")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("select:invalid[name=type]")).to_be_focused()
    expect(form.locator("output")).to_be_empty()
    assert twin.process.poll() is None


def test_nested_fields_that_are_optional_are_left_out_until_they_are_wanted(watched: WatchedPage) -> None:
    page = watched.go("operations/RemoteStartTransaction")
    form = page.locator("form[data-action=RemoteStartTransaction]")
    form.get_by_label("idTag").fill("ZepId00")
    raw = form.get_by_label("raw JSON")
    raw.check()
    expect(form.get_by_label("Payload as JSON")).to_have_value(json.dumps({"idTag": "ZepId00"}, indent=2))
    raw.uncheck()
    form.get_by_label("chargingProfile (optional)").check()
    form.get_by_label("chargingProfileId").fill("1")
    form.get_by_label("chargingProfilePurpose").select_option("TxProfile")
    form.get_by_role("button", name="Add chargingSchedulePeriod").click()
    form.get_by_label("limit").nth(1).fill("16.5")
    form.get_by_role("button", name="validFrom: now").click()
    raw.check()
    told = json.loads(form.get_by_label("Payload as JSON").input_value())["chargingProfile"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told.pop("validFrom"))
    assert told == {
        "chargingProfileId": 1,
        "chargingProfilePurpose": "TxProfile",
        "chargingSchedule": {"chargingSchedulePeriod": [{}, {"limit": 16.5}]},
    }


def test_a_request_can_be_broken_on_purpose(watched: WatchedPage, twin: Program, service: Service) -> None:
    watched.excused.append("Failed to load resource: the server responded with a status of 422")
    page = watched.go()
    expect(watched.card().locator(".state")).to_have_text("connected")
    page.goto(f"{watched.url}/#/operations/UnlockConnector?charge_point=zephyr")
    form = page.locator("form[data-action=UnlockConnector]")
    form.get_by_label("raw JSON").check()
    form.get_by_label("Payload as JSON").fill('{"connectorId": "one"}')
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_contain_text("not sent: UnlockConnector.req: connectorId")
    form.get_by_label("send it even if it breaks the schema").check()
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_contain_text("CALLERROR TypeConstraintViolation")
    (operated,) = service.api("GET", "/api/operated")
    assert operated["request"] == {"connectorId": "one"}
    assert twin.process.poll() is None


@pytest.mark.parametrize("payload", ["{", "[]", "12"])
def test_what_is_no_json_object_is_not_sent(payload: str, watched: WatchedPage) -> None:
    page = watched.go("operations/ClearCache")
    form = page.locator("form[data-action=ClearCache]")
    form.get_by_label("raw JSON").check()
    form.get_by_label("Payload as JSON").fill(payload)
    form.get_by_role("button", name="Send").click()
    expect(form.locator("textarea:invalid")).to_be_focused()
    form.get_by_label("raw JSON").uncheck()
    form.get_by_label("raw JSON").check()  # begins with what the fields say, which is right
    expect(form.locator("textarea:valid")).to_have_value("{}")


def test_that_nobody_answers_is_an_outcome_too(watched: WatchedPage, twin: Program) -> None:
    page = watched.go()
    expect(watched.card().locator(".state")).to_have_text("connected")
    twin.pause()
    page.goto(f"{watched.url}/#/operations/ClearCache?charge_point=zephyr")
    form = page.locator("form[data-action=ClearCache]")
    form.get_by_label("Wait at most").fill("0.5")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_contain_text("no answer within 0.5 s")
