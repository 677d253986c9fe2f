"""Impairments that change when and in which pieces bytes leave, and none of the bytes."""

import asyncio
import contextlib
import time

import pytest
from websockets.frames import Opcode

from central_system.events import Direction, TurnedAway, Undecodable
from central_system.impairments.line import MOST_BYTES
from central_system.security.limits import Limits
from tests.impaired import ACCEPTS, ASKS, FOR_EVER, Between, answer, between, call

BOTH = pytest.mark.parametrize("sender", ["CP>", "CS>"])


@BOTH
def test_a_delay_holds_back_each_frame_and_keeps_their_order(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.05")
        who, other = bench.ends(sender)
        begun = time.monotonic()
        sent = b"".join(who.frame(call(str(number))) for number in range(5))
        assert await other.hears(sent) - begun >= 0.05

    bench = between(scenario)
    assert [(event.what, event.for_s) for event in bench.impaired()] == [("delay=0.05", 0.05)] * 5
    assert bench.frames(sender) == [call(str(number)).decode() for number in range(5)]


@BOTH
def test_a_delay_is_of_each_frame_and_not_between_them(sender: Direction) -> None:
    """Frames that wait one after the other would take 5 s more than the limit of this test."""

    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.05")
        who, other = bench.ends(sender)
        await other.hears(b"".join(who.frame(call(str(number))) for number in range(500)))

    between(scenario)


@BOTH
def test_a_delay_does_not_hold_back_the_other_direction(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"delay={FOR_EVER}")
        who, other = bench.ends(sender)
        who.frame(call("1"))
        await who.hears(other.frame(answer("2")))
        await other.hears_nothing()

    bench = between(scenario)
    (lost,) = bench.impaired("lost")
    assert (lost.sender, lost.text) == (sender, call("1").decode())


@BOTH
def test_jitter_makes_late_by_chance_and_lets_nothing_overtake(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.005,jitter=0.02,seed=3")
        who, other = bench.ends(sender)
        await other.hears(b"".join(who.frame(call(str(number))) for number in range(10)))

    first, again = between(scenario), between(scenario)
    late = [event.for_s or 0 for event in first.impaired()]
    assert all(0.005 <= each <= 0.025 for each in late)
    assert len(set(late)) == 10
    assert [event.for_s for event in again.impaired()] == late, "the same seed, the same chance"


@BOTH
@pytest.mark.parametrize("offset", [1, 2, 3, 7, 11])
def test_a_split_frame_comes_in_two_pieces(sender: Direction, offset: int) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"split={offset},gap={FOR_EVER}")
        who, other = bench.ends(sender)
        raw = who.frame(answer("1"))
        await other.hears(raw[:offset])
        await other.hears_nothing()

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == [f"split={offset}"]


@BOTH
def test_a_split_frame_is_whole_again_after_the_gap(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "split=3,gap=0.04")
        who, other = bench.ends(sender)
        begun = time.monotonic()
        assert await other.hears(who.frame(answer("1"))) - begun >= 0.04
        await other.hears(who.frame(b""))

    bench = between(scenario)
    assert bench.frames(sender) == [answer("1").decode(), ""]
    assert len(bench.impaired()) == 1 + (sender == "CP>"), "an unmasked empty frame has two bytes and is not split"


@BOTH
def test_a_frame_dribbles_byte_by_byte(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"dribble={FOR_EVER}")
        who, other = bench.ends(sender)
        await other.hears(who.frame(answer("1"))[:1])
        await other.hears_nothing()

    between(scenario)


@BOTH
def test_a_frame_that_has_dribbled_is_whole(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "dribble=0.002")
        who, other = bench.ends(sender)
        begun = time.monotonic()
        raw = who.frame(answer("1"))
        assert await other.hears(raw) - begun >= 0.002 * (len(raw) - 1)
        bench.impair(sender, "dribble")
        await other.hears(who.frame(answer("2")))

    bench = between(scenario)
    assert bench.frames(sender) == [answer("1").decode(), answer("2").decode()]


def test_the_handshake_is_delayed_and_split_as_well() -> None:
    async def scenario(bench: Between) -> None:
        begun = time.monotonic()
        await bench.shake_hands()
        assert time.monotonic() - begun >= 0.03 + 0.02

    bench = between(scenario, from_the_start=[("CP>", "delay=0.03"), ("CS>", "split=20,gap=0.02")], shake_hands=False)
    assert [(event.sender, event.what, event.text) for event in bench.impaired()] == [
        ("CP>", "delay=0.03", None),
        ("CS>", "split=20", None),
    ]
    assert [event.kind for event in bench.seen if event.kind.startswith("upgrade")] == ["upgrade", "upgrade-answer"]


@BOTH
def test_a_black_hole_swallows_frames_and_the_end_too(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "black-hole")
        who, other = bench.ends(sender)
        who.frame(call("1"))
        who.writer.close()
        await other.hears_nothing()
        bench.impair(sender, "")
        await other.hears_the_end()

    bench = between(scenario)
    swallowed = [(event.what, event.text, event.sent) for event in bench.impaired()]
    assert swallowed == [("black-hole", call("1").decode(), ""), ("black-hole", None, None)]
    assert bench.frames(sender) == ([call("1").decode()] if sender == "CP>" else []), "the charge point's came"
    assert bench.closed_by == sender


def test_a_black_hole_swallows_the_handshake() -> None:
    async def scenario(bench: Between) -> None:
        bench.charge_point.writer.write(ASKS)
        await bench.server.hears(ASKS)
        bench.server.writer.write(ACCEPTS)
        await bench.charge_point.hears_nothing()

    bench = between(scenario, from_the_start=[("CS>", "black-hole")], shake_hands=False)
    assert not [event for event in bench.seen if event.kind == "upgrade-answer"]


@BOTH
def test_what_is_no_websocket_is_shaped_like_all_bytes(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.02,split=1")
        who, other = bench.ends(sender)
        begun = time.monotonic()
        who.writer.write(b"\xff\xff no frame")
        assert await other.hears(b"\xff\xff no frame") - begun >= 0.02
        who.writer.write(b" and more")
        await other.hears(b" and more")

    bench = between(scenario)
    undecodable = [bytes.fromhex(event.data) for event in bench.seen if isinstance(event, Undecodable)]
    assert b"".join(undecodable) == b"\xff\xff no frame and more"


@BOTH
def test_half_a_frame_goes_on_when_its_sender_leaves(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.02")
        who, other = bench.ends(sender)
        who.writer.write(b"\x81")
        who.writer.close()
        await other.hears(b"\x81")
        await other.hears_the_end()

    bench = between(scenario)
    assert [event.why for event in bench.seen if isinstance(event, Undecodable)] == ["the connection closed within it"]
    assert bench.closed_by == sender


@BOTH
def test_the_end_comes_no_earlier_than_what_was_said_before_it(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.05")
        who, other = bench.ends(sender)
        begun = time.monotonic()
        raw = who.frame(call("1"))
        who.writer.close()
        assert await other.hears(raw) - begun >= 0.05
        await other.hears_the_end()

    bench = between(scenario)
    assert (bench.closed_by, bench.impaired("lost")) == (sender, [])


@BOTH
def test_who_sends_more_than_is_let_on_has_to_wait(sender: Direction) -> None:
    """Memory is bounded: what does not leave stays, by TCP, with its sender."""

    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"delay={FOR_EVER}")
        who, other = bench.ends(sender)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                while True:
                    who.frame(bytes(60_000), Opcode.BINARY)
                    await who.writer.drain()
        await who.hears(other.frame(call("the other direction is free")))

    bench = between(scenario)
    assert sum(len(event.data or "") // 2 for event in bench.impaired()) < MOST_BYTES + 2 * 60_000
    assert len(bench.impaired("lost")) == len(bench.impaired())


def test_a_charge_point_that_does_not_read_is_turned_away_as_ever() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", "split=5")
        while not any(isinstance(event, TurnedAway) for event in bench.seen):
            bench.server.frame(bytes(60_000), Opcode.BINARY)
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(0.02):
                    await bench.server.writer.drain()

    bench = between(scenario, limits=Limits(unread_s=0.05))
    (turned_away,) = [event for event in bench.seen if isinstance(event, TurnedAway)]
    assert turned_away.why == "it has not read what it is told for 0.05 s"
