"""Transactions, meter values and notifications, from the database."""

import json
import threading

import pytest

from central_system.storage.errors import StorageError
from tests.charge_point_requests import METER, REQUESTS, START, STOP
from tests.unit.central_system.web_bench import NOW, ChargePoint, Web, at_the_page


async def charge(charge_point: ChargePoint, connector: int, *, stop: bool) -> int:
    """A transaction; its id."""
    started = await charge_point.asks("StartTransaction", START | {"connectorId": connector})
    number = started["transactionId"]
    await charge_point.asks("MeterValues", METER | {"connectorId": connector, "transactionId": number})
    if stop:
        await charge_point.asks("StopTransaction", STOP | {"transactionId": number, "reason": "Remote"})
    return int(number)


def test_transactions_come_with_what_began_and_ended_them_the_newest_first() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            over = await charge(charge_point, 1, stop=True)
            running = await charge(charge_point, 2, stop=False)
        newest, first = await web.get("/api/transactions")
        assert (newest["transaction"], newest["stopped_at"], newest["meter_stop"]) == (running, None, None)
        assert NOW <= first.pop("started_at") <= first.pop("stopped_at") < NOW + 20
        assert first == {
            "transaction": over,
            "charge_point": "zephyr",
            "connector": 1,
            "id_tag": "ZepId00",
            "status": "Accepted",
            "timestamp": START["timestamp"],
            "meter_start": 7,
            "stop_timestamp": STOP["timestamp"],
            "meter_stop": 9,
            "reason": "Remote",
        }

    at_the_page(scenario)


def test_transactions_are_found_by_charge_point_and_by_whether_they_run() -> None:
    async def scenario(web: Web) -> None:
        numbers = []
        for identity in ("one", "other"):
            async with web.charge_point(identity) as charge_point:
                numbers += [await charge(charge_point, 1, stop=True), await charge(charge_point, 2, stop=False)]

        async def found(**query: object) -> list[int]:
            return [each["transaction"] for each in await web.get("/api/transactions", **query)]

        a, b, c, d = numbers
        assert await found() == [d, c, b, a]
        assert await found(charge_point="one") == [b, a]
        assert await found(open="true") == [d, b]
        assert await found(open="false", charge_point="other") == [c]
        assert await found(limit=2) == [d, c]
        assert await found(limit=2, before=c) == [b, a]
        assert await found(charge_point="nobody") == []

    at_the_page(scenario)


def test_a_transaction_comes_with_its_meter_values_as_points() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            number = await charge(charge_point, 1, stop=True)
        told = await web.get(f"/api/transactions/{number}")
        (series,) = told["series"]
        (point,) = series.pop("points")
        assert point == [1_795_343_258.0, 9.0], "when it was read, by the charge point's clock"
        assert series == {
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
            "phase": None,
            "context": None,
            "location": "Outlet",
        }
        missing = await web.client.get("/api/transactions/7")
        assert (missing.status_code, missing.json()["detail"]) == (
            404,
            "there is no transaction 7; GET /api/transactions lists them",
        )

    at_the_page(scenario)


def test_what_else_a_charge_point_told_is_there_to_be_read() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            for action in ("FirmwareStatusNotification", "DataTransfer"):
                await charge_point.asks(action, REQUESTS[action])
        latest, first = await web.get("/api/notifications", charge_point="zephyr")
        assert (latest["action"], latest["request"]) == ("DataTransfer", REQUESTS["DataTransfer"])
        assert first["action"] == "FirmwareStatusNotification"
        assert await web.get("/api/notifications", charge_point="nobody") == []

    at_the_page(scenario)


def test_questions_are_bounded() -> None:
    async def scenario(web: Web) -> None:
        wrong = (
            "limit=0",
            "limit=1001",
            "limit=x",
            "before=0",
            f"before={2**63}",
            "open=perhaps",
            "charge_point=a%20b",
        )
        for query in wrong:
            response = await web.client.get(f"/api/transactions?{query}")
            assert response.status_code == 422
            assert response.json()["detail"].startswith("query.")

    at_the_page(scenario)


def test_a_database_that_cannot_be_read_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(web: Web) -> None:
        def fail(**_: object) -> None:
            raise StorageError("cannot use the database", "start it")

        monkeypatch.setattr(web.parts.storage.reading, "transactions", fail)
        response = await web.client.get("/api/transactions")
        assert response.status_code == 503
        assert response.json() == {"detail": "cannot use the database. To do: start it."}

    at_the_page(scenario)


def test_the_database_is_read_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(web: Web) -> None:
        threads = []
        monkeypatch.setattr(web.parts.storage, "flush", lambda _: threads.append(threading.current_thread()))
        for path in ("/api/transactions", "/api/transactions/7", "/api/operated", "/api/notifications"):
            await web.client.get(path)
        assert len(threads) == 4
        assert threading.current_thread() not in threads

    at_the_page(scenario)


def test_nothing_that_a_hostile_charge_point_sends_breaks_an_answer() -> None:
    surrogate, deep = "\ud800", json.loads("[" * 200 + "1" + "]" * 200)

    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            await charge_point.asks("BootNotification", {"chargePointVendor": surrogate, "chargePointModel": [1]})
            await charge_point.asks(
                "StatusNotification", {"connectorId": 1, "status": surrogate * 9, "errorCode": "\x00"}
            )
            number = (await charge_point.asks("StartTransaction", START | {"idTag": surrogate}))["transactionId"]
            samples = [{"value": value} for value in ("NaN", "Infinity", surrogate, "1e999", "7", 3, None)]
            values = [{"timestamp": "never", "sampledValue": samples}, float("nan"), {surrogate: deep}]
            await charge_point.asks("MeterValues", METER | {"transactionId": number, "meterValue": values})
            await charge_point.asks("DataTransfer", {"vendorId": float("inf"), "data": deep, surrogate: surrogate})
            await charge_point.connection.send(f'[2,"u","Nonsense",{{"a":"\\ud800",{"[" * 5000}')
            (told,) = await web.get("/api/charge-points")
            transaction = await web.get(f"/api/transactions/{number}")
            notified = await web.get("/api/notifications")
            frames = await web.get("/api/frames")
            await web.get("/api/transactions")
        assert (told["vendor"], told["model"]) == (r"\ud800", None)
        assert told["connectors"][0]["error_code"] == "\x00"
        points = [value for each in transaction["series"] for _, value in each["points"]]
        assert 7.0 in points
        assert "Infinity" in [each["request"].get("vendorId") for each in notified]
        assert any("NaN" in each["text"] for each in frames["frames"])

    at_the_page(scenario)
