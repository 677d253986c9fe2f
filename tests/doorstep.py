"""A central system on loopback, seen from outside its door; and certificates to show there."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from central_system.clock import WorldClock
from central_system.events import TurnedAway, WireEvent
from central_system.registry.facts import ChargePointRegistered
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.security.passwords import hash_password
from central_system.server import CentralSystem

REQUEST = (
    b"GET /greedy HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
"""A handshake's request without its end."""
HEARTBEAT = '[2,"h","Heartbeat",{}]'
WITHIN_S = 10.0


@dataclass
class Door:
    """The central system, and what it told its observer."""

    central_system: CentralSystem
    registry: Registry
    seen: list[WireEvent]
    trusted: ssl.SSLContext | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    afterwards: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    """What to do when the central system has ended."""

    @contextlib.asynccontextmanager
    async def charge_point(
        self, identity: str = "zephyr", *, tls: ssl.SSLContext | None = None, **options: Any
    ) -> AsyncIterator[ClientConnection]:
        """A charge point that is connected; `options` are those of `websockets`."""
        tls = tls or self.trusted
        uri = f"{'wss' if tls else 'ws'}://127.0.0.1:{self.central_system.port}/{identity}"
        given = {"subprotocols": [Subprotocol("ocpp1.6")], "compression": None, "close_timeout": 1, "ssl": tls}
        async with connect(uri, **(given | options)) as connection:
            yield connection

    async def exchange(self, raw: bytes) -> bytes:
        """What the other side says to these bytes until it closes; it may close with a reset."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.central_system.port)
        received = bytearray()
        try:
            writer.write(raw)
            with contextlib.suppress(ConnectionError):
                while more := await reader.read(65536):
                    received += more
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return bytes(received)

    @property
    def turned_away(self) -> list[TurnedAway]:
        """Those who were refused or sent away."""
        return [event for event in self.seen if isinstance(event, TurnedAway)]

    async def until_turned_away(self) -> TurnedAway:
        """Wait for the first of them."""
        while not self.turned_away:
            self.changed.clear()
            await self.changed.wait()
        return self.turned_away[0]


async def is_served(charge_point: ClientConnection) -> bool:
    """Whether it gets an answer."""
    await charge_point.send(HEARTBEAT)
    return str(await charge_point.recv()).startswith('[3,"h",{"currentTime":')


def at_the_door(
    scenario: Callable[[Door], Awaitable[None]],
    *,
    passwords: dict[str, str | None] | None = None,
    trusted: ssl.SSLContext | None = None,
    **options: Any,
) -> Door:
    """Play a scenario, and see that nothing of it stays behind: no task, no descriptor.

    With `passwords`, these charge points are registered and nobody else is let in; `options` are the server's.
    """

    async def play() -> Door:
        clock = WorldClock(1_795_343_248.0)
        registry = Registry(Rules(strangers=passwords is None), now=clock.now)
        for identity, password in (passwords or {}).items():
            kept = hash_password(password) if password else None
            registry.record(ChargePointRegistered(identity, clock.now(), password=kept))
        seen: list[WireEvent] = []

        def observe(event: WireEvent) -> None:
            seen.append(event)
            door.changed.set()

        system = CentralSystem("127.0.0.1", 0, clock=clock, observe=observe, registry=registry, **options)
        door = Door(system, registry, seen, trusted)
        async with asyncio.timeout(WITHIN_S), door.afterwards, system:
            await scenario(door)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return door

    before = _descriptors()
    door = asyncio.run(play())
    left = set(_descriptors()) - set(before)
    assert not left, f"still open: {left}"
    return door


def _descriptors() -> list[str]:
    return sorted(str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


@dataclass(frozen=True)
class Files:
    """A certificate and its key in PEM files, and the file of the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path

    def shown_by_client(self, trusting: "Files") -> ssl.SSLContext:
        """A charge point that has this certificate and trusts the authority of `trusting`."""
        context = trusting.trusted()
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """A charge point that trusts this authority and has no certificate."""
        return ssl.create_default_context(cafile=self.authority)


def issue(authority: trustme.CA, folder: Path, *identities: str, **fields: Any) -> Files:
    """Have a certificate issued, into files in a folder of its own."""
    leaf = authority.issue_cert(*identities, **fields)
    folder.mkdir()
    files = Files(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem")
    files.certificate.write_bytes(b"".join(each.bytes() for each in leaf.cert_chain_pems))
    files.key.write_bytes(leaf.private_key_pem.bytes())
    files.authority.write_bytes(authority.cert_pem.bytes())
    return files
