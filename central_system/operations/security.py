"""Security: certificates, logs and signed firmware (OCA white paper "Improved security for OCPP 1.6-J", edition 2).

Certificates are PEM texts, times OCPP's dateTime as text (`WorldClock.iso`), `retry_interval` is in seconds; a
`request_id` comes back in the notifications about what was asked.
"""

from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import CertificateHashData, Firmware, LogParameters
from ocpp.v16.enums import CertificateUse, Log, MessageTrigger

from central_system.operations.asking import ChargePoint, ask
from central_system.operations.payloads import to_payload
from central_system.outcome import Outcome


@dataclass
class InstalledCertificateIds(call_result.GetInstalledCertificateIds):
    """GetInstalledCertificateIds.conf with its hashes typed (white paper §5.8)."""

    certificate_hash_data: list[CertificateHashData] | None = None


async def certificate_signed(
    charge_point: ChargePoint, certificate_chain: str, *, within_s: float
) -> Outcome[call_result.CertificateSigned]:
    """Ask to use the certificate that was signed for its SignCertificate.req (OCPP 1.6 security white paper §5.1).

    `certificate_chain` begins with the charge point's own certificate.
    """
    request = call.CertificateSigned(certificate_chain)
    return await ask(charge_point, request, call_result.CertificateSigned, within_s=within_s)


async def delete_certificate(
    charge_point: ChargePoint, certificate_hash_data: CertificateHashData, *, within_s: float
) -> Outcome[call_result.DeleteCertificate]:
    """Ask to delete an installed certificate (OCPP 1.6 security white paper §5.3)."""
    request = call.DeleteCertificate(to_payload(certificate_hash_data))
    return await ask(charge_point, request, call_result.DeleteCertificate, within_s=within_s)


async def extended_trigger_message(
    charge_point: ChargePoint, requested_message: MessageTrigger, connector_id: int | None = None, *, within_s: float
) -> Outcome[call_result.ExtendedTriggerMessage]:
    """Ask for a message that the charge point else sends by itself (OCPP 1.6 security white paper §5.5).

    The message comes after the answer. DiagnosticsStatusNotification is for TriggerMessage alone.
    """
    request = call.ExtendedTriggerMessage(requested_message, connector_id)
    return await ask(charge_point, request, call_result.ExtendedTriggerMessage, within_s=within_s)


async def get_installed_certificate_ids(
    charge_point: ChargePoint, certificate_type: CertificateUse, *, within_s: float
) -> Outcome[InstalledCertificateIds]:
    """Ask which certificates of a kind are installed (OCPP 1.6 security white paper §5.7)."""
    request = call.GetInstalledCertificateIds(certificate_type)
    return await ask(charge_point, request, InstalledCertificateIds, within_s=within_s)


async def get_log(
    charge_point: ChargePoint,
    log: LogParameters,
    log_type: Log,
    request_id: int,
    *,
    retries: int | None = None,
    retry_interval: int | None = None,
    within_s: float,
) -> Outcome[call_result.GetLog]:
    """Ask to upload the log of diagnostics or of security events (OCPP 1.6 security white paper §5.9)."""
    request = call.GetLog(to_payload(log), log_type, request_id, retries, retry_interval)
    return await ask(charge_point, request, call_result.GetLog, within_s=within_s)


async def install_certificate(
    charge_point: ChargePoint, certificate_type: CertificateUse, certificate: str, *, within_s: float
) -> Outcome[call_result.InstallCertificate]:
    """Ask to trust a root certificate (OCPP 1.6 security white paper §5.11)."""
    request = call.InstallCertificate(certificate_type, certificate)
    return await ask(charge_point, request, call_result.InstallCertificate, within_s=within_s)


async def signed_update_firmware(
    charge_point: ChargePoint,
    request_id: int,
    firmware: Firmware,
    *,
    retries: int | None = None,
    retry_interval: int | None = None,
    within_s: float,
) -> Outcome[call_result.SignedUpdateFirmware]:
    """Ask to download firmware, to verify its signature and to install it (OCPP 1.6 security white paper §5.21).

    `firmware.signature`, in base64, may be None in Python only: the schema demands it.
    """
    request = call.SignedUpdateFirmware(request_id, to_payload(firmware), retries, retry_interval)
    return await ask(charge_point, request, call_result.SignedUpdateFirmware, within_s=within_s)
