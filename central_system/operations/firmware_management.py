"""Firmware Management: diagnostics out of the charge point, firmware into it (OCPP 1.6 §3.3, Feature Profiles).

`location` is a URI, times are OCPP's dateTime as text (`WorldClock.iso`), `retry_interval` is in seconds.
"""

from ocpp.v16 import call, call_result

from central_system.operations.asking import ChargePoint, ask
from central_system.outcome import Outcome


async def get_diagnostics(
    charge_point: ChargePoint,
    location: str,
    *,
    retries: int | None = None,
    retry_interval: int | None = None,
    start_time: str | None = None,
    stop_time: str | None = None,
    within_s: float,
) -> Outcome[call_result.GetDiagnostics]:
    """Ask to upload diagnostics into a folder (OCPP 1.6 §5.9).

    The answer names the file, or none where there is nothing to upload. `start_time` and `stop_time` bound what is
    logged in it.
    """
    request = call.GetDiagnostics(location, retries, retry_interval, start_time, stop_time)
    return await ask(charge_point, request, call_result.GetDiagnostics, within_s=within_s)


async def update_firmware(
    charge_point: ChargePoint,
    location: str,
    retrieve_date: str,
    *,
    retries: int | None = None,
    retry_interval: int | None = None,
    within_s: float,
) -> Outcome[call_result.UpdateFirmware]:
    """Ask to download firmware, from a given time on, and to install it (OCPP 1.6 §5.19)."""
    request = call.UpdateFirmware(location, retrieve_date, retries, retry_interval)
    return await ask(charge_point, request, call_result.UpdateFirmware, within_s=within_s)
