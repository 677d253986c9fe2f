"""A small central system and time server on loopback, and a twin that runs against them."""

import asyncio
import json
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from rig.twin.charge_point import ChargePoint
from rig.twin.config import TwinConfig
from rig.twin.defects import Defect
from rig.twin.profiles.profile import Profile

T = TypeVar("T")

EPOCH = 1_800_000_000
"""What the time server tells, whatever the host's clock says: 2027-01-15T08:00:00Z."""
WAIT_SECONDS = 600.0
"""In so many seconds of the loop's time anything that a test waits for has to happen."""
GRACE_SECONDS = 0.002
"""How long the loop looks at its sockets before time jumps; loopback delivers sooner."""


class _JumpingSelector(selectors.DefaultSelector):
    """Does not wait for timers: when no socket has anything to say, time jumps to the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= GRACE_SECONDS:
            return super().select(timeout)
        ready = super().select(GRACE_SECONDS)
        if not ready:
            self.jumped += timeout - GRACE_SECONDS
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return time.monotonic() + self._jumping.jumped

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:  # noqa: ANN401 - asyncio's signature
        return socket.getaddrinfo(host, port, **hints)  # not in a thread: time would jump over its work


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run ``scenario`` in a loop whose time jumps over all waiting: real sockets, and no real delay.

    A slow host then delays nothing by more than it computes, so tests may be exact about device time.
    """
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(scenario)


Answer = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Makes the answer to a CALL out of its payload; None leaves the call unanswered."""


@dataclass
class Sent:
    """A CALL of the charge point."""

    uid: str
    action: str
    payload: dict[str, Any]
    connection: int
    at: float
    """Device time at which it arrived, in seconds since the time server was asked."""


class Bench:
    """Records what the twin says on the wire and on its console; answers it as a test wants it answered."""

    def __init__(self) -> None:
        self.calls: list[Sent] = []
        self.garbage: list[str] = []
        self.console = ""
        self.paths: list[str] = []
        self.subprotocols: list[str | None] = []
        self.sntp_requests: list[bytes] = []
        self.sntp_answers = True
        self.answers: dict[str, Answer] = {
            "BootNotification": lambda _: {"status": "Accepted", "currentTime": "2027-01-15T08:00:00Z", "interval": 10},
            "Authorize": lambda _: {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": lambda start: {
                "transactionId": 100 * len(self.of("StartTransaction", connectorId=start["connectorId"]))
                + start["connectorId"],
                "idTagInfo": {"status": "Accepted"},
            },
            "StopTransaction": lambda _: {},
            "MeterValues": lambda _: {},
            "Heartbeat": lambda _: {"currentTime": "2027-01-15T08:00:00Z"},
            "SignCertificate": lambda _: {"status": "Accepted"},
        }
        self.connection: ServerConnection | None = None
        self.headers: list[Headers] = []
        self.serving = asyncio.Event()
        """While it is not set, connections are turned away."""
        self.serving.set()
        self._replies: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._news = asyncio.Event()
        self._asked_at = 0.0

    def of(self, action: str, **fields: object) -> list[Sent]:
        """The calls of one action whose payload has these fields."""
        return [call for call in self.calls if call.action == action and fields.items() <= call.payload.items()]

    def statuses(self, connector: int) -> list[str]:
        """The statuses told of a connector, the latest last; one that says nothing where none was told."""
        told = self.of("StatusNotification", connectorId=connector)
        return ["", *(call.payload["status"] for call in told)]

    def lines(self, text: str) -> list[str]:
        """The console's lines that hold ``text``."""
        return [line for line in self.console.splitlines() if text in line]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` holds; it is looked at whenever the twin has said something."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def say(self, text: str) -> list[Any]:
        """Send ``text`` to the twin and return the next answer of the twin, decoded."""
        assert self.connection is not None
        await self.connection.send(text)
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._replies.get()

    async def request(self, action: str, **payload: object) -> dict[str, Any]:
        """Send a CALL; returns the payload of its CALLRESULT."""
        kind, uid, result = await self.say(json.dumps([2, "test", action, payload]))
        assert (kind, uid) == (3, "test")
        assert isinstance(result, dict)
        return result

    def admit(self, connection: ServerConnection, _: Request) -> Response | None:
        return None if self.serving.is_set() else connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.headers.append(connection.request.headers)
        self.subprotocols.append(connection.subprotocol)
        self.connection = connection
        self._news.set()
        number = len(self.paths)
        with suppress(ConnectionClosed):
            async for text in connection:
                await self._receive(connection, number, str(text))

    async def _receive(self, connection: ServerConnection, number: int, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            self.garbage.append(text)
            return
        if frame[0] != 2:
            self._replies.put_nowait(frame)
            return
        _, uid, action, payload = frame
        assert text == json.dumps(frame, separators=(",", ":")), "the firmware writes no white space"
        self.calls.append(Sent(uid, action, payload, number, asyncio.get_running_loop().time() - self._asked_at))
        self._news.set()
        answer = self.answers[action](payload) if action in self.answers or "Notification" not in action else {}
        if answer is not None:
            await connection.send(json.dumps([3, uid, answer], separators=(",", ":")))

    def printed(self, data: bytes) -> None:
        self.console += data.decode()
        self._news.set()

    def time_asked(self, request: bytes) -> bytes | None:
        self.sntp_requests.append(request)
        self._asked_at = asyncio.get_running_loop().time()
        return sntp_answer(request) if self.sntp_answers else None


def sntp_answer(request: bytes, *, flags: int = 0x1C, stratum: int = 1, seconds: int | None = None) -> bytes:
    """What a synchronised server answers: version 3, mode 4, the request's transmit timestamp echoed."""
    told = EPOCH + 2_208_988_800 if seconds is None else seconds
    return (
        struct.pack("!BBbb", flags, stratum, 0, 0) + bytes(20) + request[40:48] + struct.pack("!4I", told, 0, told, 0)
    )


class _TimeServer(asyncio.DatagramProtocol):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._bench.time_asked(data)
        if answer is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def servers(bench: Bench) -> AsyncIterator[TwinConfig]:
    """Central system and time server for as long as the block runs; yields a configuration that names them."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _TimeServer(bench), local_addr=("127.0.0.1", 0))
    try:
        async with serve(
            bench.serve,
            "127.0.0.1",
            0,
            process_request=bench.admit,
            select_subprotocol=lambda _, offered: next(iter(offered), None),
            ping_interval=None,
            close_timeout=0.1,
        ) as server:
            port = server.sockets[0].getsockname()[1]
            sntp_port = transport.get_extra_info("sockname")[1]
            yield TwinConfig(port=port, sntp_port=sntp_port, board="test")
    finally:
        transport.close()


@asynccontextmanager
async def running_twin(
    bench: Bench | None = None, *defects: Defect, profiles: Collection[Profile] = (), authorization_key: str = ""
) -> AsyncIterator[Bench]:
    """A twin that runs against ``bench`` for as long as the block does."""
    bench = bench or Bench()
    async with servers(bench) as addresses:
        config = replace(addresses, profiles=frozenset(profiles), authorization_key=authorization_key)
        twin = asyncio.create_task(ChargePoint(config, "nonce", 1.0, bench.printed, defects).run())
        try:
            yield bench
        finally:
            assert not twin.done(), "a charge point runs until it is switched off"
            twin.cancel()
            with suppress(asyncio.CancelledError):
                await twin


def what_was_said(bench: Bench) -> Counter[str]:
    """All calls but Heartbeats, without their times and ids, to compare two runs."""
    said = Counter[str]()
    for call in bench.calls:
        if call.action != "Heartbeat":
            said[json.dumps(without_time([call.action, call.payload]))] += 1
    return said


def without_time(value: object) -> object:
    """``value`` with every field named timestamp left out."""
    if isinstance(value, dict):
        return {key: without_time(part) for key, part in value.items() if key != "timestamp"}
    return [without_time(part) for part in value] if isinstance(value, list) else value
