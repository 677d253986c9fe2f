"""The link as a whole: all connections, present and future, and a cable that is pulled."""

import asyncio
import socket
import time

import pytest

from central_system.events import TurnedAway
from central_system.impairments.connection import NotConnectedError
from central_system.impairments.link import Cut, Link
from central_system.impairments.standing import Impairments
from central_system.security.limits import Limits
from tests.impaired import QUIET_S, Between, answer, between, call

EVERY_CUT = pytest.mark.parametrize("how", ["silent", "held", "refused"])

# Whom it concerns


def test_impairments_are_of_all_connections_present_and_future() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CP>", "duplicate")
        for _ in range(2):
            await bench.server.hears(bench.charge_point.frame(call("1")) * 2)
            bench.charge_point = await bench.connect()
            bench.server = await bench.accepted()
            await bench.shake_hands()

    bench = between(scenario)
    assert [event.connection for event in bench.impaired()] == [1, 2]
    assert [(event.connection, event.sender, event.what) for event in bench.impaired("set")] == [
        (None, "CP>", "duplicate=2")
    ]


def test_impairments_may_be_of_one_connection() -> None:
    async def scenario(bench: Between) -> None:
        other = await bench.connect()
        others_server = await bench.accepted()
        bench.tap.link.impair("CP>", Impairments(drop=True), connection=1)
        other.writer.write(b"GET /other HTTP/1.1\r\n\r\n")
        await others_server.hears(b"GET /other HTTP/1.1\r\n\r\n")
        await others_server.hears(other.frame(call("1")))
        bench.charge_point.frame(call("1"))
        await bench.server.hears_nothing()
        with pytest.raises(NotConnectedError, match="no connection 3; there are: 1, 2"):
            bench.tap.link.impair("CP>", Impairments(), connection=3)

    assert [event.connection for event in between(scenario).impaired("set")] == [1]


def test_both_directions_are_impaired_at_once() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.impair("both", Impairments(duplicate=2))
        await bench.server.hears(bench.charge_point.frame(call("1")) * 2)
        await bench.charge_point.hears(bench.server.frame(answer("1")) * 2)

    between(scenario)


# A cut


@EVERY_CUT
def test_nothing_passes_while_the_link_is_cut_and_all_of_it_afterwards(how: Cut) -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how=how)
        up = b"".join(bench.charge_point.frame(call(str(number))) for number in range(3))
        down = bench.server.frame(answer("1"))
        await bench.server.hears_nothing()
        await bench.charge_point.hears_nothing()
        assert bench.frames("CP>") == bench.frames("CS>") == []
        bench.tap.link.mend()
        await bench.charge_point.hears(down)
        await bench.server.hears(up)

    done = [(event.connection, event.sender, event.what) for event in between(scenario).impaired("done")]
    assert done == [(None, None, f"cut: {how}"), (None, None, "mended")]


@EVERY_CUT
def test_a_cut_may_be_for_a_time(how: Cut) -> None:
    async def scenario(bench: Between) -> None:
        begun = time.monotonic()
        bench.tap.link.cut(0.05, how=how)
        assert await bench.server.hears(bench.charge_point.frame(call("1"))) - begun >= 0.05

    assert between(scenario).impaired("done")[0].for_s == 0.05


@EVERY_CUT
def test_neither_side_learns_that_the_other_has_left_while_the_link_is_cut(how: Cut) -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how=how)
        bench.server.writer.close()
        await bench.charge_point.hears_nothing()
        assert not [event for event in bench.seen if event.kind == "close"]
        bench.tap.link.mend()
        await bench.charge_point.hears_the_end()

    assert between(scenario).closed_by == "CS>"


def test_the_charge_point_leaves_while_the_link_is_cut() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how="held")
        raw = bench.charge_point.frame(call("1"))
        bench.charge_point.writer.close()
        await bench.server.hears_nothing()
        bench.tap.link.mend()
        await bench.server.hears(raw)
        await bench.server.hears_the_end()

    assert between(scenario).closed_by == "CP>"


def test_whoever_connects_to_a_link_that_is_cut_silently_hears_from_nobody() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how="silent")
        connecting = asyncio.create_task(bench.connect())
        await asyncio.sleep(QUIET_S)
        assert not connecting.done(), "not even its SYN is answered"
        connecting.cancel()
        bench.tap.link.mend()
        await bench.connect()
        await bench.accepted()

    between(scenario)


def test_whoever_connects_to_a_link_that_is_held_is_served_when_it_is_over() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how="held")
        await bench.connect()
        await asyncio.sleep(QUIET_S)
        assert bench.servers.empty()
        bench.tap.link.mend()
        await bench.accepted()

    between(scenario)


def test_whoever_connects_to_a_link_that_refuses_is_refused_until_it_is_over() -> None:
    async def scenario(bench: Between) -> None:
        port = bench.tap.port
        for _ in range(2):
            bench.tap.link.cut(how="refused")
            with pytest.raises(ConnectionRefusedError):
                await bench.connect()
            assert not _can_be_taken(port), "the port is kept"
            bench.tap.link.mend()
            await bench.connect()
            await bench.accepted()

    between(scenario)


def test_who_waits_for_a_link_is_not_let_through_by_a_cut_that_takes_the_place_of_another() -> None:
    async def scenario() -> None:
        link = Link(lambda _: None)
        link.cut(how="held")
        waiting = asyncio.ensure_future(link.up())
        await asyncio.sleep(0)
        link.cut(how="held")
        await asyncio.sleep(QUIET_S)
        assert not waiting.done()
        link.mend()
        await waiting

    asyncio.run(scenario())


def test_a_cut_takes_the_place_of_another() -> None:
    async def scenario(bench: Between) -> None:
        link = bench.tap.link
        link.cut(0.01, how="silent")
        link.cut(how="held")
        await asyncio.sleep(QUIET_S)
        assert not link.cable.is_set()
        link.cut(0.01, how="refused")
        await link.up()
        await bench.server.hears(bench.charge_point.frame(call("1")))
        await bench.connect()
        await bench.accepted()
        link.mend()

    told = [event.what for event in between(scenario).impaired("done")]
    assert told == ["cut: silent", "cut: held", "cut: refused", "mended"]


def test_what_is_delayed_arrives_no_sooner_than_the_cut_is_over() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CP>", "delay=0.02,split=3")
        begun = time.monotonic()
        raw = bench.charge_point.frame(call("1"))
        await bench.until(lambda: bool(bench.impaired()))
        bench.tap.link.cut(0.05, how="held")
        assert await bench.server.hears(raw) - begun >= 0.05

    between(scenario)


def test_an_injected_frame_waits_and_an_end_cannot_be_made_while_the_link_is_cut() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how="held")
        bench.connection.ping()
        await bench.charge_point.hears_nothing()
        for act in (bench.connection.reset, bench.connection.hang_up):
            with pytest.raises(NotConnectedError, match="while the link is cut"):
                act()
        bench.tap.link.mend()
        await bench.charge_point.hears(b"\x89\x00")

    between(scenario)


def test_who_is_turned_away_hears_of_it_when_the_cut_is_over() -> None:
    async def scenario(bench: Between) -> None:
        bench.tap.link.cut(how="held")
        await asyncio.sleep(0.05)
        await bench.charge_point.hears_nothing()
        bench.tap.link.mend()
        await bench.charge_point.hears_the_end()

    bench = between(scenario, limits=Limits(header_s=0.05), shake_hands=False)
    assert [event.why for event in bench.seen if isinstance(event, TurnedAway)] == [
        "no whole request came within 0.05 s"
    ]


@EVERY_CUT
def test_a_tap_may_end_while_its_link_is_cut(how: Cut) -> None:
    async def scenario(bench: Between) -> None:
        bench.charge_point.frame(call("1"))
        bench.tap.link.cut(3600, how=how)

    assert between(scenario).seen[-1].kind == "close"


def _can_be_taken(port: int) -> bool:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
