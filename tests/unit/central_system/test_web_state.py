"""What is true now: status, charge points, tags, SNTP faults, who was turned away."""

import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from central_system.registry.rules import Rules
from central_system.security.passwords import matches
from tests.charge_point_requests import REQUESTS, START
from tests.unit.central_system.web_bench import NOW, Web, at_the_page

ACCEPTED = {"boot_status": "Accepted", "heartbeat_interval_s": 60}
JSON = {"Content-Type": "application/json"}
ZEPHYR = "/api/charge-points/zephyr"
BENCH = Rules(strangers=False, unknown_tag="Invalid")


def test_the_status_tells_ports_and_how_much_is_going_on() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            await charge_point.asks("StartTransaction", START)
            status = await web.get("/api/status")
        assert status["ocpp_port"] == web.parts.central_system.port
        assert web.parts.sntp
        assert status["sntp_port"] == web.parts.sntp.port
        assert (status["connected"], status["open_transactions"]) == (1, 1)
        assert (status["storage_problem"], status["sntp_faults"], status["strangers"]) == (None, [], True)
        assert NOW <= status["started_at"] <= status["now"] < NOW + 20

    at_the_page(scenario)


def test_a_charge_point_is_told_with_what_it_said_at_boot_and_what_its_connectors_do() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            await charge_point.asks("BootNotification", {**REQUESTS["BootNotification"], "firmwareVersion": "4.3"})
            await charge_point.asks("StatusNotification", REQUESTS["StatusNotification"])
            transaction = (await charge_point.asks("StartTransaction", START))["transactionId"]
            (told,) = await web.get("/api/charge-points")
        assert (told["id"], told["connected"], told["registered"]) == ("zephyr", True, False)
        assert (told["vendor"], told["model"], told["firmware_version"]) == ("zephyr", "basic", "4.3")
        assert told["serial_number"] is None
        assert NOW <= told["since"] <= told["booted_at"] <= told["last_seen"]
        assert told["peer"].startswith("127.0.0.1:")
        first, second = told["connectors"]
        assert (first["connector"], first["status"], first["error_code"]) == (1, "Available", "NoError")
        assert first["transaction"] is None
        # Zephyr's sample never notifies a status; a transaction that runs makes a connector known all the same.
        assert (second["connector"], second["status"], second["at"]) == (2, None, None)
        assert (second["transaction"], second["id_tag"]) == (transaction, "ZepId00")

    at_the_page(scenario)


def test_a_charge_point_that_left_was_last_seen_when_it_spoke_last() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            await charge_point.asks("BootNotification", REQUESTS["BootNotification"])
        while (told := (await web.get("/api/charge-points"))[0])["connected"]:
            pass  # the server hears of it a moment later
        assert (told["since"], told["peer"]) == (None, None)
        assert NOW <= told["last_seen"] < NOW + 20

    at_the_page(scenario)


def test_who_is_registered_may_connect_and_who_is_forgotten_may_not() -> None:
    async def scenario(web: Web) -> None:
        with pytest.raises(InvalidStatus, match="404"):
            async with web.charge_point():
                pass
        registered = await web.client.put(ZEPHYR, json=ACCEPTED | {"boot_status": "Pending"})
        assert registered.json() == (await web.get("/api/charge-points"))[0]
        async with web.charge_point() as charge_point:
            boot = await charge_point.asks("BootNotification", REQUESTS["BootNotification"])
            assert (boot["status"], boot["interval"]) == ("Pending", 60)
            assert (await web.client.delete(ZEPHYR)).status_code == 204
            with pytest.raises(ConnectionClosed):
                await charge_point.connection.recv()
        with pytest.raises(InvalidStatus, match="404"):
            async with web.charge_point():
                pass
        again = await web.client.delete(ZEPHYR)
        assert again.status_code == 404
        assert again.json()["detail"] == "there is no charge point zephyr; register it, or GET /api/charge-points"

    at_the_page(scenario, rules=BENCH)


def test_a_password_is_kept_as_a_hash_and_told_to_nobody() -> None:
    async def scenario(web: Web) -> None:
        def kept() -> str | None:
            return web.parts.registry.charge_points["zephyr"].password

        with_password = await web.client.put(ZEPHYR, json=ACCEPTED | {"password": "open sesame"})
        assert with_password.json()["has_password"]
        hashed = kept()
        assert hashed
        assert matches(hashed, b"open sesame")
        await web.client.put(ZEPHYR, json=ACCEPTED)
        assert kept() == hashed, "left out: it stays"
        wrong = await web.client.put(ZEPHYR, json=ACCEPTED | {"password": ["open sesame"]})
        assert wrong.status_code == 422
        for each in (with_password, wrong, await web.client.get("/api/charge-points")):
            assert "sesame" not in each.text
            assert hashed not in each.text
        await web.client.put(ZEPHYR, json=ACCEPTED | {"password": None})
        assert kept() is None, "null: it needs none"

    at_the_page(scenario)


def test_a_registration_that_is_wrong_changes_nothing_and_names_the_field() -> None:
    async def scenario(web: Web) -> None:
        for field, wrong in (
            ("boot_status", "Maybe"),
            ("heartbeat_interval_s", -1),
            ("heartbeat_interval_s", "60"),
            ("password", ""),
            ("password", "\ud800"),
            ("pasword", "open sesame"),
        ):
            response = await web.client.put(ZEPHYR, content=json.dumps(ACCEPTED | {field: wrong}), headers=JSON)
            assert response.status_code == 422
            assert response.json()["detail"].startswith(f"body.{field}: ")
        assert await web.get("/api/charge-points") == []

    at_the_page(scenario)


def test_an_identity_that_no_path_can_hold_is_refused() -> None:
    async def scenario(web: Web) -> None:
        for identity in ("x" * 49, "a%20b", "%00", "%ff"):
            response = await web.client.put(f"/api/charge-points/{identity}", json=ACCEPTED)
            assert response.status_code == 422
            assert "path.identity" in response.json()["detail"]

    at_the_page(scenario)


def test_a_charge_point_is_disconnected_and_may_come_back() -> None:
    async def scenario(web: Web) -> None:
        assert (await web.client.post(f"{ZEPHYR}/disconnect")).status_code == 404, "nobody knows it"
        await web.client.put(ZEPHYR, json=ACCEPTED)
        assert (await web.client.post(f"{ZEPHYR}/disconnect")).status_code == 409, "it is not there"
        async with web.charge_point() as charge_point:
            assert (await web.client.post(f"{ZEPHYR}/disconnect", json={})).status_code == 204
            with pytest.raises(ConnectionClosed):
                await charge_point.connection.recv()
        async with web.charge_point():
            assert (await web.get("/api/charge-points"))[0]["connected"]

    at_the_page(scenario)


def test_a_tag_holds_for_the_next_request() -> None:
    async def scenario(web: Web) -> None:
        wanted = {"status": "Accepted", "expiry_s": NOW + 3600, "parent": "family", "concurrent": True}
        put = await web.client.put("/api/tags/ZepId00", json=wanted)
        assert put.json() == {"id_tag": "ZepId00"} | wanted
        async with web.charge_point() as charge_point:
            info = (await charge_point.asks("Authorize", {"idTag": "ZepId00"}))["idTagInfo"]
            assert (info["status"], info["parentIdTag"]) == ("Accepted", "family")
            await web.client.put("/api/tags/ZepId00", json={"status": "Blocked"})
            assert (await charge_point.asks("Authorize", {"idTag": "ZepId00"}))["idTagInfo"]["status"] == "Blocked"
            await web.client.delete("/api/tags/ZepId00")
            assert (await charge_point.asks("Authorize", {"idTag": "ZepId00"}))["idTagInfo"]["status"] == "Invalid"
        assert (await web.client.delete("/api/tags/ZepId00")).status_code == 404

    at_the_page(scenario, rules=Rules(unknown_tag="Invalid"))


def test_tags_are_told_by_name_whatever_is_in_it() -> None:
    async def scenario(web: Web) -> None:
        for name in ("b", "a%2Fb", "%C3%A9 %25"):
            assert (await web.client.put(f"/api/tags/{name}", json={"status": "Accepted"})).status_code == 200
        assert [each["id_tag"] for each in await web.get("/api/tags")] == ["a/b", "b", "é %"]
        for wrong in ("", "x" * 21, "%00", "%0A"):
            assert (await web.client.put(f"/api/tags/{wrong}", json={"status": "Accepted"})).status_code == 422
        for field, value in (("status", "Lost"), ("expiry_s", 1e12), ("parent", ""), ("parent", "\ud800")):
            body = json.dumps({"status": "Accepted"} | {field: value})
            assert (await web.client.put("/api/tags/b", content=body, headers=JSON)).status_code == 422

    at_the_page(scenario)


def test_what_cannot_be_kept_does_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(web: Web) -> None:
        def full(_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(web.parts.registry, "_keep", full)
        for path, body in (("/api/tags/a", {"status": "Accepted"}), (ZEPHYR, ACCEPTED)):
            response = await web.client.put(path, json=body)
            assert response.status_code == 507
            assert "No space left on device" in response.json()["detail"]
        assert await web.get("/api/tags") == []
        assert await web.get("/api/charge-points") == []

    at_the_page(scenario)


def test_the_faults_of_sntp_are_switched_while_it_runs() -> None:
    async def scenario(web: Web) -> None:
        known = (await web.get("/api/sntp"))["known"]
        assert "late=SECONDS" in [each["name"] for each in known]
        assert all(each["description"] for each in known)
        told = await web.client.put("/api/sntp", json={"faults": ["late=2", "offset=-3600"]})
        assert told.json() == {"faults": ["late=2", "offset=-3600"], "known": known}
        assert web.parts.sntp
        assert (web.parts.sntp.faults.late, web.parts.sntp.faults.offset) == (2, -3600)
        assert (await web.get("/api/status"))["sntp_faults"] == ["late=2", "offset=-3600"]
        wrong = await web.client.put("/api/sntp", json={"faults": ["lately"]})
        assert wrong.status_code == 422
        assert "there is no 'lately'" in wrong.json()["detail"]
        assert (await web.client.put("/api/sntp", json={"faults": []})).json()["faults"] == []

    at_the_page(scenario)


def test_without_an_sntp_responder_there_is_nothing_to_switch() -> None:
    async def scenario(web: Web) -> None:
        assert (await web.get("/api/sntp"))["faults"] == []
        assert (await web.get("/api/status"))["sntp_port"] is None
        assert (await web.client.put("/api/sntp", json={"faults": ["silent"]})).status_code == 409

    at_the_page(scenario, sntp=False)


def test_who_was_turned_away_is_told_the_latest_first() -> None:
    async def scenario(web: Web) -> None:
        for identity in ("first", "second"):
            with pytest.raises(InvalidStatus):
                async with web.charge_point(identity):
                    pass
        refused = await web.get("/api/refused")
        assert [(each["charge_point"], each["status"]) for each in refused] == [("second", 404), ("first", 404)]
        assert all(each["why"] and each["peer"].startswith("127.0.0.1:") and each["at"] >= NOW for each in refused)

    at_the_page(scenario, rules=BENCH)
