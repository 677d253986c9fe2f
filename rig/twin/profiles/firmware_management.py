"""Firmware Management (OCPP 1.6 sections 4.4, 4.5, 5.9 and 5.19).

Nothing is really transferred or installed: see `rig.twin.transfers` and `rig.twin.firmware`.
"""

from collections.abc import Mapping
from functools import partial

from rig.twin.firmware import Order
from rig.twin.frames import JsonObject
from rig.twin.link import RefusalError, Reply
from rig.twin.profiles.configuration_keys import SECURITY_PROFILE
from rig.twin.profiles.profile import Profile
from rig.twin.requests import Fields
from rig.twin.station import Handler, Station
from rig.twin.transfers import Transfer, Uploads

_UNDER_WAY = {"Downloading", "Downloaded", "Installing"}


class FirmwareManagement:
    """Fetches firmware and delivers diagnostics, and tells how far it has come."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._device = station.device
        self._diagnostics = Uploads(station.device)
        self._status = "Idle"
        self.handlers: Mapping[str, Handler] = {
            "GetDiagnostics": self._get_diagnostics,
            "UpdateFirmware": self._update_firmware,
        }
        station.triggers["DiagnosticsStatusNotification"] = self._trigger_diagnostics
        station.triggers["FirmwareStatusNotification"] = self._trigger_firmware

    async def run(self) -> None:
        """Nothing happens of itself."""

    def _get_diagnostics(self, request: Fields) -> JsonObject | Reply:
        transfer = Transfer.of(request, request.text("location"))
        begin = request.optional(request.moment, "startTime")
        end = request.optional(request.moment, "stopTime")
        if begin is not None and (begin > self._device.clock.realtime() or (end is not None and end < begin)):
            return {}  # there is no information of that time
        upload = partial(self._diagnostics.begin, transfer, self._tell_diagnostics, failed="UploadFailed")
        name = f"diagnostics-{int(self._device.clock.realtime())}.log"
        return Reply({"fileName": name}, upload)

    def _update_firmware(self, request: Fields) -> Reply:
        secured = Profile.SECURITY in self._device.profiles and self._device.settings.text(SECURITY_PROFILE) != "0"
        if secured:
            # Whitepaper L01.FR.20. With SecurityProfile 0, no security profile is in use yet.
            raise RefusalError("NotSupported", "firmware has to be signed: use SignedUpdateFirmware")
        order = Order(Transfer.of(request, request.text("location")), request.moment("retrieveDate"))
        return Reply({}, partial(self._station.firmware.begin, order, self._tell_firmware))

    def _tell_diagnostics(self, status: str) -> None:
        self._device.outbox.put("DiagnosticsStatusNotification", {"status": status})

    def _tell_firmware(self, status: str) -> None:
        self._status = status
        self._device.outbox.put("FirmwareStatusNotification", {"status": status})

    def _trigger_diagnostics(self, _: int | None) -> partial[None]:
        status = "Uploading" if self._diagnostics.busy else "Idle"
        return partial(self._station.send_now, "DiagnosticsStatusNotification", {"status": status})

    def _trigger_firmware(self, _: int | None) -> partial[None]:
        busy = self._station.firmware.busy and self._status in _UNDER_WAY
        status = self._status if busy else "Idle"
        return partial(self._station.send_now, "FirmwareStatusNotification", {"status": status})
