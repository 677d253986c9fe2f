"""Impairments of the central system itself, as a charge point with a real WebSocket library meets them."""

import asyncio
import time
from pathlib import Path

import pytest
import trustme
from ocpp.v16.enums import Action
from websockets.exceptions import ConnectionClosed

from central_system.events import Frame, Impaired
from central_system.impairments.connection import NotConnectedError
from central_system.impairments.standing import Impairments
from central_system.outcome import Answered, Unanswered
from central_system.security.tls import Tls
from tests.doorstep import HEARTBEAT, Door, at_the_door, is_served, issue


def test_an_answer_that_is_delayed_comes_no_sooner() -> None:
    async def scenario(door: Door) -> None:
        door.central_system.impair("CS>", Impairments.parse("delay=0.05,only=Heartbeat"))
        async with door.charge_point() as charge_point:
            begun = time.monotonic()
            assert await is_served(charge_point)
            assert time.monotonic() - begun >= 0.05
            door.central_system.impair("CS>")
            assert await is_served(charge_point)

    door = at_the_door(scenario)
    told = [(event.how, event.what) for event in door.seen if isinstance(event, Impaired)]
    assert told == [("set", "delay=0.05,only=Heartbeat"), ("shaped", "delay=0.05"), ("set", "")]
    assert [event.sender for event in door.seen if isinstance(event, Frame)][:4] == ["CP>", "CS>", "CP>", "CS>"]


@pytest.mark.parametrize("impaired", ["fragment=5,split=2", "dribble", "jitter=0.01", "corrupt,only=ping"])
def test_what_changes_no_message_changes_nothing_for_a_right_charge_point(impaired: str) -> None:
    async def scenario(door: Door) -> None:
        door.central_system.impair("both", Impairments.parse(impaired))
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            session = door.central_system.charge_points["zephyr"]
            asking = asyncio.create_task(session.request(Action.clear_cache, {}, within_s=5))
            uid = str(await charge_point.recv()).split('"')[1]
            await charge_point.send(f'[3,"{uid}",{{"status":"Accepted"}}]')
            assert await asking == Answered({"status": "Accepted"}, {"status": "Accepted"})

    assert not at_the_door(scenario).turned_away


def test_a_request_that_is_dropped_is_not_answered() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            session = door.central_system.charge_points["zephyr"]
            door.central_system.impair("CS>", Impairments(drop=True), connection=session.connection)
            assert await session.request(Action.clear_cache, {}, within_s=0.03) == Unanswered(0.03)

    assert at_the_door(scenario)


def test_a_session_names_its_connection_for_acts() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            connection = door.central_system.link.connection(door.central_system.charge_points["zephyr"].connection)
            connection.inject(HEARTBEAT, sender="CP>")
            assert str(await charge_point.recv()).startswith('[3,"h",')
            connection.close(1001, "maintenance")
            with pytest.raises(ConnectionClosed, match="1001"):
                await charge_point.recv()

    assert at_the_door(scenario)


def test_a_charge_point_that_comes_back_after_a_cut_is_served() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            door.central_system.link.cut(0.05, how="held")
            assert await is_served(charge_point)
            door.central_system.link.cut(0.05, how="refused")
            with pytest.raises(ConnectionRefusedError):
                async with door.charge_point():
                    pass
            await door.central_system.link.up()
            async with door.charge_point() as again:
                assert await is_served(again)
                with pytest.raises(ConnectionClosed):
                    await charge_point.recv()

    assert at_the_door(scenario).turned_away[0].why == "zephyr connected again, by connection 2"


def test_all_of_it_is_within_tls_but_half_closing(tmp_path: Path) -> None:
    files = issue(trustme.CA(), tmp_path / "server", "127.0.0.1")

    async def scenario(door: Door) -> None:
        door.central_system.impair("both", Impairments.parse("delay=0.01,fragment=3,split=1"))
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            connection = door.central_system.link.connection(1)
            with pytest.raises(NotConnectedError, match="TLS cannot be closed in one direction"):
                connection.half_close()
            door.central_system.link.cut(0.05)
            assert await is_served(charge_point)
            connection.reset()
            with pytest.raises(ConnectionClosed):
                await charge_point.recv()

    door = at_the_door(scenario, tls=Tls(files.certificate, files.key), trusted=files.trusted())
    assert [event.what for event in door.seen if isinstance(event, Impaired) and event.how == "done"][-1] == "reset"
