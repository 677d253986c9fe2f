"""Operations asked through the API, and what is remembered of them."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from ocpp.v16.enums import Action

from central_system.operations.catalogue import CATALOGUE
from tests.unit.central_system.web_bench import NOW, Payload, Web, at_the_page

OPERATIONS = "/api/charge-points/zephyr/operations"
UNLOCK = f"{OPERATIONS}/UnlockConnector"


async def ask(web: Web, path: str, payload: Payload, **options: object) -> httpx.Response:
    return await send(web, path, {"payload": payload, "within_s": 5} | options)


async def send(web: Web, path: str, asked: object) -> httpx.Response:
    """Sent as Python's own JSON, which knows NaN and surrogates."""
    body = json.dumps(asked)
    return await web.client.post(path, content=body, headers={"Content-Type": "application/json"})


def test_every_operation_is_described_with_the_schema_of_its_payload() -> None:
    async def scenario(web: Web) -> None:
        told = await web.get("/api/operations")
        assert [each["action"] for each in told] == [action.value for action in map(Action, CATALOGUE)]
        (unlock,) = (each for each in told if each["action"] == "UnlockConnector")
        assert (unlock["profile"], unlock["clause"]) == ("Core", "OCPP 1.6 §5.18")
        assert unlock["summary"].startswith("Ask to unlock a connector")
        assert unlock["schema"]["required"] == ["connectorId"]

    at_the_page(scenario)


def test_the_answer_of_the_charge_point_is_the_answer() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            asked = asyncio.create_task(ask(web, UNLOCK, {"connectorId": 1}))
            assert await charge_point.answers({"status": "Unlocked"}) == ("UnlockConnector", {"connectorId": 1})
            told = (await asked).json()
        assert told.pop("took_s") < 5
        assert told == {"outcome": "answered", "payload": {"status": "Unlocked"}}
        (kept,) = await web.get("/api/operated")
        assert NOW <= kept.pop("at") < NOW + 20
        assert kept == {
            "charge_point": "zephyr",
            "action": "UnlockConnector",
            "request": {"connectorId": 1},
            "outcome": "answered",
            "answer": {"status": "Unlocked"},
        }

    at_the_page(scenario)


def test_an_answer_that_breaks_its_schema_is_shown_and_says_where() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            asked = asyncio.create_task(ask(web, UNLOCK, {"connectorId": 1}))
            await charge_point.answers({"status": "Perhaps"})
            told = (await asked).json()
        assert (told["outcome"], told["payload"]) == ("malformed", {"status": "Perhaps"})
        assert told["why"].startswith("status: 'Perhaps' is not one of")
        (kept,) = await web.get("/api/operated", charge_point="zephyr")
        assert (kept["outcome"], kept["answer"]) == ("malformed", {"status": "Perhaps"})

    at_the_page(scenario)


def test_an_answer_that_no_json_can_hold_is_shown_all_the_same() -> None:
    deep: Any = "\ud800"
    for _ in range(500):
        deep = [deep]

    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            asked = asyncio.create_task(ask(web, UNLOCK, {"connectorId": 1}))
            await charge_point.answers({"status": None, "not a number": float("nan"), "deep": deep})
            told = (await asked).json()
        assert (told["outcome"], told["payload"]["status"], told["payload"]["not a number"]) == (
            "malformed",
            None,
            "NaN",
        )
        assert "nested too deep" in json.dumps(told["payload"]["deep"], ensure_ascii=False)
        (kept,) = await web.get("/api/operated")
        assert kept["answer"]["not a number"] == "NaN"

    at_the_page(scenario)


def test_a_refusal_has_its_code_and_silence_its_length() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            asked = asyncio.create_task(ask(web, f"{OPERATIONS}/ClearCache", {}))
            _, uid, *_ = json.loads(await charge_point.connection.recv())
            await charge_point.connection.send(json.dumps([4, uid, "NotSupported", "no cache", {}]))
            refused = (await asked).json()
            silent = (await ask(web, f"{OPERATIONS}/ClearCache", {}, within_s=0.01)).json()
        del refused["took_s"], silent["took_s"]
        assert refused == {"outcome": "refused", "code": "NotSupported", "description": "no cache"}
        assert silent == {"outcome": "unanswered", "after_s": 0.01}
        latest, first = await web.get("/api/operated")
        assert (first["outcome"], first["answer"]) == ("refused", {"code": "NotSupported", "description": "no cache"})
        assert (latest["outcome"], latest["answer"]) == ("unanswered", {"after_s": 0.01})

    at_the_page(scenario)


def test_a_payload_that_breaks_its_schema_is_not_sent_unless_wanted() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            wrong = await ask(web, UNLOCK, {"connectorId": "first"})
            assert wrong.status_code == 422
            assert wrong.json()["detail"].startswith("UnlockConnector.req: connectorId: 'first' is not of type")
            asked = asyncio.create_task(ask(web, UNLOCK, {"connectorId": "first"}, unchecked=True))
            assert await charge_point.answers({"status": "NotSupported"}) == (
                "UnlockConnector",
                {"connectorId": "first"},
            )
            assert (await asked).json()["outcome"] == "answered"

    at_the_page(scenario)


def test_who_or_what_is_not_there_is_told_so() -> None:
    async def scenario(web: Web) -> None:
        unknown = await ask(web, UNLOCK, {"connectorId": 1})
        assert (unknown.status_code, "no charge point zephyr" in unknown.json()["detail"]) == (404, True)
        await web.client.put("/api/charge-points/zephyr", json={"boot_status": "Accepted", "heartbeat_interval_s": 10})
        away = await ask(web, UNLOCK, {"connectorId": 1})
        assert (away.status_code, "is not connected" in away.json()["detail"]) == (409, True)
        nothing = await ask(web, f"{OPERATIONS}/Heartbeat", {})
        assert (nothing.status_code, "GET /api/operations" in nothing.json()["detail"]) == (404, True)
        assert await web.get("/api/operated") == []

    at_the_page(scenario)


def test_what_is_no_question_is_not_asked() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point():
            for field, wrong in (
                ("within_s", 0),
                ("within_s", 601),
                ("within_s", float("nan")),
                ("payload", []),
                ("payload", {"connectorId": float("inf")}),
                ("payload", {"connectorId": "\udfff"}),
                ("unchecked", "yes"),
                ("paylod", {}),
            ):
                response = await send(web, UNLOCK, {"payload": {"connectorId": 1}} | {field: wrong})
                assert response.status_code == 422
                assert response.json()["detail"].startswith(f"body.{field}")
        assert await web.get("/api/operated") == []

    at_the_page(scenario)


def test_what_nests_too_deep_is_not_asked() -> None:
    async def scenario(web: Web) -> None:
        deep: Any = 1
        for _ in range(100):
            deep = [deep]
        async with web.charge_point():
            response = await ask(web, UNLOCK, {"connectorId": deep}, unchecked=True)
        assert (response.status_code, "nesting" in response.json()["detail"]) == (422, True)

    at_the_page(scenario)


def test_an_answer_counts_even_where_it_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(web: Web) -> None:
        def full(_: object) -> None:
            raise OSError(28, "No space left on device")

        async with web.charge_point() as charge_point:
            monkeypatch.setattr(web.parts.registry, "_keep", full)
            asked = asyncio.create_task(ask(web, UNLOCK, {"connectorId": 1}))
            await charge_point.answers({"status": "Unlocked"})
            assert (await asked).json()["outcome"] == "answered"
        assert "UnlockConnector of zephyr is not in the history" in caplog.text

    at_the_page(scenario)


def test_a_password_that_is_sent_to_a_charge_point_is_nowhere_to_be_read() -> None:
    async def scenario(web: Web) -> None:
        payload = {"key": "AuthorizationKey", "value": "open } sesame"}
        async with web.charge_point() as charge_point:
            asked = asyncio.create_task(ask(web, f"{OPERATIONS}/ChangeConfiguration", payload))
            assert await charge_point.answers({"status": "Accepted"}) == ("ChangeConfiguration", payload)
            await asked
            asked = asyncio.create_task(ask(web, f"{OPERATIONS}/GetConfiguration", {}))
            known = [{"readonly": False} | payload, {"key": "WebSocketPingInterval", "readonly": False, "value": "0"}]
            await charge_point.answers({"configurationKey": known})
            answer = await asked
        texts = [answer.text, json.dumps(await web.get("/api/operated")), json.dumps(await web.get("/api/frames"))]
        for text in texts:
            assert "sesame" not in text
            assert "(not shown)" in text
            assert "WebSocketPingInterval" in text
        assert (await web.get("/api/frames", text="sesame"))["frames"] == []

    at_the_page(scenario)
