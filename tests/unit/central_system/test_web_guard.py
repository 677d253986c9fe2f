"""What keeps other sites, other machines and too much data away from the page."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from central_system.web.body_limit import MOST_BYTES
from central_system.web.same_origin import is_loopback
from tests.unit.central_system.web_bench import Web, at_the_page

TAG = "/api/tags/ZepId00"
ACCEPTED = {"status": "Accepted"}
TOKEN = "correct horse battery staple"  # noqa: S105  (made up)
COOKIE = "ocpp-rig-token-8080"


def test_a_page_of_another_origin_changes_nothing() -> None:
    async def scenario(web: Web) -> None:
        forged = (
            "http://evil.example",
            "http://evil.example:8080",
            "http://localhost:8081",
            "http://localhost:8080.evil.example",
            "null",
            "http://[",
        )
        for origin in forged:
            response = await web.client.put(TAG, json=ACCEPTED, headers={"Origin": origin})
            assert response.status_code == 403
            assert "another origin" in response.json()["detail"]
        assert await web.get("/api/tags") == []
        own = await web.client.put(TAG, json=ACCEPTED, headers={"Origin": "http://localhost:8080"})
        assert own.status_code == 200

    at_the_page(scenario)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_comes_from_another_site_is_refused(site: str) -> None:
    async def scenario(web: Web) -> None:
        headers = {"Sec-Fetch-Site": site}
        put = await web.client.put(TAG, json=ACCEPTED, headers=headers)
        assert put.status_code == 403
        embedded = await web.client.get("/api/tags", headers=headers | {"Sec-Fetch-Mode": "no-cors"})
        assert embedded.status_code == 403
        link = await web.client.get("/", headers=headers | {"Sec-Fetch-Mode": "navigate"})
        assert link.status_code == 200, "another site may have a link to the page"
        form = await web.client.post(
            "/api/charge-points/zephyr/disconnect", headers=headers | {"Sec-Fetch-Mode": "navigate"}
        )
        assert form.status_code == 403, "a form may not lead here"
        assert await web.get("/api/tags") == []

    at_the_page(scenario)


def test_a_name_that_another_site_made_resolve_to_this_machine_is_found_out() -> None:
    async def scenario(web: Web) -> None:
        rebound = ("evil.example:8080", "evil.example", "localhost.evil.example", "192.168.1.7:8080", "", "a@localhost")
        for host in rebound:
            for response in (
                await web.client.get("/api/tags", headers={"Host": host}),
                await web.client.put(TAG, json=ACCEPTED, headers={"Host": host, "Origin": f"http://{host}"}),
            ):
                assert response.status_code == 403
                assert "localhost" in response.json()["detail"]
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080", "127.1.2.3"):
            assert (await web.client.get("/api/tags", headers={"Host": host})).status_code == 200
        two = await web.client.get("/api/tags", headers=[("Host", "localhost"), ("Host", "evil.example")])
        assert two.status_code == 403

    at_the_page(scenario)


def test_a_body_that_a_form_can_send_is_refused() -> None:
    async def scenario(web: Web) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            headers = {"Content-Type": kind}
            response = await web.client.put(TAG, content=json.dumps(ACCEPTED), headers=headers)
            assert response.status_code == 415
            empty = await web.client.post("/api/charge-points/zephyr/disconnect", headers=headers)
            assert empty.status_code == 415
        assert await web.get("/api/tags") == []

    at_the_page(scenario)


def test_no_get_changes_anything() -> None:
    async def scenario(web: Web) -> None:
        paths = (await web.get("/openapi.json"))["paths"]
        await web.client.put(TAG, json=ACCEPTED)
        before = web.parts.registry.tags.copy(), web.parts.registry.charge_points.copy()
        for path, methods in paths.items():
            filled = path.replace("{identity}", "zephyr").replace("{id_tag}", "ZepId00").replace("{transaction}", "101")
            filled = filled.replace("{action}", "Reset")
            if "get" not in methods:
                response = await web.client.get(filled)
                assert response.status_code == 405
                assert "/openapi.json" in response.json()["detail"]
                assert response.headers["Allow"] == ", ".join(sorted(methods)).upper()
            elif path != "/api/changes":
                assert (await web.client.get(filled)).status_code in {200, 404}
        assert before == (web.parts.registry.tags, web.parts.registry.charge_points)

    at_the_page(scenario)


def test_who_has_no_token_is_told_nothing() -> None:
    async def scenario(web: Web) -> None:
        wrong = ("", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}")
        for path in ("/", "/page/main.js", "/api/tags", "/api/changes", "/openapi.json", "/nowhere"):
            for header in wrong:
                response = await web.client.get(path, headers={"Authorization": header} if header else {})
                assert response.status_code == 401
                assert response.headers["WWW-Authenticate"] == "Bearer"
                assert "token is missing or wrong" in response.json()["detail"]
        bytes_that_are_no_text = {b"Authorization": b"Bearer \xff\xfe"}
        assert (await web.client.get("/api/tags", headers=bytes_that_are_no_text)).status_code == 401

    at_the_page(scenario, token=TOKEN)


def test_a_token_opens_the_api_to_programs_under_any_name() -> None:
    async def scenario(web: Web) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": "bench.example:8080"}
        assert (await web.client.put(TAG, json=ACCEPTED, headers=headers)).status_code == 200
        forged = await web.client.put(TAG, json=ACCEPTED, headers=headers | {"Origin": "http://evil.example"})
        assert forged.status_code == 403

    at_the_page(scenario, token=TOKEN)


def test_the_address_with_the_token_becomes_a_cookie_that_no_other_site_can_use() -> None:
    async def scenario(web: Web) -> None:
        refused = await web.client.get("/", params={"token": "wrong"})
        assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
        admitted = await web.client.get("/", params={"token": TOKEN})
        assert (admitted.status_code, admitted.headers["Location"]) == (303, "/")
        cookie = admitted.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert "correct" not in cookie
        assert (await web.client.get("/")).status_code == 200
        assert (await web.client.get("/api/tags")).status_code == 200
        web.client.cookies = httpx.Cookies({COOKIE: TOKEN})
        assert (await web.client.get("/api/tags")).status_code == 401

    at_the_page(scenario, token=TOKEN)


def test_the_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    async def scenario(web: Web) -> None:
        monkeypatch.setattr("central_system.web.token.hmac.compare_digest", compare)
        await web.client.get("/api/tags", headers={"Authorization": "Bearer wrong"})
        await web.client.get("/?token=wrong%20too")
        assert compared == [(b"wrong", TOKEN.encode()), (b"wrong too", TOKEN.encode())]

    at_the_page(scenario, token=TOKEN)


def test_every_answer_forbids_the_browser_what_the_page_does_not_need() -> None:
    async def scenario(web: Web) -> None:
        for path, status in (("/", 200), ("/page/main.js", 200), ("/api/tags", 200), ("/nowhere", 404)):
            response = await web.client.get(path)
            assert response.status_code == status
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert response.headers["Cache-Control"] == ("no-cache" if path.startswith("/page") else "no-store")
            assert "access-control-allow-origin" not in response.headers
        refused = await web.client.get("/", headers={"Host": "evil.example"})
        assert "default-src 'self'" in refused.headers["Content-Security-Policy"]

    at_the_page(scenario)


def test_a_body_has_a_limit_whether_or_not_it_tells_its_length() -> None:
    async def scenario(web: Web) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield b'{"payload": {"data": "'
            for _ in range(MOST_BYTES // 1024):
                yield b"x" * 1024
            yield b'"}}'

        path, headers = "/api/charge-points/zephyr/operations/DataTransfer", {"Content-Type": "application/json"}
        told = await web.client.post(path, content=b"x" * (MOST_BYTES + 1), headers=headers)
        untold = await web.client.post(path, content=chunks(), headers=headers)
        for response in (told, untold):
            assert response.status_code == 413
            assert response.json()["detail"] == f"the body is longer than {MOST_BYTES} bytes; send less"

    at_the_page(scenario)


def test_what_is_no_json_is_told_so() -> None:
    async def scenario(web: Web) -> None:
        for body in (b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"null"):
            response = await web.client.put(TAG, content=body, headers={"Content-Type": "application/json"})
            assert response.status_code in {400, 422}
            assert response.json()["detail"]

    at_the_page(scenario)


def test_the_page_s_files_come_as_what_they_are_and_no_others() -> None:
    async def scenario(web: Web) -> None:
        index = await web.client.get("/")
        assert index.headers["Content-Type"].startswith("text/html")
        script = await web.client.get("/page/main.js")
        assert script.headers["Content-Type"].startswith("text/javascript")
        for path in ("/page/../app.py", "/page/..%2Fapp.py", "/page/nothing.js", "/page/", "/nowhere"):
            response = await web.client.get(path)
            assert response.status_code == 404
            assert response.json()["detail"].endswith("see /openapi.json for what there is")
        written = await web.client.post("/page/main.js")
        assert written.status_code == 405

    at_the_page(scenario)


def test_what_fails_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(web: Web) -> None:
        monkeypatch.setattr("central_system.web.tags.TagView.of", _fail)
        await web.client.put(TAG, json=ACCEPTED)
        response = await web.client.get("/api/tags")
        assert response.status_code == 500
        assert response.json()["detail"].startswith("the central system failed at this (ZeroDivisionError)")
        assert "secret" not in response.text
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert "secret" in caplog.text

    at_the_page(scenario)


def _fail(_: object) -> None:
    raise ZeroDivisionError("secret")


def test_loopback_is_this_machine_s_own_and_nothing_else() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]")))
    assert not any(map(is_loopback, ("", "::", "192.168.1.7", "example.org", "localhost.example.org", "127.1")))
