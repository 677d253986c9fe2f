"""The SNTP responder's faults while it serves: who is told what, and that nobody else is harmed."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

import central_system.sntp
from central_system.events import SntpExchange, WireEvent
from central_system.sntp import SntpResponder, reply_to
from central_system.sntp_faults import NO_FAULTS, SntpFaults
from central_system.sntp_packet import ERA_S, SntpPacket
from central_system.sntp_socket import AnsweringSocket, Client
from rig.journal.codec import Entry, decode, encode
from tests.unit.central_system.test_sntp import LOOPBACK, NOW, answer_to, client_of, request

T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(10):
            return await scenario

    return asyncio.run(bounded())


class Bench:
    """A responder on loopback whose clock stands still at `now_s`, and what it tells its observer, as it comes."""

    def __init__(self, faults: str = "") -> None:
        self.now_s = NOW
        self._seen: asyncio.Queue[WireEvent] = asyncio.Queue()
        self.responder = SntpResponder(
            LOOPBACK, 0, now=lambda: self.now_s, observe=self._seen.put_nowait, faults=SntpFaults.parse(faults)
        )

    async def seen(self) -> SntpExchange:
        """The next exchange."""
        event = await self._seen.get()
        assert isinstance(event, SntpExchange)
        return event

    async def all_received(self, client: socket.socket) -> None:
        """Wait until the responder has received all that a client sent; it hears of a datagram that is no request."""
        client.send(b"all")
        exchange = await self.seen()
        assert (exchange.request, exchange.reply, exchange.fault) == (b"all".hex(), None, None)


def test_the_observer_is_told_what_was_really_sent_and_the_fault() -> None:
    async def scenario() -> tuple[bytes, SntpExchange]:
        bench = Bench("offset=60,short-packet=47")
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                return await answer_to(client, request()), await bench.seen()

    answer, exchange = run(scenario())
    assert exchange.request == request().hex()
    assert exchange.reply == answer.hex()
    assert len(answer) == 47
    assert (exchange.fault, exchange.epoch_s) == ("offset=60,short-packet=47", NOW + 60)
    assert decode(encode(Entry(1, 0.0, exchange))).event == exchange


def test_an_answer_without_a_fault_is_journalled_as_before() -> None:
    exchange = SntpExchange("192.0.2.101:123", "23", "24", NOW)
    assert '"fault"' not in encode(Entry(1, 0.0, exchange))
    assert decode(encode(Entry(1, 0.0, exchange))).event == exchange


def test_faults_are_switched_while_it_runs() -> None:
    async def scenario() -> list[tuple[SntpPacket, str | None]]:
        bench = Bench()
        async with bench.responder as responder:
            met = []
            with client_of(responder.port) as client:
                for text in ("", "kiss-of-death=RATE", "wrong-mode", ""):
                    responder.faults = SntpFaults.parse(text)
                    assert responder.faults == SntpFaults.parse(text)
                    met.append((SntpPacket.unpack(await answer_to(client, request())), (await bench.seen()).fault))
        return met

    met = run(scenario())
    assert [(packet.stratum, packet.mode, fault) for packet, fault in met] == [
        (1, 4, None),
        (0, 4, "kiss-of-death=RATE"),
        (1, 5, "wrong-mode=5"),
        (1, 4, None),
    ]


def test_a_silent_responder_tells_the_observer_whom_it_did_not_answer() -> None:
    async def scenario() -> tuple[SntpExchange, bytes]:
        bench = Bench("silent")
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                client.send(request(transmit=1))
                unanswered = await bench.seen()
                responder.faults = NO_FAULTS
                return unanswered, await answer_to(client, request(transmit=2))

    unanswered, answer = run(scenario())
    assert (unanswered.reply, unanswered.epoch_s, unanswered.fault) == (None, None, "silent")
    # The first answer that the client gets is that to its second request.
    assert SntpPacket.unpack(answer).originate == 2


def test_a_late_answer_tells_the_time_of_then_and_keeps_nobody_else_waiting() -> None:
    async def scenario() -> tuple[bytes, list[SntpExchange], float]:
        bench = Bench("late=0.2")
        async with bench.responder as responder:
            with client_of(responder.port) as early, client_of(responder.port) as other:
                started = asyncio.get_running_loop().time()
                early.send(request(transmit=1))
                await bench.all_received(early)
                responder.faults = NO_FAULTS
                bench.now_s += 100
                await answer_to(other, request(transmit=2))
                late = await asyncio.get_running_loop().sock_recv(early, 512)
                took_s = asyncio.get_running_loop().time() - started
                return late, [await bench.seen(), await bench.seen()], took_s

    late, seen, took_s = run(scenario())
    assert [(each.fault, each.epoch_s) for each in seen] == [(None, NOW + 100), ("late=0.2", NOW)]
    assert late == reply_to(request(transmit=1), NOW)
    assert took_s >= 0.199


def test_answers_that_are_late_wait_beside_each_other() -> None:
    async def scenario() -> float:
        bench = Bench("late=0.1")
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                started = asyncio.get_running_loop().time()
                for transmit in range(50):
                    client.send(request(transmit=transmit))
                told = [(await bench.seen()).request for _ in range(50)]
                assert told == [request(transmit=transmit).hex() for transmit in range(50)]
                return asyncio.get_running_loop().time() - started

    assert run(scenario()) < 50 * 0.1


def test_closing_leaves_no_task_and_no_answer_behind() -> None:
    async def scenario() -> tuple[SntpExchange, int]:
        bench = Bench("late=0.05")
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                client.send(request())
                await bench.all_received(client)
        unsent = await bench.seen()
        # Longer than it would have taken: had the answer been left behind, it would meet a closed socket.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bench.seen()
        return unsent, len(asyncio.all_tasks())

    unsent, tasks = run(scenario())
    assert (unsent.reply, unsent.epoch_s, unsent.fault) == (None, None, "late=0.05")
    assert tasks == 1, "this one"


def test_a_flood_does_not_pile_up_late_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(central_system.sntp, "MOST_LATE", 2)

    async def scenario() -> tuple[SntpExchange, list[SntpExchange]]:
        bench = Bench("late=3600")
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                for transmit in (1, 2, 3):
                    client.send(request(transmit=transmit))
                at_once = await bench.seen()
        return at_once, [await bench.seen(), await bench.seen()]

    at_once, at_the_end = run(scenario())
    assert (at_once.request, at_once.reply) == (request(transmit=3).hex(), None)
    assert [each.request for each in at_the_end] == [request(transmit=1).hex(), request(transmit=2).hex()]


def test_the_roll_over_comes_while_the_responder_runs() -> None:
    async def scenario() -> list[int]:
        bench = Bench("year-2036=-2")
        seconds = []
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                bench.now_s += 1000
                await bench.all_received(client)  # asks nothing, so nothing begins
                for passed in (0, 1, 1, 1):
                    bench.now_s += passed
                    seconds.append(SntpPacket.unpack(await answer_to(client, request())).transmit >> 32)
                responder.faults = SntpFaults.parse("year-2036=-2")
                seconds.append(SntpPacket.unpack(await answer_to(client, request())).transmit >> 32)
        return seconds

    assert run(scenario()) == [ERA_S - 2, ERA_S - 1, 0, 1, ERA_S - 2]


def test_no_datagram_stops_the_responder() -> None:
    async def scenario() -> bytes:
        bench = Bench("late=0,offset=3,wrong-origin,unsynchronised,stratum=17,wrong-mode=0,short-packet=40")
        async with bench.responder as responder:
            with client_of(responder.port) as hostile, client_of(responder.port) as client:
                for length in (0, 1, 47, 48, 49, 512, 60_000):
                    for filling in (b"\x00", b"\x1b", b"\xe3", b"\xff"):
                        hostile.send(filling * length)
                        await bench.seen()
                responder.faults = NO_FAULTS
                return await answer_to(client, request())

    assert run(scenario()) == reply_to(request(), NOW)


def test_an_answer_that_the_kernel_does_not_take_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnsweringSocket, "send", lambda *_: False)

    async def scenario() -> SntpExchange:
        bench = Bench()
        async with bench.responder as responder:
            with client_of(responder.port) as client:
                client.send(request())
                return await bench.seen()

    exchange = run(scenario())
    assert (exchange.request, exchange.reply, exchange.epoch_s) == (request().hex(), None, None)


def test_nothing_can_be_sent_to_port_0() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        answering = AnsweringSocket(bound, lambda *_: None)
        assert not answering.send(b"answer", Client((LOOPBACK, 0), b""))
