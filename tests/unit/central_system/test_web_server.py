"""The page's thread: how it starts and ends, and what it streams."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from central_system.events import ConnectionOpened
from central_system.ports import PortUnavailableError, listening_socket
from central_system.web import follow
from central_system.web.changes import GAP_S, Changes
from central_system.web.frame_reader import FrameReader
from central_system.web.server import WebServer
from tests.charge_point_requests import METER, REQUESTS, START
from tests.unit.central_system.web_bench import WITHIN_S, Web, running_parts

TOKEN = "correct horse battery staple"  # noqa: S105  (made up)
EVERYWHERE = "0.0.0.0"  # noqa: S104  (for a moment, behind a token)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> object:
    """Neither a thread nor a trace in the log."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(1)  # anyio's workers end by themselves, a moment after their event loop
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _changes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central_system.web.changes.GAP_S", 0.02)


def with_page(scenario: Callable[[Web], Awaitable[None]], host: str = "127.0.0.1", token: str | None = None) -> None:
    async def run() -> None:
        async with (
            asyncio.timeout(WITHIN_S),
            running_parts() as parts,
            WebServer(parts, host, 0, token=token) as page,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{page.port}") as client,
        ):
            await scenario(Web(parts, client))

    asyncio.run(run())


@contextlib.asynccontextmanager
async def changes(web: Web) -> AsyncIterator[AsyncIterator[list[str]]]:
    """What is told to have changed, from now on."""
    async with web.client.stream("GET", "/api/changes", timeout=WITHIN_S) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")

        async def told() -> AsyncIterator[list[str]]:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

        yield told()


async def until(told: AsyncIterator[list[str]], *names: str) -> None:
    """Wait until all of these have been told."""
    missing = set(names)
    while missing:
        missing -= set(await anext(told))


def test_the_page_runs_in_a_thread_of_its_own_and_is_gone_afterwards() -> None:
    ports = []

    async def scenario(web: Web) -> None:
        assert web.client.base_url.port
        ports.append(web.client.base_url.port)
        assert "ocpp-rig page" in [thread.name for thread in threading.enumerate()]
        assert (await web.get("/api/status"))["connected"] == 0
        assert (await web.client.put("/api/tags/a", json={"status": "Accepted"})).status_code == 200
        assert [*web.parts.registry.tags] == ["a"]
        assert (await web.client.get("/")).text.startswith("<!doctype html>")

    with_page(scenario)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), timeout=1)


def test_charge_points_are_served_while_the_page_is_busy() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            busy = [asyncio.create_task(web.client.get("/api/charge-points")) for _ in range(8)]
            for _ in range(8):
                await charge_point.asks("Heartbeat", {})
            assert {(await each).status_code for each in busy} == {200}

    with_page(scenario)


def test_an_address_that_others_reach_needs_a_token() -> None:
    async def scenario() -> None:
        async with running_parts() as parts:
            for token in (None, ""):
                with pytest.raises(ValueError, match=r"other machines reach 0\.0\.0\.0: give a token"):
                    WebServer(parts, EVERYWHERE, 0, token=token)

    asyncio.run(scenario())

    async def asked(web: Web) -> None:
        assert (await web.client.get("/api/tags")).status_code == 401
        assert (await web.client.get("/api/tags", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200

    with_page(asked, host=EVERYWHERE, token=TOKEN)


def test_a_port_that_is_taken_is_told_before_anything_starts() -> None:
    async def scenario() -> None:
        with listening_socket(socket.SOCK_STREAM, "127.0.0.1", 0) as taken:
            taken.listen()
            async with running_parts() as parts:
                with pytest.raises(PortUnavailableError, match="another program has it"):
                    WebServer(parts, "127.0.0.1", taken.getsockname()[1])

    asyncio.run(scenario())


def test_a_page_that_cannot_start_says_why_and_leaves_nothing() -> None:
    def closed(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
        bound = listening_socket(kind, host, port)
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(bound.getsockname())
        taken.listen()
        others.append(taken)
        return bound

    others: list[socket.socket] = []

    async def scenario() -> None:
        async with running_parts() as parts:
            with pytest.raises(OSError, match="Address already in use"):
                async with WebServer(parts, "127.0.0.1", 0, bind=closed):
                    pass
            assert parts.frames._listeners == ()

    asyncio.run(scenario())
    others[0].close()


def test_the_page_is_told_what_changes() -> None:
    async def scenario(web: Web) -> None:
        async with changes(web) as told:
            async with web.charge_point() as charge_point:
                await until(told, "frames", "charge-points", "status")
                await charge_point.asks("BootNotification", REQUESTS["BootNotification"])
                await until(told, "charge-points")
                started = await charge_point.asks("StartTransaction", START)
                await until(told, "transactions", "status")
                await charge_point.asks("MeterValues", METER | {"transactionId": started["transactionId"]})
                await until(told, "meters")
                series = (await web.get(f"/api/transactions/{started['transactionId']}"))["series"]
                assert series[0]["points"], "what is told to have changed can be fetched"
                asked = asyncio.create_task(web.client.post("/api/charge-points/zephyr/operations/ClearCache", json={}))
                await charge_point.answers({"status": "Accepted"})
                await until(told, "operated")
                assert (await asked).json()["outcome"] == "answered"
            await until(told, "charge-points")
            await web.client.put("/api/tags/a", json={"status": "Accepted"})
            await until(told, "tags")

    with_page(scenario)


def test_who_follows_is_told_that_somebody_was_turned_away() -> None:
    async def scenario(web: Web) -> None:
        async with changes(web) as told:
            reader, writer = await asyncio.open_connection("127.0.0.1", web.parts.central_system.port)
            writer.write(b"GET /a/b/c HTTP/1.1\r\nHost: x\r\n\r\n")
            await until(told, "refused")
            writer.close()
            await reader.read()

    with_page(scenario)


def test_the_page_ends_although_somebody_follows_and_somebody_waits(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(WITHIN_S), running_parts() as parts, contextlib.AsyncExitStack() as stack:
            page = WebServer(parts, "127.0.0.1", 0)
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{page.port}"))
            web = Web(parts, client)
            async with page:
                charge_point = await stack.enter_async_context(web.charge_point())
                told = await stack.enter_async_context(changes(web))
                path = "/api/charge-points/zephyr/operations/ClearCache"
                waits = asyncio.create_task(client.post(path, json={"within_s": 600}, timeout=WITHIN_S))
                await charge_point.connection.recv()
            assert all([names async for names in told]), "the stream ends as it should, not in the middle"
            assert (await waits).json()["outcome"] == "unanswered"
            parts.storage.flush(5)
            (kept,) = parts.storage.reading.operations().rows
            assert (kept.action, kept.outcome) == ("ClearCache", "unanswered"), "what was sent was sent"

    asyncio.run(scenario())
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_there_is_room_for_so_many_who_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(web: Web) -> None:
        monkeypatch.setattr(follow, "MOST", 1)
        async with changes(web):
            refused = await web.client.get("/api/changes")
            assert (refused.status_code, "close some" in refused.json()["detail"]) == (503, True)

    with_page(scenario)


def test_frames_wake_the_page_once_and_are_told_five_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(WITHIN_S), running_parts() as parts:
            loop = asyncio.get_running_loop()
            changed = Changes(parts, FrameReader(parts.frames))
            parts.frames.listen(changed.poke)
            wake, woken = loop.call_soon_threadsafe, []
            monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *call: woken.append(wake(*call)))
            parts.frames(ConnectionOpened(1, "here"))
            assert woken == [], "nobody follows"
            told = changed.follow()
            times = []
            next_told = asyncio.ensure_future(anext(told))
            await asyncio.sleep(0)
            for _ in range(3):
                woken.clear()
                for _ in range(1000):
                    parts.frames(ConnectionOpened(1, "here"))
                assert len(woken) == 1
                assert await next_told == ["frames"]
                times.append(loop.time())
                next_told = asyncio.ensure_future(anext(told))
            changed.close()
            with pytest.raises(StopAsyncIteration):
                await next_told
            assert times[2] - times[0] >= 2 * 0.02 * 0.95

    assert GAP_S == 0.2, "five a second"

    asyncio.run(scenario())


def test_who_asks_nothing_takes_no_place_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any token: descriptors that silent connections take are missing for charge points."""
    monkeypatch.setattr("central_system.web.server.CONNECTIONS", 3)
    monkeypatch.setattr("central_system.web.server.SILENCE_S", 0.2)

    async def scenario(web: Web) -> None:
        port = web.client.base_url.port
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b"", "one too many is closed at once"
        writer.close()
        for reader, writer in silent:
            assert await reader.read() == b"", "the others after a while"
            writer.close()

    with_page(scenario)
