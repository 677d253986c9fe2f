"""The way of new firmware into the charge point (OCPP 1.6 section 5.19, whitepaper L01).

Nothing is really transferred or installed (`rig.twin.transfers`), so the signature of an image cannot be verified: one
that is no Base64 is invalid, any other is taken as right. A location that names no file has no firmware to install.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rig.twin.connector import Connector
from rig.twin.device import Device
from rig.twin.transfers import Transfer

_INSTALLING_TAKES = 3.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Order:
    """Firmware that is to be installed; times in seconds since 1970."""

    transfer: Transfer
    retrieve_at: int
    signature: str | None = None
    """Where it has to be signed: its signature in Base64."""
    install_at: int | None = None


class FirmwareUpdates:
    """One update at a time; a new one takes the place of one under way."""

    def __init__(self, device: Device, connectors: Sequence[Connector]) -> None:
        self._device = device
        self._connectors = connectors
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether an update is under way or scheduled."""
        return self._task is not None and not self._task.done()

    def begin(self, order: Order, tell: Callable[[str], None]) -> None:
        """Download and install firmware, telling every status of it on the way."""
        self.cancel()
        self._task = self._device.tasks.create_task(self._update(order, tell))

    def cancel(self) -> None:
        """End the update that is under way, if any."""
        if self._task is not None:
            self._task.cancel()

    async def _update(self, order: Order, tell: Callable[[str], None]) -> None:
        clock = self._device.clock
        signed = order.signature is not None
        if signed and order.retrieve_at > clock.realtime():
            tell("DownloadScheduled")
        await clock.sleep_until(clock.moment_of(order.retrieve_at))
        tell("Downloading")
        if not await order.transfer.run(clock):
            tell("DownloadFailed")
            return
        tell("Downloaded")
        if signed and not _may_be_signature(order.signature or ""):
            tell("InvalidSignature")
            return
        if signed:
            tell("SignatureVerified")
        if order.install_at is not None and order.install_at > clock.realtime():
            tell("InstallScheduled")
            await clock.sleep_until(clock.moment_of(order.install_at))
        await self._install(order, tell)

    async def _install(self, order: Order, tell: Callable[[str], None]) -> None:
        """Install when nobody charges; connectors that are not in use are Unavailable meanwhile (L01.FR.07)."""
        statuses = self._device.statuses
        statuses.closed = True
        statuses.refresh()
        try:
            for connector in self._connectors:
                await connector.idle.wait()
            tell("Installing")
            await self._device.clock.sleep(_INSTALLING_TAKES)
            tell("Installed" if order.transfer.names_a_file else "InstallationFailed")
        finally:
            statuses.closed = False
            statuses.refresh()


def _may_be_signature(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > 0
    except (binascii.Error, ValueError):
        return False
