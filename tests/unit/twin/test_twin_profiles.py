"""Profiles are switched on as Kconfig options are; what is off is refused as OCPP 1.6-J says."""

import math
from typing import Any

import pytest

from rig.twin.config import ConfigError, parse_config
from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import against_an_idle_twin, at, error, valid
from tests.unit.twin.test_twin_composite_schedule import profile as charging_profile

FEATURES = {
    Profile.CORE: "Core",
    Profile.FIRMWARE_MANAGEMENT: "FirmwareManagement",
    Profile.LOCAL_AUTH_LIST: "LocalAuthListManagement",
    Profile.RESERVATION: "Reservation",
    Profile.SMART_CHARGING: "SmartCharging",
    Profile.REMOTE_TRIGGER: "RemoteTrigger",
}
A_KEY_OF = {
    Profile.CORE: "StopTxnSampledData",
    Profile.FIRMWARE_MANAGEMENT: "SupportedFileTransferProtocols",
    Profile.LOCAL_AUTH_LIST: "LocalAuthListEnabled",
    Profile.RESERVATION: "ReserveConnectorZeroSupported",
    Profile.SMART_CHARGING: "ChargeProfileMaxStackLevel",
    Profile.SECURITY: "AuthorizationKey",
}


@pytest.mark.parametrize(
    ("symbol", "profile"),
    [
        ("CONFIG_OCPP_PROFILE_CORE", Profile.CORE),
        ("CONFIG_OCPP_PROFILE_FIRMWARE_MGNT", Profile.FIRMWARE_MANAGEMENT),
        ("CONFIG_OCPP_PROFILE_LOCAL_AUTH_LIST", Profile.LOCAL_AUTH_LIST),
        ("CONFIG_OCPP_PROFILE_RESERVATION", Profile.RESERVATION),
        ("CONFIG_OCPP_PROFILE_SMART_CHARGE", Profile.SMART_CHARGING),
        ("CONFIG_OCPP_PROFILE_REMOTE_TRIG", Profile.REMOTE_TRIGGER),
        ("CONFIG_OCPP_PROFILE_SECURITY", Profile.SECURITY),
    ],
)
def test_each_profile_has_its_kconfig_symbol(symbol: str, profile: Profile) -> None:
    assert parse_config([f"{symbol}=y"], source="prj.conf").profiles == {profile}
    assert parse_config([f"{symbol}=n"], source="prj.conf").profiles == frozenset()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("CONFIG_OCPP_PROFILE_CORE=1", "prj.conf:1: CONFIG_OCPP_PROFILE_CORE is 1, expected y or n"),
        ('CONFIG_OCPP_AUTHORIZATION_KEY="secret"', "has to be 16 to 20 bytes in hexadecimal digits"),
    ],
)
def test_a_symbol_that_makes_no_sense_is_named(line: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse_config([line], source="prj.conf")


def test_without_a_profile_the_twin_is_the_sample() -> None:
    async def scenario(bench: Bench) -> None:
        keys = (await valid(bench, "GetConfiguration", key=["SupportedFeatureProfiles"]))["configurationKey"]
        assert keys[0]["value"] == "Core"
        unknown = (await valid(bench, "GetConfiguration", key=list(A_KEY_OF.values())))["unknownKey"]
        assert unknown == list(A_KEY_OF.values())
        assert await error(bench, "ReserveNow") == "NotImplemented"
        assert not bench.of("StatusNotification")

    against_an_idle_twin(scenario)


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_brings_core_and_its_keys_along_and_tells_its_name(profile: Profile) -> None:
    async def scenario(bench: Bench) -> None:
        everything = (await valid(bench, "GetConfiguration"))["configurationKey"]
        values: dict[str, Any] = {key["key"]: key.get("value") for key in everything}
        on = {Profile.CORE, profile}
        assert values["SupportedFeatureProfiles"] == ",".join(FEATURES[one] for one in FEATURES if one in on)
        assert {one for one, key in A_KEY_OF.items() if key in values} - {Profile.FIRMWARE_MANAGEMENT} == (
            on & A_KEY_OF.keys() - {Profile.FIRMWARE_MANAGEMENT}
        )
        assert values["GetConfigurationMaxKeys"] == str(len(everything))
        assert bench.statuses(0)[-1] == "Available"

    against_an_idle_twin(scenario, profile)


def test_a_profile_that_is_off_is_not_supported_and_an_unknown_action_not_implemented() -> None:
    async def scenario(bench: Bench) -> None:
        for action in ("ReserveNow", "SendLocalList", "TriggerMessage", "GetLog", "BootNotification"):
            assert await error(bench, action) == "NotSupported"
        assert await error(bench, "NoSuchAction") == "NotImplemented"

    against_an_idle_twin(scenario, Profile.CORE)


def limited_to(limit: float) -> dict[str, Any]:
    return charging_profile(1, "TxDefaultProfile", (0, limit))


BROKEN: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("ChangeAvailability", {"connectorId": 1}, "OccurenceConstraintViolation"),
    ("ChangeAvailability", {"connectorId": "1", "type": "Operative"}, "TypeConstraintViolation"),
    ("ChangeAvailability", {"connectorId": 1, "type": "Broken"}, "PropertyConstraintViolation"),
    ("DataTransfer", {"vendorId": "v" * 256}, "PropertyConstraintViolation"),
    (
        "SendLocalList",
        {"listVersion": 1, "updateType": "Full", "localAuthorizationList": {}},
        "TypeConstraintViolation",
    ),
    (
        "SendLocalList",
        {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [7]},
        "TypeConstraintViolation",
    ),
    ("UpdateFirmware", {"location": "x", "retrieveDate": "soon"}, "TypeConstraintViolation"),
    ("UpdateFirmware", {"location": "x", "retrieveDate": at(0), "retries": -1}, "PropertyConstraintViolation"),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": None}, "TypeConstraintViolation"),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 10**400}, "PropertyConstraintViolation"),
    (
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": limited_to(10**400)},
        "PropertyConstraintViolation",
    ),
    (
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": limited_to(math.nan)},
        "PropertyConstraintViolation",
    ),
    ("CancelReservation", {"reservationId": True}, "TypeConstraintViolation"),
)


def test_a_payload_that_breaks_the_schema_gets_the_error_that_it_deserves() -> None:
    async def scenario(bench: Bench) -> None:
        for action, request, code in BROKEN:
            assert await error(bench, action, **request) == code, (action, request)

    against_an_idle_twin(scenario, *Profile)
