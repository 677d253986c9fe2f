"""The messages of the whitepaper "Improved security for OCPP 1.6-J", edition 3, and its security profile 1.

Certificates are read and kept, not put to use: the twin does no TLS, so security profiles 2 and 3 are refused. What is
not checked of a certificate says `rig.twin.certificates`; of logs and firmware, `rig.twin.transfers` and
`rig.twin.firmware`.
"""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from rig.twin.certificates import HASHES, Certificate, CertificateError, issued_by, parse_chain
from rig.twin.firmware import Order
from rig.twin.frames import JsonObject
from rig.twin.link import Reply
from rig.twin.profiles.configuration_keys import (
    AUTHORIZATION_KEY,
    CPO_NAME,
    MAX_CERTIFICATES,
    MAX_CHAIN,
    SECURITY_PROFILE,
    is_authorization_key,
)
from rig.twin.requests import Fields
from rig.twin.settings import Settings
from rig.twin.signing_request import make_request
from rig.twin.station import Handler, Station
from rig.twin.transfers import Transfer, Uploads
from rig.twin.triggers import CoreTriggers, answer_trigger

_CENTRAL_SYSTEM_ROOT = "CentralSystemRootCertificate"
_MANUFACTURER_ROOT = "ManufacturerRootCertificate"
_ROOTS = (_CENTRAL_SYSTEM_ROOT, _MANUFACTURER_ROOT)
_LOGS = {"DiagnosticsLog": "diagnostics", "SecurityLog": "security"}
_LONGEST_CERTIFICATE = 5500
_LONGEST_LOCATION = 512
_LONGEST_SIGNATURE = 800
_LONGEST_LOG = 1000


def provision(settings: Settings, authorization_key: str) -> None:
    """Give a charge point its password at the factory, if any: it then begins with security profile 1."""
    if authorization_key:
        settings.set(AUTHORIZATION_KEY, authorization_key)
        settings.set(SECURITY_PROFILE, "1")


def basic_authentication(identity: str, settings: Settings) -> Mapping[str, str]:
    """The HTTP headers of a connection with security profile 1 (whitepaper section 2.3); none without it."""
    if not settings.has(SECURITY_PROFILE) or settings.text(SECURITY_PROFILE) == "0":
        return {}
    user_and_password = identity.encode() + b":" + bytes.fromhex(settings.text(AUTHORIZATION_KEY))
    return {"Authorization": f"Basic {base64.b64encode(user_and_password).decode()}"}


class Security:
    """Passwords, certificates, security events, logs and signed firmware."""

    def __init__(self, station: Station, change_configuration: Handler) -> None:
        self._station = station
        self._device = station.device
        self._vault = station.device.memory.vault
        self._change = change_configuration
        self._uploads = Uploads(station.device)
        self._log_status: JsonObject = {"status": "Idle"}
        self._firmware_status: JsonObject = {"status": "Idle"}
        self._triggers = {
            **CoreTriggers(station).triggers,
            "FirmwareStatusNotification": self._trigger_firmware_status,
            "LogStatusNotification": self._trigger_log_status,
            "SignChargePointCertificate": self._trigger_signing,
        }
        self.handlers: Mapping[str, Handler] = {
            "CertificateSigned": self._certificate_signed,
            "ChangeConfiguration": self._change_configuration,
            "DeleteCertificate": self._delete_certificate,
            "ExtendedTriggerMessage": lambda request: answer_trigger(request, self._triggers),
            "GetInstalledCertificateIds": self._get_installed_certificates,
            "GetLog": self._get_log,
            "InstallCertificate": self._install_certificate,
            "SignedUpdateFirmware": self._update_firmware,
        }

    async def run(self) -> None:
        """Tell that the charge point has started, once it may and its clock is set."""
        await self._device.registered.wait()
        if self._vault.log:
            self._event("ResetOrReboot")
        self._event("StartupOfTheDevice")

    # Passwords and security profiles (A01, A05)

    def _change_configuration(self, request: Fields) -> JsonObject | Reply | None:
        key = request.text("key").lower()
        if key not in {AUTHORIZATION_KEY.lower(), SECURITY_PROFILE.lower()}:
            return self._change(request)
        if key == SECURITY_PROFILE.lower() and not self._can_switch_to(request.text("value")):
            return {"status": "Rejected"}
        answer = self._change(request)
        if answer != {"status": "Accepted"}:
            return answer
        self._event("ReconfigurationOfSecurityParameters", push=False)
        in_use = self._device.settings.text(SECURITY_PROFILE) != "0"
        return Reply({"status": "Accepted"}, self._reconnect if in_use else None)

    def _can_switch_to(self, profile: str) -> bool:
        """Whether a security profile is a higher one, and all that it needs is there (A05.FR.01 to 04)."""
        settings = self._device.settings
        return profile == "1" and settings.text(SECURITY_PROFILE) == "0" and is_authorization_key(
            settings.text(AUTHORIZATION_KEY)
        )  # fmt: skip

    def _reconnect(self) -> None:
        self._station.start(self._device.link.close())

    # Certificates (A02, M03 to M05)

    def _trigger_signing(self, _: int | None) -> Callable[[], object] | None:
        organization = self._device.settings.text(CPO_NAME)
        return partial(self._request_signing, organization) if organization else None

    def _request_signing(self, organization: str) -> None:
        request = make_request(organization, self._device.identity)
        self._vault.requested_key = request.key
        self._station.send_now("SignCertificate", {"csr": request.pem})

    def _certificate_signed(self, request: Fields) -> JsonObject | Reply:
        chain = self._read(request.text("certificateChain", longest=MAX_CHAIN))
        wanted = chain and chain[0].key == self._vault.requested_key
        if not wanted or not self._is_trusted(chain, _CENTRAL_SYSTEM_ROOT):
            return Reply({"status": "Rejected"}, partial(self._event, "InvalidChargePointCertificate"))
        self._vault.own, self._vault.requested_key = chain[0], None
        return {"status": "Accepted"}

    def _install_certificate(self, request: Fields) -> JsonObject:
        roots = self._vault.roots.setdefault(request.choice("certificateType", _ROOTS), [])
        chain = self._read(request.text("certificate", longest=_LONGEST_CERTIFICATE))
        if len(chain) != 1 or not chain[0].is_root or not chain[0].is_valid_at(self._device.clock.realtime()):
            return {"status": "Rejected"}
        if chain[0] not in roots:
            if sum(map(len, self._vault.roots.values())) >= MAX_CERTIFICATES:
                return {"status": "Rejected"}
            roots.append(chain[0])
        return {"status": "Accepted"}

    def _get_installed_certificates(self, request: Fields) -> JsonObject:
        roots = self._vault.roots.get(request.choice("certificateType", _ROOTS))
        if not roots:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": [root.hash_data("SHA256") for root in roots]}

    def _delete_certificate(self, request: Fields) -> JsonObject:
        asked = request.fields("certificateHashData")
        algorithm = asked.choice("hashAlgorithm", tuple(HASHES))
        wanted = {
            "issuerNameHash": asked.text("issuerNameHash", longest=128).lower(),
            "issuerKeyHash": asked.text("issuerKeyHash", longest=128).lower(),
            "serialNumber": asked.text("serialNumber", longest=40).lower().lstrip("0"),
        }
        for roots in self._vault.roots.values():
            for root in roots:
                found = {name: str(value).lower() for name, value in root.hash_data(algorithm).items()}
                if wanted.items() <= found.items():
                    roots.remove(root)
                    return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _is_trusted(self, chain: list[Certificate], kind: str) -> bool:
        now = self._device.clock.realtime()
        return all(one.is_valid_at(now) for one in chain) and issued_by(chain, self._vault.roots.get(kind, []))

    @staticmethod
    def _read(text: str) -> list[Certificate]:
        """The certificates in a text; none where it holds anything else."""
        with suppress(CertificateError):
            return parse_chain(text)
        return []

    # Security events and logs (A04, N01)

    def _event(self, kind: str, *, push: bool = True) -> None:
        """Note a security event in the log, and tell the central system of it."""
        now = self._device.timestamp()
        self._vault.log[:] = [*self._vault.log, f"{now} {kind}"][-_LONGEST_LOG:]
        if push:
            self._device.outbox.put("SecurityEventNotification", {"type": kind, "timestamp": now})

    def _get_log(self, request: Fields) -> JsonObject | Reply:
        log = request.fields("log")
        transfer = Transfer.of(request, log.text("remoteLocation", longest=_LONGEST_LOCATION))
        oldest = log.optional(log.moment, "oldestTimestamp")
        latest = log.optional(log.moment, "latestTimestamp")
        kind = _LOGS[request.choice("logType", tuple(_LOGS))]
        number = request.integer("requestId")
        if oldest is not None and (oldest > self._device.clock.realtime() or (latest is not None and latest < oldest)):
            return {"status": "Rejected"}  # there is no information of that time
        status = "AcceptedCanceled" if self._uploads.busy else "Accepted"
        self._uploads.cancel()
        tell = partial(self._tell_log_status, number)
        upload = partial(self._uploads.begin, transfer, tell, failed="UploadFailure")
        return Reply({"status": status, "filename": f"{kind}-{number}.log"}, upload)

    def _tell_log_status(self, number: int, status: str) -> None:
        self._log_status = {"status": status, "requestId": number}
        self._device.outbox.put("LogStatusNotification", self._log_status)

    def _trigger_log_status(self, _: int | None) -> Callable[[], object]:
        status: JsonObject = self._log_status if self._uploads.busy else {"status": "Idle"}
        return partial(self._station.send_now, "LogStatusNotification", status)

    # Signed firmware (L01)

    def _update_firmware(self, request: Fields) -> JsonObject | Reply:
        firmware = request.fields("firmware")
        order = Order(
            Transfer.of(request, firmware.text("location", longest=_LONGEST_LOCATION)),
            firmware.moment("retrieveDateTime"),
            firmware.text("signature", longest=_LONGEST_SIGNATURE),
            firmware.optional(firmware.moment, "installDateTime"),
        )
        chain = self._read(firmware.text("signingCertificate", longest=_LONGEST_CERTIFICATE))
        number = request.integer("requestId")
        if not chain or not self._is_trusted(chain, _MANUFACTURER_ROOT):
            return Reply({"status": "InvalidCertificate"}, partial(self._event, "InvalidFirmwareSigningCertificate"))
        status = "AcceptedCanceled" if self._station.firmware.busy else "Accepted"
        self._station.firmware.cancel()
        tell = partial(self._tell_firmware_status, number)
        return Reply({"status": status}, partial(self._station.firmware.begin, order, tell))

    def _tell_firmware_status(self, number: int, status: str) -> None:
        self._firmware_status = {"status": status, "requestId": number}
        self._device.outbox.put("SignedFirmwareStatusNotification", self._firmware_status)
        event = {"InvalidSignature": "InvalidFirmwareSignature", "Installed": "FirmwareUpdated"}.get(status)
        if event is not None:
            self._event(event)

    def _trigger_firmware_status(self, _: int | None) -> Callable[[], object]:
        """The status that was last told; Idle after Installed (L01.FR.28 and 29)."""
        installed = self._firmware_status["status"] == "Installed"
        status: JsonObject = {"status": "Idle"} if installed else self._firmware_status
        return partial(self._station.send_now, "SignedFirmwareStatusNotification", status)
