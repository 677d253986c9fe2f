"""A central system to live with: server, SNTP responder, storage and operator's page, started and ended together."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from central_system.clock import WorldClock
from central_system.events import Observer, WireEvent
from central_system.frame_log import FrameLog
from central_system.parts import Parts
from central_system.registry.facts import ChargePointRegistered, TagRegistered
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.security.limits import Limits
from central_system.security.tls import Tls
from central_system.server import CentralSystem
from central_system.sntp import SntpResponder
from central_system.sntp_faults import NO_FAULTS, SntpFaults
from central_system.storage.errors import StorageError
from central_system.storage.storage import Storage
from central_system.web.server import WebServer

SAMPLE_CHARGE_POINT, SAMPLE_TAGS = "zephyr", ("ZepId00", "ZepId01")
"""What Zephyr's sample calls itself and charges for: registered in a new storage, so that it charges at once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen, what to keep, and whom to trust. A port that is None is not opened; 0 lets the kernel choose."""

    storage: str
    host: str = "127.0.0.1"
    port: int = 8180
    sntp_port: int | None = 123
    sntp_faults: SntpFaults = NO_FAULTS
    web_host: str = "127.0.0.1"
    web_port: int | None = 8080
    web_token: str | None = None
    spool: Path | None = None
    rules: Rules = field(default_factory=lambda: Rules(strangers=False, unknown_tag="Invalid"))
    limits: Limits = field(default_factory=Limits)
    tls: Tls | None = None
    strict_subprotocol: bool = False


class Service:
    """An asynchronous context manager; `parts` and the ports are there once it is entered.

    Raises:
        StorageError: what it keeps cannot be opened.
        PortUnavailableError: a port is taken or may not be bound.
    """

    def __init__(self, settings: Settings, *, observe: Observer = lambda _: None) -> None:
        self._settings = settings
        self._observe = observe
        self._stack = AsyncExitStack()
        self.parts: Parts
        self.web_port: int | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        # The host's own clock, which may be set, and goes on while the host sleeps.
        clock = WorldClock(time.time(), host=time.time)
        # A database may be slow to open; nobody is served yet, but Ctrl-C has to work.
        storage = await asyncio.to_thread(Storage.open, settings.storage, settings.spool)
        stack.push_async_callback(asyncio.to_thread, storage.close)
        state = await asyncio.to_thread(storage.load)
        registry = Registry(settings.rules, now=clock.now, keep=storage.keep, state=state)
        if storage.is_new:
            try:
                _welcome_the_sample(registry)
            except OSError as error:
                cure = "see that there is room on its disk"
                raise StorageError(f"cannot write to {storage.name}: {error.strerror}", cure) from error
        frames = FrameLog(clock.now)
        observe = _both(frames, self._observe)
        central_system = CentralSystem(
            settings.host,
            settings.port,
            clock=clock,
            observe=observe,
            registry=registry,
            limits=settings.limits,
            tls=settings.tls,
            strict_subprotocol=settings.strict_subprotocol,
        )
        await stack.enter_async_context(central_system)
        sntp = None
        if settings.sntp_port is not None:
            port, faults = settings.sntp_port, settings.sntp_faults
            sntp = SntpResponder(settings.host, port, now=clock.now, observe=observe, faults=faults)
            await stack.enter_async_context(sntp)
        loop = asyncio.get_running_loop()
        self.parts = Parts(loop, clock, registry, central_system, frames, storage, sntp, clock.now())
        if settings.web_port is not None:
            page = WebServer(self.parts, settings.web_host, settings.web_port, token=settings.web_token)
            await stack.enter_async_context(page)
            self.web_port = page.port


def _welcome_the_sample(registry: Registry) -> None:
    now = registry.now()
    rules = registry.rules
    registry.record(ChargePointRegistered(SAMPLE_CHARGE_POINT, now, rules.boot_status, rules.heartbeat_interval_s))
    for tag in SAMPLE_TAGS:
        registry.record(TagRegistered(tag, now))


def _both(first: Callable[[WireEvent], object], second: Observer) -> Observer:
    def observe(event: WireEvent) -> None:
        first(event)
        second(event)

    return observe
