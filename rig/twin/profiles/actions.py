"""All actions of OCPP 1.6 and its security whitepaper: a charge point knows them, whether it has them or not."""

ACTIONS = frozenset({
    # Core
    "Authorize", "BootNotification", "ChangeAvailability", "ChangeConfiguration", "ClearCache", "DataTransfer",
    "GetConfiguration", "Heartbeat", "MeterValues", "RemoteStartTransaction", "RemoteStopTransaction", "Reset",
    "StartTransaction", "StatusNotification", "StopTransaction", "UnlockConnector",
    # Firmware Management
    "DiagnosticsStatusNotification", "FirmwareStatusNotification", "GetDiagnostics", "UpdateFirmware",
    # Local Auth List Management
    "GetLocalListVersion", "SendLocalList",
    # Reservation
    "CancelReservation", "ReserveNow",
    # Smart Charging
    "ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile",
    # Remote Trigger
    "TriggerMessage",
    # Security
    "CertificateSigned", "DeleteCertificate", "ExtendedTriggerMessage", "GetInstalledCertificateIds", "GetLog",
    "InstallCertificate", "LogStatusNotification", "SecurityEventNotification", "SignCertificate",
    "SignedFirmwareStatusNotification", "SignedUpdateFirmware",
})  # fmt: skip
"""Actions by name (OCPP 1.6 section 3.3, whitepaper section 5)."""
