"""The security whitepaper: passwords, certificates, security events, logs and signed firmware."""

from base64 import b64decode
from typing import Any

import pytest

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.certificate_authority import Authority, authority
from tests.unit.twin.profile_bench import Scenario, against_an_idle_twin, at, error, valid
from tests.unit.twin.test_twin_certificates import LONG_AGO

KEY = b"OCA_OCTT_admin_test"
CENTRAL_SYSTEM, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


@pytest.fixture(scope="module")
def maker() -> Authority:
    return authority("Maker")


@pytest.fixture(scope="module")
def operator() -> Authority:
    return authority("Operator")


def with_security(scenario: Scenario, *more: Profile, bench: Bench | None = None, key: str = "") -> None:
    against_an_idle_twin(scenario, Profile.SECURITY, *more, bench=bench, authorization_key=key)


async def change(bench: Bench, key: str, value: str) -> object:
    return (await valid(bench, "ChangeConfiguration", key=key, value=value))["status"]


async def install(bench: Bench, kind: str, certificate: str) -> object:
    return (await valid(bench, "InstallCertificate", certificateType=kind, certificate=certificate))["status"]


async def trigger(bench: Bench, message: str) -> object:
    return (await valid(bench, "ExtendedTriggerMessage", requestedMessage=message))["status"]


def events(bench: Bench) -> list[str]:
    return [call.payload["type"] for call in bench.of("SecurityEventNotification")]


def password(bench: Bench) -> bytes | None:
    """The password that the last connection came with."""
    header = bench.headers[-1].get("Authorization")
    if header is None:
        return None
    user, _, secret = b64decode(header.removeprefix("Basic ")).partition(b":")
    assert user == b"zephyr"
    return secret


def test_a_security_profile_is_switched_to_when_there_is_a_password_and_never_back() -> None:
    async def scenario(bench: Bench) -> None:
        assert password(bench) is None
        assert await change(bench, "SecurityProfile", "1") == "Rejected", "there is no password yet"
        for unfit in ("secret", "00" * 15, "00" * 21, "0" * 33):
            assert await change(bench, "AuthorizationKey", unfit) == "Rejected"
        assert await change(bench, "AuthorizationKey", KEY.hex()) == "Accepted"
        assert await change(bench, "SecurityProfile", "2") == "Rejected", "the twin does no TLS"
        assert await change(bench, "SecurityProfile", "1") == "Accepted"
        await bench.until(lambda: len(bench.headers) == 2)
        assert password(bench) == KEY
        for lower in ("0", "1"):
            assert await change(bench, "securityprofile", lower) == "Rejected"
        assert await change(bench, "AuthorizationKey", "AB" * 20) == "Accepted"
        await bench.until(lambda: len(bench.headers) == 3)
        assert password(bench) == b"\xab" * 20
        assert len(bench.of("BootNotification")) == 1

    with_security(scenario)


def test_a_password_of_the_factory_is_used_from_the_first_connection_and_nobody_can_read_it() -> None:
    async def scenario(bench: Bench) -> None:
        assert password(bench) == KEY
        answer = await valid(bench, "GetConfiguration", key=["AuthorizationKey", "SecurityProfile"])
        assert answer["configurationKey"] == [
            {"key": "AuthorizationKey", "readonly": False},
            {"key": "SecurityProfile", "readonly": False, "value": "1"},
        ]
        await valid(bench, "Reset", type="Hard")
        await bench.until(lambda: len(bench.headers) == 2)
        assert password(bench) == KEY

    with_security(scenario, key=KEY.hex())


def test_critical_security_events_are_told() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.until(lambda: events(bench) == ["StartupOfTheDevice"])
        await valid(bench, "Reset", type="Soft")
        await bench.until(lambda: events(bench)[1:] == ["ResetOrReboot", "StartupOfTheDevice"])

    with_security(scenario)


def test_root_certificates_are_installed_listed_and_deleted(maker: Authority, operator: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        async def listed(kind: str) -> dict[str, Any]:
            return await valid(bench, "GetInstalledCertificateIds", certificateType=kind)

        assert await listed(MANUFACTURER) == {"status": "NotFound"}
        assert await install(bench, MANUFACTURER, maker.pem) == "Accepted"
        assert await install(bench, MANUFACTURER, maker.pem) == "Accepted"
        assert await install(bench, CENTRAL_SYSTEM, operator.pem) == "Accepted"
        [data] = (await listed(MANUFACTURER))["certificateHashData"]
        assert data["serialNumber"] == f"{maker.root.serial_number:X}"
        other = {**data, "serialNumber": "FFF"}
        assert await valid(bench, "DeleteCertificate", certificateHashData=other) == {"status": "NotFound"}
        same = {**data, "serialNumber": data["serialNumber"].lower()}
        assert await valid(bench, "DeleteCertificate", certificateHashData=same) == {"status": "Accepted"}
        assert await listed(MANUFACTURER) == {"status": "NotFound"}
        await valid(bench, "Reset", type="Hard")
        await bench.until(lambda: len(bench.of("BootNotification")) == 2)
        assert (await listed(CENTRAL_SYSTEM))["status"] == "Accepted"

    with_security(scenario)


def test_what_is_no_root_certificate_is_rejected_and_so_is_one_too_many(maker: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        unfit = ("rubbish", maker.certificate("leaf"), maker.pem * 2, authority("Old", end=LONG_AGO).pem)
        for certificate in unfit:
            assert await install(bench, CENTRAL_SYSTEM, certificate) == "Rejected"
        for number in range(8):
            assert await install(bench, CENTRAL_SYSTEM, authority(f"Root {number}").pem) == "Accepted"
        assert await install(bench, MANUFACTURER, maker.pem) == "Rejected"

    with_security(scenario)


def test_a_certificate_is_asked_for_and_taken_if_it_is_the_one_asked_for(operator: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.until(lambda: events(bench))
        assert await trigger(bench, "SignChargePointCertificate") == "Accepted"
        await bench.until(lambda: bench.of("SignCertificate"))
        signed = operator.issue(bench.of("SignCertificate")[0].payload["csr"])

        async def offer(chain: str) -> object:
            return (await valid(bench, "CertificateSigned", certificateChain=chain))["status"]

        assert await offer(signed) == "Rejected", "its root is not installed"
        await install(bench, CENTRAL_SYSTEM, operator.pem)
        assert await offer(operator.certificate("another key")) == "Rejected"
        assert await offer(signed + operator.pem) == "Accepted"
        assert await offer(signed) == "Rejected", "none is asked for any more"
        await bench.until(lambda: events(bench)[1:] == ["InvalidChargePointCertificate"] * 3)
        assert await change(bench, "CpoName", "") == "Accepted"
        assert await trigger(bench, "SignChargePointCertificate") == "Rejected", "there is no CpoName to ask for"

    with_security(scenario)


def test_a_log_is_uploaded_and_a_new_request_takes_the_place_of_one_under_way() -> None:
    async def scenario(bench: Bench) -> None:
        async def get(number: int, location: str = "ftp://files.example/", **log: object) -> dict[str, Any]:
            request = {"logType": "SecurityLog", "requestId": number, "log": {"remoteLocation": location, **log}}
            return await valid(bench, "GetLog", **request)

        assert await trigger(bench, "LogStatusNotification") == "Accepted"
        await bench.until(lambda: bench.of("LogStatusNotification", status="Idle"))
        assert (await get(1))["status"] == "Accepted"
        await bench.until(lambda: bench.of("LogStatusNotification", requestId=1))
        answer = await get(2, "ftp://files.invalid/")
        assert answer == {"status": "AcceptedCanceled", "filename": "security-2.log"}
        await bench.until(lambda: bench.of("LogStatusNotification", status="UploadFailure", requestId=2))
        told = [(call.payload["requestId"], call.payload["status"]) for call in bench.of("LogStatusNotification")[1:]]
        assert told == [(1, "Uploading"), (2, "Uploading"), (2, "UploadFailure")]
        assert await get(3, oldestTimestamp=at(1000)) == {"status": "Rejected"}
        await get(4)
        await bench.until(lambda: bench.of("LogStatusNotification", status="Uploaded", requestId=4))

    with_security(scenario)


def firmware(maker: Authority, number: int, **more: object) -> dict[str, Any]:
    image = {
        "location": "https://files.example/firmware.bin",
        "retrieveDateTime": at(0),
        "signingCertificate": maker.certificate("signer"),
        "signature": "c2lnbmF0dXJl",
    }
    return {"requestId": number, "firmware": {**image, **more}}


def told(bench: Bench, number: int) -> list[str]:
    return [call.payload["status"] for call in bench.of("SignedFirmwareStatusNotification", requestId=number)]


def test_signed_firmware_is_installed_when_it_is_time(maker: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        await install(bench, MANUFACTURER, maker.pem)
        request = firmware(maker, 9, retrieveDateTime=at(20), installDateTime=at(60))
        assert await valid(bench, "SignedUpdateFirmware", **request) == {"status": "Accepted"}
        await bench.until(lambda: "Installed" in told(bench, 9))
        assert told(bench, 9) == [
            *["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"],
            *["Installing", "Installed"],
        ]
        moments = {call.payload["status"]: call.at for call in bench.of("SignedFirmwareStatusNotification")}
        assert (moments["Downloading"], moments["Installing"]) == pytest.approx((20, 60), abs=0.5)
        await bench.until(lambda: "FirmwareUpdated" in events(bench))
        assert await trigger(bench, "FirmwareStatusNotification") == "Accepted"
        await bench.until(lambda: bench.of("SignedFirmwareStatusNotification", status="Idle"))

    with_security(scenario)


def test_firmware_of_somebody_else_is_refused(maker: Authority, operator: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        refused = {"status": "InvalidCertificate"}
        assert await valid(bench, "SignedUpdateFirmware", **firmware(maker, 1)) == refused
        await install(bench, MANUFACTURER, maker.pem)
        assert await valid(bench, "SignedUpdateFirmware", **firmware(operator, 1)) == refused
        old = firmware(maker, 1, signingCertificate=maker.certificate("old", end=LONG_AGO))
        assert await valid(bench, "SignedUpdateFirmware", **old) == refused
        await bench.until(lambda: events(bench).count("InvalidFirmwareSigningCertificate") == 3)
        assert not bench.of("SignedFirmwareStatusNotification")

    with_security(scenario)


def test_a_bad_signature_ends_the_update_and_a_new_update_takes_the_place_of_one_under_way(maker: Authority) -> None:
    async def scenario(bench: Bench) -> None:
        await install(bench, MANUFACTURER, maker.pem)
        await valid(bench, "SignedUpdateFirmware", **firmware(maker, 1, retrieveDateTime=at(3600)))
        await bench.until(lambda: told(bench, 1) == ["DownloadScheduled"])
        answer = await valid(bench, "SignedUpdateFirmware", **firmware(maker, 2, signature="?"))
        assert answer == {"status": "AcceptedCanceled"}
        await bench.until(lambda: told(bench, 2) == ["Downloading", "Downloaded", "InvalidSignature"])
        await bench.until(lambda: "InvalidFirmwareSignature" in events(bench))
        await trigger(bench, "FirmwareStatusNotification")
        await bench.until(lambda: told(bench, 2)[-2:] == ["InvalidSignature"] * 2)
        assert told(bench, 1) == ["DownloadScheduled"]

    with_security(scenario)


def test_unsigned_firmware_is_not_supported_once_a_security_profile_is_in_use() -> None:
    async def scenario(bench: Bench) -> None:
        request = {"location": "ftp://files.example/f.bin", "retrieveDate": at(0)}
        assert await error(bench, "UpdateFirmware", **request) == "NotSupported"

    with_security(scenario, Profile.FIRMWARE_MANAGEMENT, key=KEY.hex())
