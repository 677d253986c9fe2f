"""Impairments that change what comes: which frames, in which order, with which payload, in how many portions."""

import pytest
from websockets.frames import Opcode

from central_system.events import Direction, Frame
from central_system.impairments.shaper import MOST_TOGETHER
from tests.impaired import FOR_EVER, Between, answer, between, call

BOTH = pytest.mark.parametrize("sender", ["CP>", "CS>"])
TEXT, CONT, BINARY, CLOSE, PING, PONG = Opcode.TEXT, Opcode.CONT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG

# One frame by itself


@BOTH
def test_a_dropped_frame_came_and_went_no_further(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "drop")
        who, other = bench.ends(sender)
        who.frame(call("1"))
        who.frame(b"", PING)
        await other.hears_nothing()
        bench.impair(sender, "")
        await other.hears(who.frame(call("2")))

    bench = between(scenario)
    told = [(event.what, event.opcode, event.text, event.data, event.sent) for event in bench.impaired()]
    assert told == [("drop", "text", call("1").decode(), None, ""), ("drop", "ping", None, "", "")]
    came_too = [call("1").decode(), None] if sender == "CP>" else []
    assert bench.frames(sender) == [*came_too, call("2").decode()]


@BOTH
def test_a_message_in_fragments_has_frames_that_are_masked_as_their_sender_masks(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "fragment=4")
        who, other = bench.ends(sender)
        who.frame(b"0123456789")
        masked = sender == "CP>"
        assert await other.hears_frame() == (TEXT, b"0123", False, masked)
        assert await other.hears_frame() == (CONT, b"4567", False, masked)
        assert await other.hears_frame() == (CONT, b"89", True, masked)
        await other.hears(who.frame(b"0123"))
        await other.hears(who.frame(b"012345678", PING))

    bench = between(scenario)
    (fragmented,) = bench.impaired()
    assert (fragmented.what, fragmented.text) == ("fragment=4", "0123456789")
    assert fragmented.sent
    assert bench.frames(sender)[:-1] == (
        ["0123456789", "0123"] if sender == "CP>" else ["0123", "4567", "89", "0123"]
    ), "seen as they are between charge point and tap"


def test_a_message_that_is_in_fragments_already_stays_one_message() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", "fragment=2")
        bench.server.frame(b"abc", BINARY, final=False)
        bench.server.frame(b"def", CONT)
        frames = [await bench.charge_point.hears_frame() for _ in range(4)]
        assert [frame[:3] for frame in frames] == [
            (BINARY, b"ab", False),
            (CONT, b"c", False),
            (CONT, b"de", False),
            (CONT, b"f", True),
        ]

    between(scenario)


def test_there_may_be_a_gap_between_fragments() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", f"fragment=4,gap={FOR_EVER}")
        bench.server.frame(b"01234567")
        assert (await bench.charge_point.hears_frame())[:3] == (TEXT, b"0123", False)
        await bench.charge_point.hears_nothing()

    between(scenario)


@BOTH
def test_a_truncated_payload_is_in_a_frame_that_is_right(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "truncate=5")
        who, other = bench.ends(sender)
        who.frame(b"0123456789")
        assert await other.hears_frame() == (TEXT, b"01234", True, sender == "CP>")
        await other.hears(who.frame(b"01234"))

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == ["truncate=5"], "the second was short enough"


@BOTH
def test_a_frame_that_is_broken_off_takes_the_next_ones_bytes_for_its_rest(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "break-off=9,nth=1")
        who, other = bench.ends(sender)
        first = who.frame(b"0123456789")
        second = who.frame(b"abcdefghij")
        await other.hears(first[:9] + second)

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == ["break-off=9"]
    if sender == "CS>":
        seen = [bytes.fromhex(event.data or "") for event in bench.seen if isinstance(event, Frame)]
        assert seen == [b"0123456\x81\na"], "as the charge point has to read it"


@BOTH
def test_one_bit_is_flipped_where_it_is_asked_for(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "corrupt=2")
        who, other = bench.ends(sender)
        who.frame(b"\x00\x00\x00\x00", BINARY)
        opcode, payload, final, masked = await other.hears_frame()
        assert (opcode, final, masked) == (BINARY, True, sender == "CP>")
        assert payload[2].bit_count() == 1
        assert payload[:2] + payload[3:] == bytes(3)
        await other.hears(who.frame(b"01", BINARY))

    bench = between(scenario)
    assert len(bench.impaired()) == 1, "the second frame has no third byte"


def test_what_is_corrupted_by_chance_is_so_again_with_the_same_seed() -> None:
    def corrupted(seed: int) -> list[bytes]:
        heard: list[bytes] = []

        async def scenario(bench: Between) -> None:
            bench.impair("CS>", f"corrupt,seed={seed}")
            for _ in range(8):
                bench.server.frame(bytes(100), BINARY)
                heard.append((await bench.charge_point.hears_frame())[1])

        between(scenario)
        assert all(sum(byte.bit_count() for byte in each) == 1 for each in heard)
        return heard

    assert corrupted(1) == corrupted(1) != corrupted(2)


@BOTH
def test_a_frame_comes_several_times(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "duplicate=3")
        who, other = bench.ends(sender)
        await other.hears(who.frame(call("1")) * 3)
        await other.hears(who.frame(b"", PING) * 3)

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == ["duplicate=3"] * 2
    assert bench.frames("CS>").count(call("1").decode()) == (0 if sender == "CP>" else 3)


# Several frames


@BOTH
def test_two_frames_leave_together(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"coalesce=2,hold={FOR_EVER}")
        who, other = bench.ends(sender)
        first = who.frame(call("1"))
        await other.hears_nothing()
        await other.hears(first + who.frame(call("2")))
        who.frame(call("3"))
        await other.hears_nothing()

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == ["coalesce=2"] * 3
    assert [event.text for event in bench.impaired("lost")] == [call("3").decode()]


@BOTH
@pytest.mark.parametrize("impaired", ["coalesce=3,hold=0.02", "reorder,hold=0.02", "reorder,coalesce=2,hold=0.02"])
def test_a_frame_that_no_other_follows_is_held_for_a_while_only(sender: Direction, impaired: str) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, impaired)
        who, other = bench.ends(sender)
        await other.hears(who.frame(call("1")))
        await other.hears(who.frame(call("2")))

    between(scenario)


def test_frames_of_many_bytes_leave_before_they_are_as_many_as_was_asked_for() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", f"coalesce=1000,hold={FOR_EVER}")
        sent = b"".join(bench.server.frame(bytes(MOST_TOGETHER // 3), BINARY) for _ in range(4))
        await bench.charge_point.hears(sent[: len(sent) // 4 * 3])

    between(scenario)


@BOTH
def test_frames_change_places_in_pairs(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, f"reorder,hold={FOR_EVER}")
        who, other = bench.ends(sender)
        one, two, three, four = (who.frame(call(str(number))) for number in range(4))
        await other.hears(two + one + four + three)

    bench = between(scenario)
    assert [event.what for event in bench.impaired()] == ["reorder"] * 4


# Which frames


@BOTH
def test_only_the_requests_of_an_action_and_their_answers_are_meant(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("both", "drop,only=Authorize")
        who, other = bench.ends(sender)
        await other.hears(who.frame(call("1", "BootNotification")))
        await who.hears(other.frame(answer("1")))
        who.frame(call("2", "Authorize"))
        other.frame(answer("2"))
        await other.hears_nothing()
        await who.hears(other.frame(b"", PONG))

    bench = between(scenario)
    dropped = [(event.sender, event.text) for event in bench.impaired()]
    answered_by: Direction = "CS>" if sender == "CP>" else "CP>"
    assert sorted(dropped, key=str) == sorted(
        [(sender, call("2", "Authorize").decode()), (answered_by, answer("2").decode())], key=str
    )


def test_an_answer_is_known_by_a_request_of_the_direction_that_is_not_impaired() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", "drop,only=Authorize")
        await bench.server.hears(bench.charge_point.frame(call("1", "Authorize")))
        bench.server.frame(answer("1"))
        await bench.charge_point.hears(bench.server.frame(call("1")))

    bench = between(scenario)
    assert [event.text for event in bench.impaired()] == [answer("1").decode()]


def test_fragments_belong_to_the_message_that_they_continue() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CP>", "drop,only=Authorize")
        head, tail = call("1", "Authorize")[:20], call("1", "Authorize")[20:]
        bench.charge_point.frame(head, final=False)
        ping = bench.charge_point.frame(b"", PING)
        bench.charge_point.frame(tail, CONT)
        await bench.server.hears(ping + bench.charge_point.frame(call("2")))

    bench = between(scenario)
    assert len(bench.impaired()) == 2


@pytest.mark.parametrize(("opcode", "name"), [(PING, "ping"), (PONG, "pong"), (CLOSE, "close"), (BINARY, "binary")])
def test_only_frames_without_an_action_can_be_meant_as_well(opcode: Opcode, name: str) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CP>", f"drop,only={name}")
        bench.charge_point.frame(b"", opcode)
        await bench.server.hears(bench.charge_point.frame(call("1")))

    bench = between(scenario)
    assert [event.opcode for event in bench.impaired()] == [name]


@BOTH
def test_only_the_nth_of_those_that_are_meant_is(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "drop,only=Authorize,nth=2")
        who, other = bench.ends(sender)
        await other.hears(who.frame(call("1")))
        await other.hears(who.frame(call("2", "Authorize")))
        who.frame(call("3", "Authorize"))
        await other.hears(who.frame(call("4", "Authorize")))

    bench = between(scenario)
    assert [event.text for event in bench.impaired()] == [call("3", "Authorize").decode()]


def test_what_is_no_ocpp_has_no_action() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("both", "drop,only=Authorize")
        for payload in (b"", b"[", b'[2,"1",7,{}]', b'[3,"unknown",{}]', b"\xff\xfe", b"[2]"):
            await bench.server.hears(bench.charge_point.frame(payload))

    assert between(scenario).impaired() == []


def test_what_is_not_meant_does_not_wait_for_what_is() -> None:
    """But neither does it overtake what is on its way."""

    async def scenario(bench: Between) -> None:
        bench.impair("CS>", f"coalesce=2,only=Authorize,hold={FOR_EVER}")
        await bench.server.hears(bench.charge_point.frame(call("1", "Authorize")))
        held = bench.server.frame(answer("1"))
        await bench.charge_point.hears_nothing()
        await bench.charge_point.hears(held + bench.server.frame(call("2")))

    between(scenario)


# Together, and changed while they work


@BOTH
def test_impairments_work_together(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.01,truncate=6,fragment=4,duplicate,split=3,gap=0.001")
        who, other = bench.ends(sender)
        who.frame(b"0123456789")
        frames = [(await other.hears_frame())[:3] for _ in range(4)]
        assert frames == [(TEXT, b"0123", False), (CONT, b"45", True)] * 2

    bench = between(scenario)
    (event,) = bench.impaired()
    assert event.what == "truncate=6,fragment=4,delay=0.01,split=3,duplicate=2"
    assert event.sent


def test_each_direction_has_its_own() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CP>", "duplicate")
        bench.impair("CS>", "truncate=1")
        await bench.server.hears(bench.charge_point.frame(call("1")) * 2)
        bench.server.frame(answer("1"))
        assert (await bench.charge_point.hears_frame())[1] == b"["

    between(scenario)


@BOTH
def test_they_change_from_one_frame_to_the_next(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        who, other = bench.ends(sender)
        for text, times in (("", 1), ("duplicate", 2), ("duplicate=3", 3), ("", 1), ("delay=0.01", 1), ("", 1)):
            bench.impair(sender, text)
            await other.hears(who.frame(call("1")) * times)

    bench = between(scenario)
    assert [event.what for event in bench.impaired("set")] == ["", "duplicate=2", "duplicate=3", "", "delay=0.01", ""]


@BOTH
def test_what_is_under_way_is_not_overtaken_by_what_is_impaired_no_more(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        who, other = bench.ends(sender)
        bench.impair(sender, "delay=0.05")
        first = who.frame(call("1"))
        await bench.until(lambda: bool(bench.impaired()))
        bench.impair(sender, "")
        await other.hears(first + who.frame(call("2")))

    between(scenario)


def test_what_is_held_goes_first_when_impairments_change() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", f"reorder,hold={FOR_EVER}")
        first = bench.server.frame(call("1"))
        await bench.charge_point.hears_nothing()
        bench.impair("CS>", "")
        await bench.charge_point.hears(first + bench.server.frame(call("2")))

    between(scenario)


@BOTH
@pytest.mark.parametrize("begun", [1, 2, 5, 9])
def test_a_frame_that_has_begun_to_pass_passes_as_it_is(sender: Direction, begun: int) -> None:
    """The charge point's bytes go on as they come: one that is half over cannot be impaired any more."""

    async def scenario(bench: Between) -> None:
        who, other = bench.ends(sender)
        raw = who.frame(call("0"))
        await other.hears(raw)
        who.writer.write(raw[:begun])
        if sender == "CP>":
            await other.hears(raw[:begun])
        else:
            await other.hears_nothing()
        bench.impair(sender, "duplicate")
        who.writer.write(raw[begun:])
        await other.hears(raw[begun:] if sender == "CP>" else raw * 2)
        await other.hears(who.frame(call("2")) * 2)

    between(scenario)
