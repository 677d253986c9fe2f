"""What can be done to a connection at once: a frame too many, and several ways to end it."""

import pytest
from websockets.frames import Opcode

from central_system.events import Direction, TurnedAway, Undecodable
from central_system.impairments.connection import NotConnectedError
from central_system.impairments.frames import frame_bytes
from tests.impaired import FOR_EVER, Between, answer, between, call

BOTH = pytest.mark.parametrize("sender", ["CP>", "CS>"])
TEXT, CONT, BINARY, CLOSE, PING, PONG = Opcode.TEXT, Opcode.CONT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG

# A frame too many


@BOTH
@pytest.mark.parametrize("payload", [b"", b"are you there?", b"x" * 125])
def test_a_ping_with_and_without_payload(sender: Direction, payload: bytes) -> None:
    async def scenario(bench: Between) -> None:
        _, other = bench.ends(sender)
        bench.connection.ping(payload, sender=sender)
        bench.connection.pong(payload, sender=sender)
        assert await other.hears_frame() == (PING, payload, True, sender == "CP>")
        assert await other.hears_frame() == (PONG, payload, True, sender == "CP>")

    bench = between(scenario)
    told = [(event.sender, event.what, event.opcode, event.data) for event in bench.impaired("done")]
    assert told == [(sender, "ping", "ping", payload.hex()), (sender, "pong", "pong", payload.hex())]
    assert len(bench.frames("CS>")) == (2 if sender == "CS>" else 0), "what the charge point is sent is on its wire"
    assert bench.frames("CP>") == [], "and what is said in its name is not"


@BOTH
@pytest.mark.parametrize(
    ("code", "reason", "payload"),
    [
        (None, "", b""),
        (1000, "", b"\x03\xe8"),
        (1001, "gone", b"\x03\xe9gone"),
        (1005, "", b"\x03\xed"),
        (4999, "é", b"\x13\x87\xc3\xa9"),
        (0, "", b"\x00\x00"),
    ],
)
def test_a_close_frame_with_any_code_or_none(sender: Direction, code: int | None, reason: str, payload: bytes) -> None:
    async def scenario(bench: Between) -> None:
        who, other = bench.ends(sender)
        bench.connection.close(code, reason, sender=sender)
        assert await other.hears_frame() == (CLOSE, payload, True, sender == "CP>")
        await other.hears(who.frame(call("after the close")))

    between(scenario)


def test_a_close_frame_with_a_code_that_turns_away_is_told_as_one() -> None:
    async def scenario(bench: Between) -> None:
        bench.connection.close(1011, "broken")
        await bench.charge_point.hears(frame_bytes(CLOSE, b"\x03\xf3broken", mask=False))

    (turned_away,) = [event for event in between(scenario).seen if isinstance(event, TurnedAway)]
    assert (turned_away.status, turned_away.why) == (1011, "broken")


@BOTH
@pytest.mark.parametrize(
    ("opcode", "final", "reserved"),
    [
        (TEXT, True, 0),
        (BINARY, True, 0),
        (CONT, False, 0),
        (TEXT, False, 4),
        (3, True, 0),
        (15, False, 7),
        (PING, False, 0),
    ],
)
def test_any_frame_is_injected_allowed_or_not(sender: Direction, opcode: int, final: bool, reserved: int) -> None:
    async def scenario(bench: Between) -> None:
        _, other = bench.ends(sender)
        bench.connection.inject("payload", opcode=opcode, final=final, reserved=reserved, sender=sender)
        first = (await other.reader.readexactly(1))[0]
        assert first == (0x80 if final else 0) | reserved << 4 | opcode
        second, *rest = await other.reader.readexactly(1 + 7 + (4 if sender == "CP>" else 0))
        assert second == (0x80 if sender == "CP>" else 0) | 7
        key = rest[:-7] or [0] * 4
        assert bytes(byte ^ key[index % 4] for index, byte in enumerate(rest[-7:])) == b"payload"

    (told,) = between(scenario).impaired("done")
    names: dict[int, str] = {TEXT: "inject text", BINARY: "inject binary", CONT: "inject cont", PING: "ping"}
    assert told.what == names.get(opcode, f"inject opcode {opcode}")
    assert told.sent


def test_raw_bytes_are_injected_as_they_are() -> None:
    async def scenario(bench: Between) -> None:
        bench.connection.inject_raw(b"\xff\x00garbage")
        await bench.charge_point.hears(b"\xff\x00garbage")
        bench.connection.inject_raw(b"\x00", sender="CP>")
        await bench.server.hears(b"\x00")

    bench = between(scenario)
    assert [bytes.fromhex(event.sent or "") for event in bench.impaired("done")] == [b"\xff\x00garbage", b"\x00"]
    assert [(event.sender, event.data) for event in bench.seen if isinstance(event, Undecodable)] == [
        ("CS>", b"\xff\x00garbage".hex())
    ]


def test_a_frame_of_many_bytes_has_a_longer_length() -> None:
    for length, head in ((125, 2), (126, 4), (65535, 4), (65536, 10)):
        raw = frame_bytes(TEXT, bytes(length), mask=False)
        assert len(raw) == head + length
        assert len(frame_bytes(TEXT, bytes(length), mask=True)) == head + 4 + length


def test_an_injected_frame_waits_for_what_is_under_way_and_is_not_impaired() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", "delay=0.03,duplicate")
        raw = bench.server.frame(answer("1"))
        await bench.until(lambda: bool(bench.impaired()))
        bench.connection.ping()
        await bench.charge_point.hears(raw * 2 + frame_bytes(PING, b"", mask=False))

    between(scenario)


@pytest.mark.parametrize("begun", [1, 3, 6])
def test_an_injected_frame_waits_for_the_rest_of_one_that_has_begun(begun: int) -> None:
    async def scenario(bench: Between) -> None:
        raw = bench.charge_point.frame(call("1"))
        await bench.server.hears(raw)
        bench.charge_point.writer.write(raw[:begun])
        await bench.server.hears(raw[:begun])
        bench.connection.inject_raw(b"in between", sender="CP>")
        await bench.server.hears_nothing()
        bench.charge_point.writer.write(raw[begun:] + raw)
        await bench.server.hears(raw[begun:] + b"in between" + raw)

    between(scenario)


# Ways to end it


def test_a_reset_is_one() -> None:
    async def scenario(bench: Between) -> None:
        bench.connection.reset()
        with pytest.raises(ConnectionResetError):
            await bench.charge_point.reader.read()
        await bench.server.hears_the_end()

    bench = between(scenario)
    assert [(event.sender, event.what) for event in bench.impaired("done")] == [("CS>", "reset")]
    assert bench.closed_by == "CS>"


def test_hanging_up_closes_without_a_word_of_websocket() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", f"delay={FOR_EVER}")
        bench.server.frame(answer("1"))
        await bench.until(lambda: bool(bench.impaired()))
        bench.connection.hang_up()
        await bench.charge_point.hears_the_end()
        await bench.server.hears_the_end()

    bench = between(scenario)
    assert bench.closed_by == "CS>"
    assert [event.text for event in bench.impaired("lost")] == [answer("1").decode()]


def test_half_a_connection_is_closed_towards_the_charge_point() -> None:
    """What it says goes on; what it is told goes no further."""

    async def scenario(bench: Between) -> None:
        await bench.charge_point.hears(bench.server.frame(answer("1")))
        bench.connection.half_close()
        await bench.charge_point.hears_the_end()
        await bench.server.hears(bench.charge_point.frame(call("2")))
        bench.server.frame(answer("2"))
        await bench.until(lambda: bool(bench.impaired()))
        with pytest.raises(NotConnectedError, match="half-close"):
            bench.connection.ping()
        bench.charge_point.writer.close()
        await bench.server.hears_the_end()

    bench = between(scenario)
    assert [(event.what, event.text, event.sent) for event in bench.impaired()] == [
        ("half-close", answer("2").decode(), "")
    ]
    assert bench.closed_by == "CP>"


def test_half_a_connection_is_closed_towards_the_server() -> None:
    async def scenario(bench: Between) -> None:
        bench.connection.half_close(sender="CP>")
        await bench.server.hears_the_end()
        bench.charge_point.frame(call("1"))
        await bench.until(lambda: bool(bench.impaired()))
        await bench.charge_point.hears(bench.server.frame(answer("0")))

    bench = between(scenario)
    assert [(event.sender, event.text) for event in bench.impaired()] == [("CP>", call("1").decode())]


def test_half_a_connection_is_closed_behind_what_is_under_way() -> None:
    async def scenario(bench: Between) -> None:
        bench.impair("CS>", "delay=0.03")
        raw = bench.server.frame(answer("1"))
        await bench.until(lambda: bool(bench.impaired()))
        bench.connection.half_close()
        await bench.charge_point.hears(raw)
        await bench.charge_point.hears_the_end()

    between(scenario)


def test_nothing_is_done_to_a_connection_that_is_over() -> None:
    async def scenario(bench: Between) -> None:
        over = bench.connection
        with pytest.raises(NotConnectedError, match="there is no connection 7; there are: 1"):
            bench.tap.link.connection(7)
        over.hang_up()
        await bench.charge_point.hears_the_end()
        await bench.until(lambda: any(event.kind == "close" for event in bench.seen))
        for act in (over.ping, over.pong, over.close, over.half_close, over.reset, over.hang_up):
            with pytest.raises(NotConnectedError, match="connection 1 is not there"):
                act()

    between(scenario)


@BOTH
def test_a_receiver_that_is_gone_ends_the_connection(sender: Direction) -> None:
    async def scenario(bench: Between) -> None:
        bench.impair(sender, "delay=0.02,duplicate=200")
        who, other = bench.ends(sender)
        who.frame(b"x" * 60_000)
        other.writer.transport.abort()
        await bench.until(lambda: any(event.kind == "close" for event in bench.seen))

    other: Direction = "CS>" if sender == "CP>" else "CP>"
    assert between(scenario).closed_by == other


def test_what_follows_bytes_that_cannot_be_decoded_is_seen_again() -> None:
    """What a receiver makes of such bytes nobody knows; many go on."""

    async def scenario(bench: Between) -> None:
        bench.connection.inject("what is this?", opcode=3)
        await bench.charge_point.hears_frame()
        await bench.charge_point.hears(bench.server.frame(answer("1")))
        bench.impair("CS>", "break-off=4,nth=1")
        bench.server.frame(answer("2"))
        bench.server.frame(answer("3"))
        last = bench.server.frame(answer("4"))
        heard = await bench.charge_point.reader.readuntil(last)
        assert heard.startswith(frame_bytes(TEXT, answer("2"), mask=False)[:4] + b"\x81")

    bench = between(scenario)
    assert bench.frames("CS>")[0] == answer("1").decode()
    assert bench.frames("CS>")[-1] == answer("4").decode()
    undecodable = [event.why for event in bench.seen if isinstance(event, Undecodable)]
    assert undecodable[0] == "invalid opcode"
