"""One valid request of each action that a charge point sends, in an order in which it may send them."""

from typing import Any

Payload = dict[str, Any]

START = {"connectorId": 2, "idTag": "ZepId00", "meterStart": 7, "timestamp": "2026-11-22T10:27:33Z"}
STOP = {"transactionId": 101, "meterStop": 9, "timestamp": "2026-11-22T10:27:58Z"}
SAMPLE = {"timestamp": "2026-11-22T10:27:38Z", "sampledValue": [{"value": "9", "unit": "Wh"}]}
METER = {"connectorId": 2, "transactionId": 101, "meterValue": [SAMPLE]}

CORE: dict[str, Payload] = {
    "BootNotification": {"chargePointVendor": "zephyr", "chargePointModel": "basic"},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "Heartbeat": {},
    "Authorize": {"idTag": "ZepId00"},
    "StartTransaction": START,
    "MeterValues": METER,
    "StopTransaction": STOP,
    "DataTransfer": {"vendorId": "org.zephyrproject", "messageId": "m", "data": "d"},
    "DiagnosticsStatusNotification": {"status": "Uploaded"},
    "FirmwareStatusNotification": {"status": "Installed"},
}
SECURITY: dict[str, Payload] = {
    "LogStatusNotification": {"status": "Uploaded", "requestId": 3},
    "SecurityEventNotification": {"type": "ResetOrReboot", "timestamp": "2026-11-22T10:27:33Z"},
    "SignCertificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "SignedFirmwareStatusNotification": {"status": "Installed", "requestId": 3},
}
REQUESTS = CORE | SECURITY
"""By action; the second half is of the security extensions."""
