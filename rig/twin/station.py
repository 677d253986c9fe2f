"""The charge point as its operations see it."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from rig.twin.connector import Connector
from rig.twin.device import Device, RestartError
from rig.twin.firmware import FirmwareUpdates
from rig.twin.frames import JsonObject
from rig.twin.link import NoAnswerError, Reply
from rig.twin.outbox import LIMIT
from rig.twin.registration import Registration
from rig.twin.requests import Fields

Handler = Callable[[Fields], "JsonObject | Reply | None"]
"""Answers a request; None leaves it unanswered. May raise `RefusalError`."""

Trigger = Callable[[int | None], "Callable[[], object] | None"]
"""Given the connector that a message is asked for, if any: sends it when called; None where it will not be sent."""


class Extension(Protocol):
    """What a profile adds to a charge point."""

    handlers: Mapping[str, Handler]
    """The actions that it answers."""

    async def run(self) -> None:
        """Do what the profile does of itself, in the background."""


@dataclass(frozen=True)
class Station:
    """The device with its connectors and its registration."""

    device: Device
    connectors: Mapping[int, Connector]
    registration: Registration
    firmware: FirmwareUpdates
    triggers: dict[str, Trigger] = field(default_factory=dict)
    """Messages that TriggerMessage may ask for, besides those of Core; each profile adds its own."""

    def knows(self, connector: int) -> bool:
        """Whether there is a connector with this number; 0 is the charge point as a whole."""
        return connector == 0 or connector in self.connectors

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; it ends with the device."""
        self.device.tasks.create_task(work)

    def send_now(self, action: str, request: JsonObject) -> None:
        """Send a message that the central system has asked for, even before it accepts BootNotification."""
        self.start(self._send(action, request))

    async def restart(self) -> None:
        """End everything and boot anew."""
        raise RestartError

    async def _send(self, action: str, request: JsonObject) -> None:
        with suppress(NoAnswerError):
            await self.device.link.call(action, request, limit=LIMIT)
