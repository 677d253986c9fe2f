"""Charge points that cost next to nothing, so that a load can run on the very machine that serves it.

OCPP-J 1.6 on asyncio's bare protocols: the WebSocket frames are put together by hand, and nothing is parsed that nobody
asked for. About 25 µs of processor for a call and its answer; `websockets`' client takes ten times that.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

Answered = Callable[[bytes | None, float, float], object]
"""Takes an answer's text (None: the connection was lost first), and when the call was sent and the answer came."""

UPGRADE = (
    "GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)
"""RFC 6455 §4.1; the key is the one of its §1.3."""

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
"""First bytes of whole frames (RFC 6455 §5.2)."""

SHORT, TWO_BYTES, EIGHT_BYTES = 125, 126, 127
"""How a frame's second byte tells its length."""

CONNECTING_AT_ONCE = 64


class CallFailedError(Exception):
    """A call got something else than its CALLRESULT."""


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """A whole frame of a client: masked, with key 0, under which masking changes nothing (RFC 6455 §5.3)."""
    length = len(payload)
    if length <= SHORT:
        head = bytes((first, 0x80 | length))
    elif length < 1 << 16:
        head = bytes((first, 0x80 | TWO_BYTES)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | EIGHT_BYTES)) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


class ChargePoint(asyncio.Protocol):
    """One charge point's connection; asks one thing at a time (OCPP-J 1.6 §4.1.1)."""

    def __init__(self, identity: str, port: int) -> None:
        self.identity = identity
        self._port = port
        self._loop = asyncio.get_running_loop()
        self.upgraded: asyncio.Future[None] = self._loop.create_future()
        self.lost = asyncio.Event()
        self._numbers = itertools.count(1)
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._awaited: tuple[bytes, float, Answered] | None = None
        self.close_code: int | None = None
        """Of the other side's close frame (RFC 6455 §7.1.5)."""

    @property
    def busy(self) -> bool:
        """Whether a call is not answered yet."""
        return self._awaited is not None

    def ask(self, call: bytes, answered: Answered) -> None:
        """Send `"Action",{…}` as a CALL; only where the last one is answered."""
        assert self._awaited is None, "one call at a time"
        number = b"call-%d" % next(self._numbers)
        if self._transport is None or self.lost.is_set():
            answered(None, 0.0, 0.0)
            return
        data = frame(b'[2,"%s",%s]' % (number, call))
        self._awaited = number, time.perf_counter(), answered
        self._transport.write(data)

    async def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, and wait for the payload of the CALLRESULT.

        Raises:
            ConnectionError: the connection was lost first: whether the call was heard, nobody knows.
            CallFailedError: it was no CALLRESULT.
        """
        came: asyncio.Future[bytes | None] = self._loop.create_future()

        def answered(text: bytes | None, *_: float) -> None:
            if not came.done():
                came.set_result(text)

        self.ask(b'"%s",%s' % (action.encode(), json.dumps(payload, separators=(",", ":")).encode()), answered)
        text = await came
        if text is None:
            raise ConnectionError(f"{self.identity}: the connection was lost before {action} was answered")
        match json.loads(text):
            case [3, str(), dict(answer)]:
                return cast(dict[str, Any], answer)
        raise CallFailedError(f"{self.identity}: {action} {payload} was answered {text!r:.500}")

    def send(self, data: bytes) -> None:
        """Send any bytes whatever."""
        if self._transport:
            self._transport.write(data)

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport:
            self._transport.abort()

    async def gone(self) -> None:
        """End the connection at once, and wait until it is ended."""
        self.abort()
        await self.lost.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(UPGRADE.format(identity=self.identity, port=self._port).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.lost.set()
        if not self.upgraded.done():
            self.upgraded.set_exception(
                ConnectionError(f"{self.identity}: refused: {self._received!r:.200} {exc or ''}")
            )
        if self._awaited:
            _, sent, answered = self._awaited
            self._awaited = None
            answered(None, sent, time.perf_counter())

    def data_received(self, data: bytes) -> None:
        """Take the upgrade's answer, then whole frames."""
        now = time.perf_counter()
        received = self._received + data if self._received else data
        if not self.upgraded.done():
            head, end, received = received.partition(b"\r\n\r\n")
            if not end or not head.startswith(b"HTTP/1.1 101"):
                self._received = head + end + received
                return
            self.upgraded.set_result(None)
        while len(received) > 1:
            start, length = 2, received[1]
            if length > SHORT:
                start = 4 if length == TWO_BYTES else 10
                length = int.from_bytes(received[2:start], "big") if len(received) >= start else len(received)
            if len(received) < start + length:
                break
            self._heard(received[0], received[start : start + length], now)
            received = received[start + length :]
        self._received = received

    def _heard(self, first: int, payload: bytes, now: float) -> None:
        if first == TEXT and payload.startswith(b"[2,"):
            self.asked(payload)
        elif first == TEXT and self._awaited:
            number, sent, answered = self._awaited
            if payload[2:].startswith(b',"%s",' % number):
                self._awaited = None
                answered(payload, sent, now)
        elif first == PING:
            self.send(frame(payload, PONG))
        elif first == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.send(frame(payload, CLOSE))
            self.abort()

    def asked(self, call: bytes) -> None:
        """The central system asks: these charge points can do nothing for it."""
        uid = json.loads(call)[1]
        self.send(frame(json.dumps([4, uid, "NotImplemented", "a charge point of a benchmark", {}]).encode()))


async def connected(identity: str, port: int, kind: type[ChargePoint] = ChargePoint) -> ChargePoint:
    """A charge point whose upgrade is done.

    Raises:
        OSError: nobody listens, or the upgrade was refused.
    """
    _, charge_point = await asyncio.get_running_loop().create_connection(
        lambda: kind(identity, port), "127.0.0.1", port
    )
    try:
        await charge_point.upgraded
    except BaseException:
        await charge_point.gone()
        raise
    return charge_point


async def all_connected(identities: Iterable[str], port: int) -> list[ChargePoint]:
    """Many, a few dozen at once."""
    turn = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect_one(identity: str) -> ChargePoint:
        async with turn:
            return await connected(identity, port)

    return list(await asyncio.gather(*map(connect_one, identities)))
