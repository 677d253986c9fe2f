"""What the charge point tells of itself: one message after another, as soon as it may and can."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from rig.twin.clock import DeviceClock, TimeLimit
from rig.twin.frames import JsonObject
from rig.twin.link import Link, NoAnswerError
from rig.twin.settings import Settings

LIMIT = TimeLimit(device=5.0, wall=1.0)
"""How long an answer is waited for."""

_STATUS = "StatusNotification"
_MINIMUM = "MinimumStatusDuration"


@dataclass(frozen=True, eq=False)
class _Message:
    action: str
    payload: JsonObject
    due: float
    """Device time before which it is not sent."""
    status_of: int | None
    """The connector whose status it tells."""


class Outbox:
    """Notifications in the order in which they arise; those that the connection's loss swallows are sent again."""

    def __init__(self, clock: DeviceClock, link: Link, settings: Settings, registered: asyncio.Event) -> None:
        self._clock = clock
        self._link = link
        self._settings = settings
        self._registered = registered
        self._waiting: list[_Message] = []
        self._news = asyncio.Event()
        self._sent = asyncio.Event()

    def put(self, action: str, payload: JsonObject) -> None:
        """Send a message when those before it have been answered."""
        self._add(_Message(action, payload, self._clock.now(), None))

    def put_status(self, connector: int, payload: JsonObject) -> None:
        """Send a status, if it is not over before it could be told (OCPP 1.6 section 4.9).

        Historical statuses of an offline period are not told, nor those that last less than MinimumStatusDuration.
        """
        pause = self._settings.seconds(_MINIMUM)
        if pause or not self._link.connected.is_set():
            self._waiting = [message for message in self._waiting if message.status_of != connector]
        self._add(_Message(_STATUS, payload, self._clock.now() + pause, connector))

    async def flush(self) -> None:
        """Wait until all that is due has been sent, or the connection is lost."""
        while self._link.connected.is_set() and any(one.due <= self._clock.now() for one in self._waiting):
            self._sent.clear()
            await self._sent.wait()

    async def run(self) -> None:
        """Send what is put here, once BootNotification is accepted (section 4.2)."""
        await self._registered.wait()
        while True:
            await self._link.connected.wait()
            self._news.clear()
            first = min(self._waiting, key=lambda message: message.due, default=None)
            if first is None:
                await self._news.wait()
            elif first.due > self._clock.now():
                await self._clock.happens(self._news, before=first.due)
            else:
                await self._send(first)

    async def _send(self, message: _Message) -> None:
        try:
            await self._link.call(message.action, message.payload, limit=LIMIT)
        except NoAnswerError:
            if not self._link.connected.is_set():
                self._sent.set()
                return
        with suppress(ValueError):  # a later status may have taken its place
            self._waiting.remove(message)
        self._sent.set()

    def _add(self, message: _Message) -> None:
        self._waiting.append(message)
        self._news.set()
