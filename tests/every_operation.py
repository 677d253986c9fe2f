"""Every operation: requests with all that the schema knows and with no more than it requires, and answers."""

from collections.abc import Callable, Coroutine
from typing import Any

from ocpp.v16 import call_result
from ocpp.v16.datatypes import (
    AuthorizationData,
    CertificateHashData,
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    Firmware,
    IdTagInfo,
    KeyValue,
    LogParameters,
)
from ocpp.v16.enums import (
    AuthorizationStatus,
    AvailabilityType,
    CertificateUse,
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
    DataTransferStatus,
    GetCompositeScheduleStatus,
    GetInstalledCertificateStatus,
    HashAlgorithm,
    Log,
    LogStatus,
    MessageTrigger,
    RecurrencyKind,
    ResetType,
    UpdateType,
)

from central_system import operations as op
from central_system.operations.asking import ChargePoint
from central_system.operations.core import Configuration
from central_system.operations.security import InstalledCertificateIds
from central_system.operations.smart_charging import CompositeSchedule
from central_system.outcome import Outcome

Payload = dict[str, Any]

W = 5.0
"""`within_s` of whatever has to be answered."""
TEN, ELEVEN = "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"
FTP = "ftp://127.0.0.1/f"
ROOT = CertificateUse.central_system_root_certificate
ACCEPTED = {"status": "Accepted"}


HASH = CertificateHashData(HashAlgorithm.sha256, "11", "22", "33")
HASH_SENT = {"hashAlgorithm": "SHA256", "issuerNameHash": "11", "issuerKeyHash": "22", "serialNumber": "33"}
TAGS = [AuthorizationData("A", IdTagInfo(AuthorizationStatus.accepted, "P", TEN)), AuthorizationData("B")]
TAGS_SENT = [{"idTag": "A", "idTagInfo": {"status": "Accepted", "parentIdTag": "P", "expiryDate": TEN}}, {"idTag": "B"}]
SCHEDULE = ChargingSchedule(ChargingRateUnitType.amps, [ChargingSchedulePeriod(0, 16.5, 3)], 3600, TEN, 6.0)
SCHEDULE_SENT = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.5, "numberPhases": 3}],
    "duration": 3600,
    "startSchedule": TEN,
    "minChargingRate": 6.0,
}
PURPOSE, KIND, DAILY = ChargingProfilePurposeType.tx_profile, ChargingProfileKindType.recurring, RecurrencyKind.daily
PROFILE = ChargingProfile(1, 0, PURPOSE, KIND, SCHEDULE, 101, DAILY, TEN, ELEVEN)
PROFILE_SENT = {
    "chargingProfileId": 1,
    "transactionId": 101,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": TEN,
    "validTo": ELEVEN,
    "chargingSchedule": SCHEDULE_SENT,
}
SMALL_SCHEDULE = ChargingSchedule(ChargingRateUnitType.watts, [ChargingSchedulePeriod(0, 11000)])
SMALL_PROFILE = ChargingProfile(2, 1, PURPOSE, KIND, SMALL_SCHEDULE)
SMALL_PROFILE_SENT = {
    "chargingProfileId": 2,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}]},
}
SIGNED = Firmware(FTP, TEN, "PEM", ELEVEN, "c2ln")
SIGNED_SENT = {"location": FTP, "retrieveDateTime": TEN, "signingCertificate": "PEM", "signature": "c2ln"}

Asking = Callable[[ChargePoint], Coroutine[Any, Any, Outcome[Any]]]
REQUESTS: list[tuple[Asking, str, Payload]] = [
    (
        lambda cp: op.change_availability(cp, 0, AvailabilityType.inoperative, within_s=W),
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
    ),
    (
        lambda cp: op.change_configuration(cp, "HeartbeatInterval", "60", within_s=W),
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
    ),
    (lambda cp: op.clear_cache(cp, within_s=W), "ClearCache", {}),
    (
        lambda cp: op.data_transfer(cp, "org.example", "m", "é", within_s=W),
        "DataTransfer",
        {"vendorId": "org.example", "messageId": "m", "data": "é"},
    ),
    (lambda cp: op.data_transfer(cp, "org.example", within_s=W), "DataTransfer", {"vendorId": "org.example"}),
    (lambda cp: op.get_configuration(cp, ("A", "B"), within_s=W), "GetConfiguration", {"key": ["A", "B"]}),
    (lambda cp: op.get_configuration(cp, within_s=W), "GetConfiguration", {}),
    (
        lambda cp: op.remote_start_transaction(cp, "T", 1, PROFILE, within_s=W),
        "RemoteStartTransaction",
        {"idTag": "T", "connectorId": 1, "chargingProfile": PROFILE_SENT},
    ),
    (lambda cp: op.remote_start_transaction(cp, "T", within_s=W), "RemoteStartTransaction", {"idTag": "T"}),
    (lambda cp: op.remote_stop_transaction(cp, 101, within_s=W), "RemoteStopTransaction", {"transactionId": 101}),
    (lambda cp: op.reset(cp, ResetType.soft, within_s=W), "Reset", {"type": "Soft"}),
    (lambda cp: op.unlock_connector(cp, 2, within_s=W), "UnlockConnector", {"connectorId": 2}),
    (
        lambda cp: op.get_diagnostics(
            cp, FTP, retries=3, retry_interval=60, start_time=TEN, stop_time=ELEVEN, within_s=W
        ),
        "GetDiagnostics",
        {"location": FTP, "retries": 3, "retryInterval": 60, "startTime": TEN, "stopTime": ELEVEN},
    ),
    (lambda cp: op.get_diagnostics(cp, FTP, within_s=W), "GetDiagnostics", {"location": FTP}),
    (
        lambda cp: op.update_firmware(cp, FTP, TEN, retries=0, retry_interval=0, within_s=W),
        "UpdateFirmware",
        {"location": FTP, "retrieveDate": TEN, "retries": 0, "retryInterval": 0},
    ),
    (
        lambda cp: op.update_firmware(cp, FTP, TEN, within_s=W),
        "UpdateFirmware",
        {"location": FTP, "retrieveDate": TEN},
    ),
    (lambda cp: op.get_local_list_version(cp, within_s=W), "GetLocalListVersion", {}),
    (
        lambda cp: op.send_local_list(cp, 2, UpdateType.differential, TAGS, within_s=W),
        "SendLocalList",
        {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": TAGS_SENT},
    ),
    (
        lambda cp: op.send_local_list(cp, 2, UpdateType.full, within_s=W),
        "SendLocalList",
        {"listVersion": 2, "updateType": "Full"},
    ),
    (
        lambda cp: op.send_local_list(cp, 2, UpdateType.full, [], within_s=W),
        "SendLocalList",
        {"listVersion": 2, "updateType": "Full", "localAuthorizationList": []},
    ),
    (lambda cp: op.cancel_reservation(cp, 7, within_s=W), "CancelReservation", {"reservationId": 7}),
    (
        lambda cp: op.reserve_now(cp, 0, TEN, "T", 7, parent_id_tag="P", within_s=W),
        "ReserveNow",
        {"connectorId": 0, "expiryDate": TEN, "idTag": "T", "reservationId": 7, "parentIdTag": "P"},
    ),
    (
        lambda cp: op.reserve_now(cp, 0, TEN, "T", 7, within_s=W),
        "ReserveNow",
        {"connectorId": 0, "expiryDate": TEN, "idTag": "T", "reservationId": 7},
    ),
    (
        lambda cp: op.clear_charging_profile(cp, 1, 0, PURPOSE, 0, within_s=W),
        "ClearChargingProfile",
        {"id": 1, "connectorId": 0, "chargingProfilePurpose": "TxProfile", "stackLevel": 0},
    ),
    (lambda cp: op.clear_charging_profile(cp, within_s=W), "ClearChargingProfile", {}),
    (
        lambda cp: op.get_composite_schedule(cp, 1, 600, ChargingRateUnitType.amps, within_s=W),
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 600, "chargingRateUnit": "A"},
    ),
    (
        lambda cp: op.get_composite_schedule(cp, 1, 600, within_s=W),
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 600},
    ),
    (
        lambda cp: op.set_charging_profile(cp, 1, PROFILE, within_s=W),
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": PROFILE_SENT},
    ),
    (
        lambda cp: op.set_charging_profile(cp, 0, SMALL_PROFILE, within_s=W),
        "SetChargingProfile",
        {"connectorId": 0, "csChargingProfiles": SMALL_PROFILE_SENT},
    ),
    (
        lambda cp: op.trigger_message(cp, MessageTrigger.meter_values, 1, within_s=W),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 1},
    ),
    (
        lambda cp: op.trigger_message(cp, MessageTrigger.heartbeat, within_s=W),
        "TriggerMessage",
        {"requestedMessage": "Heartbeat"},
    ),
    (lambda cp: op.certificate_signed(cp, "PEM", within_s=W), "CertificateSigned", {"certificateChain": "PEM"}),
    (lambda cp: op.delete_certificate(cp, HASH, within_s=W), "DeleteCertificate", {"certificateHashData": HASH_SENT}),
    (
        lambda cp: op.extended_trigger_message(cp, MessageTrigger.sign_charge_point_certificate, 1, within_s=W),
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate", "connectorId": 1},
    ),
    (
        lambda cp: op.extended_trigger_message(cp, MessageTrigger.log_status_notification, within_s=W),
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
    (
        lambda cp: op.get_installed_certificate_ids(cp, ROOT, within_s=W),
        "GetInstalledCertificateIds",
        {"certificateType": "CentralSystemRootCertificate"},
    ),
    (
        lambda cp: op.get_log(
            cp, LogParameters(FTP, TEN, ELEVEN), Log.security_log, 1, retries=2, retry_interval=9, within_s=W
        ),
        "GetLog",
        {
            "log": {"remoteLocation": FTP, "oldestTimestamp": TEN, "latestTimestamp": ELEVEN},
            "logType": "SecurityLog",
            "requestId": 1,
            "retries": 2,
            "retryInterval": 9,
        },
    ),
    (
        lambda cp: op.get_log(cp, LogParameters(FTP), Log.diagnostics_log, 1, within_s=W),
        "GetLog",
        {"log": {"remoteLocation": FTP}, "logType": "DiagnosticsLog", "requestId": 1},
    ),
    (
        lambda cp: op.install_certificate(cp, ROOT, "PEM", within_s=W),
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
    ),
    (
        lambda cp: op.signed_update_firmware(cp, 1, SIGNED, retries=1, retry_interval=5, within_s=W),
        "SignedUpdateFirmware",
        {"requestId": 1, "firmware": SIGNED_SENT | {"installDateTime": ELEVEN}, "retries": 1, "retryInterval": 5},
    ),
    (
        lambda cp: op.signed_update_firmware(cp, 1, Firmware(FTP, TEN, "PEM", signature="c2ln"), within_s=W),
        "SignedUpdateFirmware",
        {"requestId": 1, "firmware": SIGNED_SENT},
    ),
]
ASKING = {action: asking for asking, action, _ in REQUESTS}

HASHES = {"status": "Accepted", "certificateHashData": [HASH_SENT]}
PLANNED = {"status": "Accepted", "connectorId": 1, "scheduleStart": TEN, "chargingSchedule": SCHEDULE_SENT}
KEYS = {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}], "unknownKey": ["B"]}
ANSWERS: list[tuple[str, Payload, object]] = [
    ("DataTransfer", ACCEPTED | {"data": "x"}, call_result.DataTransfer(DataTransferStatus.accepted, "x")),
    ("GetConfiguration", {}, Configuration()),
    ("GetConfiguration", KEYS, Configuration([KeyValue("A", readonly=False, value="1")], ["B"])),
    ("GetDiagnostics", {}, call_result.GetDiagnostics()),
    ("GetDiagnostics", {"fileName": "d.zip"}, call_result.GetDiagnostics("d.zip")),
    ("GetLocalListVersion", {"listVersion": -1}, call_result.GetLocalListVersion(-1)),
    ("UpdateFirmware", {}, call_result.UpdateFirmware()),
    ("GetCompositeSchedule", PLANNED, CompositeSchedule(GetCompositeScheduleStatus.accepted, 1, TEN, SCHEDULE)),
    ("GetInstalledCertificateIds", HASHES, InstalledCertificateIds(GetInstalledCertificateStatus.accepted, [HASH])),
    ("GetLog", ACCEPTED | {"filename": "s.log"}, call_result.GetLog(LogStatus.accepted, "s.log")),
]
