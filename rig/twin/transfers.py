"""Files that the charge point fetches or delivers (OCPP 1.6 section 8).

Nothing is really transferred: no connection is opened, no byte is read or written. A transfer takes a while, and fails
where it could not but fail: for a scheme that SupportedFileTransferProtocols does not name, for a location without a
host, and for a host under ``.invalid``, which never has an address (RFC 2606).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from rig.twin.clock import DeviceClock
from rig.twin.device import Device
from rig.twin.requests import Fields

_TAKES = 2.0
"""Seconds of a transfer."""
_SCHEMES = {"ftp", "ftps", "http", "https"}
_RETRIES = 0
_RETRY_INTERVAL = 10


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that is to be transferred."""

    location: str
    retries: int
    """How many further tries follow one that failed (errata 3.50)."""
    retry_interval: int
    """Seconds between two tries."""

    @classmethod
    def of(cls, request: Fields, location: str) -> Self:
        """What ``request`` says of the transfer to or from ``location``."""
        retries = request.optional(request.seconds, "retries")
        interval = request.optional(request.seconds, "retryInterval")
        return cls(
            location, _RETRIES if retries is None else retries, _RETRY_INTERVAL if interval is None else interval
        )

    @property
    def names_a_file(self) -> bool:
        """Whether the location is that of a file, and not of a folder."""
        return not urlsplit(self.location).path.endswith("/") and urlsplit(self.location).path != ""

    async def run(self, clock: DeviceClock) -> bool:
        """Take as long as the transfer would; returns whether it succeeded."""
        for _ in range(self.retries):
            await clock.sleep(_TAKES)
            if self._can_succeed():
                return True
            await clock.sleep(self.retry_interval)
        await clock.sleep(_TAKES)
        return self._can_succeed()

    def _can_succeed(self) -> bool:
        try:
            parts = urlsplit(self.location)
            host = parts.hostname or ""
        except ValueError:
            return False
        return parts.scheme in _SCHEMES and host != "" and not f".{host}".endswith(".invalid")


class Uploads:
    """One upload at a time; a new one takes the place of one under way."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether an upload is under way."""
        return self._task is not None and not self._task.done()

    def begin(self, transfer: Transfer, tell: Callable[[str], None], *, failed: str) -> None:
        """Upload a file, telling Uploading, and then Uploaded or ``failed``."""
        self.cancel()
        self._task = self._device.tasks.create_task(self._upload(transfer, tell, failed))

    def cancel(self) -> None:
        """End the upload that is under way, if any."""
        if self._task is not None:
            self._task.cancel()

    async def _upload(self, transfer: Transfer, tell: Callable[[str], None], failed: str) -> None:
        tell("Uploading")
        tell("Uploaded" if await transfer.run(self._device.clock) else failed)
