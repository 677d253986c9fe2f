"""Who is whose connection: its number, its peer, its sub-protocol, and a second one under the same identity."""

import asyncio
import contextlib
import socket

import pytest
from websockets.asyncio.client import unix_connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

from central_system import server
from central_system.events import ConnectionClosed as Closed
from central_system.events import ServerProblem, TurnedAway, Upgrade, UpgradeAnswer
from central_system.security.basic import shown_bytes
from rig.journal.codec import Entry, decode, encode
from tests.doorstep import REQUEST, Door, at_the_door, is_served

PASSWORD = {"Authorization": "Basic emVwaHlyOnJpZ2h0"}


def test_a_session_knows_its_peer_and_the_number_of_its_connection() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point("first") as first, door.charge_point("second") as second:
            assert await is_served(first)
            assert await is_served(second)
            sessions = door.central_system.charge_points
            host, port = second.local_address
            assert (sessions["second"].peer, sessions["second"].connection) == (f"{host}:{port}", 2)
            await second.send("no JSON")
            assert await is_served(second)

    (problem,) = [event for event in at_the_door(scenario).seen if isinstance(event, ServerProblem)]
    assert (problem.charge_point, problem.connection) == ("second", 2)


def test_a_second_connection_replaces_the_first_and_that_is_told() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as old:
            assert await is_served(old)
            async with door.charge_point() as new:
                assert await is_served(new)
                with pytest.raises(ConnectionClosed):
                    await old.recv()
                assert await is_served(new)
                assert door.central_system.charge_points["zephyr"].connection == 2

    door = at_the_door(scenario)
    (told,) = door.turned_away
    assert (told.connection, told.charge_point, told.status) == (1, "zephyr", None)
    assert told.why == "zephyr connected again, by connection 2"
    assert door.seen.index(told) < door.seen.index(Closed(1, "CS>"))


def test_a_second_connection_without_the_password_replaces_nobody() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=PASSWORD) as charge_point:
            assert await is_served(charge_point)
            with pytest.raises(InvalidStatus, match="401"):
                async with door.charge_point():
                    pass
            assert await is_served(charge_point)

    (told,) = at_the_door(scenario, passwords={"zephyr": "right"}).turned_away
    assert told.connection == 2


OTHER = [Subprotocol("ocpp2.0.1")]


@pytest.mark.parametrize("offered", [None, OTHER])
def test_who_does_not_offer_ocpp_1_6_is_served_all_the_same(offered: list[Subprotocol] | None) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(subprotocols=offered) as charge_point:
            assert charge_point.subprotocol is None
            assert await is_served(charge_point)

    assert not at_the_door(scenario).turned_away


@pytest.mark.parametrize("offered", [None, OTHER])
def test_a_strict_server_opens_without_a_subprotocol_and_closes_at_once(offered: list[Subprotocol] | None) -> None:
    """As OCPP-J 1.6 §3.2 has it."""

    async def scenario(door: Door) -> None:
        async with door.charge_point(subprotocols=offered) as charge_point:
            with contextlib.suppress(ConnectionClosed):
                await is_served(charge_point)
            why = "it does not offer the sub-protocol ocpp1.6"
            assert (charge_point.close_code, charge_point.close_reason) == (1002, why)
        assert not door.central_system.charge_points

    door = at_the_door(scenario, strict_subprotocol=True)
    (told,) = door.turned_away
    assert (told.charge_point, told.status) == ("zephyr", 1002)
    assert UpgradeAnswer(1, 101, None) in door.seen


def test_a_strict_server_takes_ocpp_1_6_out_of_several() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(subprotocols=[*OTHER, Subprotocol("ocpp1.6")]) as charge_point:
            assert charge_point.subprotocol == "ocpp1.6"
            assert await is_served(charge_point)

    assert not at_the_door(scenario, strict_subprotocol=True).turned_away


def test_a_charge_point_that_closes_is_not_turned_away() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            await charge_point.close(1008, "its own reason")

    assert not at_the_door(scenario).turned_away


def test_nobody_on_this_machine_gets_past_the_tap() -> None:
    async def scenario(door: Door) -> None:
        inner = socket.socket(socket.AF_UNIX)
        inner.bind("")
        inner.connect(door.central_system._inner)
        with pytest.raises(InvalidStatus, match="403"):
            async with unix_connect(sock=inner, uri="ws://x/zephyr"):
                pass

    at_the_door(scenario)


def test_a_server_that_ends_closes_connections_of_every_kind() -> None:
    """The end of `at_the_door` looks for tasks and descriptors that are left."""

    async def scenario(door: Door) -> None:
        served = await door.charge_point().__aenter__()
        assert await is_served(served)
        door.afterwards.push_async_callback(served.wait_closed)
        for sent in (b"", b"GET /zephyr", b"no HTTP"):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.central_system.port)
            writer.write(sent)
            door.afterwards.callback(writer.close)
            door.afterwards.push_async_callback(_end_of, reader)

    at_the_door(scenario)


async def _end_of(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""


def test_a_journal_gives_it_back() -> None:
    for told in (TurnedAway(1, None, "127.0.0.1:9", None, "it is late"), TurnedAway(2, "zephyr", "x:1", 401, "wrong")):
        entry = Entry(7, 0.5, told)
        assert decode(encode(entry)) == entry


def test_what_somebody_sent_cannot_steer_the_terminal_that_shows_it() -> None:
    async def scenario(door: Door) -> None:
        assert await door.exchange(b"GET\x1b[2J" + b"x" * 1000 + b"\r\n") == b""

    (told,) = at_the_door(scenario).turned_away
    assert told.why.startswith("invalid HTTP request line: GET\N{REPLACEMENT CHARACTER}[2Jxxx")
    assert len(told.why) == 200


def test_who_gets_no_answer_in_time_is_told_to_the_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say, where too many passwords are to be compared."""
    monkeypatch.setattr(server, "PASSWORD_S", -9.95)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async def scenario(door: Door) -> None:
        monkeypatch.setattr(door.central_system._gate, "refusal", never)
        with pytest.raises(InvalidMessage):
            async with door.charge_point():
                pass

    (told,) = at_the_door(scenario).turned_away
    assert (told.charge_point, told.status, told.why) == (
        "zephyr",
        None,
        "the central system gave it no answer in time",
    )


@pytest.mark.parametrize("headers", ["ocpp2.0.1\r\nSec-WebSocket-Protocol: ocpp1.6", "ocpp2.0.1, ocpp1.6"])
def test_sub_protocols_may_come_in_one_header_or_in_several(headers: str) -> None:
    async def scenario(door: Door) -> None:
        offer = b"Sec-WebSocket-Protocol: " + headers.encode() + b"\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", door.central_system.port)
        writer.write(REQUEST + offer)
        assert b"Sec-WebSocket-Protocol: ocpp1.6" in await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    (upgrade,) = [event for event in at_the_door(scenario).seen if isinstance(event, Upgrade)]
    assert upgrade.subprotocols == ("ocpp2.0.1", "ocpp1.6")


@pytest.mark.parametrize(
    "header", [b"Authorization : Basic c2VjcmV0", b"authorization:\r\n Basic c2VjcmV0", b"XAuthorization: c2VjcmV0"]
)
def test_a_password_is_not_recorded_however_it_is_spelt(header: bytes) -> None:
    raw = b"GET /zephyr HTTP/1.1\r\n" + header + b"\r\nHost: x\r\n\r\n"
    assert b"c2VjcmV0" not in shown_bytes(raw)
    assert b"\r\nHost: x" in shown_bytes(raw)
