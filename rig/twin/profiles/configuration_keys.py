"""The configuration keys that a profile brings along (OCPP 1.6 section 9, and section 7 of the security whitepaper)."""

import re
from collections.abc import Callable, Collection

from rig.twin.profiles.profile import Profile
from rig.twin.settings import Key, is_boolean, is_measurands

AUTHORIZATION_KEY = "AuthorizationKey"
SECURITY_PROFILE = "SecurityProfile"
CPO_NAME = "CpoName"

MAX_LIST = 1000
MAX_SEND_LIST = 100
MAX_STACK_LEVEL = 8
MAX_PERIODS = 24
MAX_PROFILES = 10
MAX_CHAIN = 10_000
MAX_CERTIFICATES = 8

_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}){16,20}")


def keys_of(profiles: Collection[Profile]) -> list[Key]:
    """The keys that these profiles have, besides those of the sample or in their place."""
    features = [profile.feature for profile in Profile if profile in profiles and profile.feature]
    keys = [Key("SupportedFeatureProfiles", ",".join(features))] if features else []
    return [*keys, *(key for profile in Profile if profile in profiles for key in _KEYS[profile]())]


def is_authorization_key(value: str) -> bool:
    """Whether ``value`` is 16 to 20 bytes in hexadecimal digits (whitepaper A00.FR.205)."""
    return _HEXADECIMAL.fullmatch(value) is not None


def _is_measurands_or_none(value: str) -> bool:
    return value == "" or is_measurands(value)


def _is_security_profile(value: str) -> bool:
    return value in {"1", "2", "3"}


def _is_cpo_name(value: str) -> bool:
    return value.isprintable() and len(value) <= 64  # noqa: PLR2004 - ub-organization-name of RFC 5280


def _core() -> list[Key]:
    return [
        Key("AuthorizeRemoteTxRequests", "true", is_boolean),
        Key("StopTxnAlignedData", "", _is_measurands_or_none),
        Key("StopTxnSampledData", "", _is_measurands_or_none),
        Key("StopTxnSampledDataMaxLength", "1"),
    ]


def _firmware_management() -> list[Key]:
    return [Key("SupportedFileTransferProtocols", "FTP,FTPS,HTTP,HTTPS")]


def _local_auth_list() -> list[Key]:
    return [
        Key("LocalAuthListEnabled", "true", is_boolean),
        Key("LocalAuthListMaxLength", str(MAX_LIST)),
        Key("SendLocalListMaxLength", str(MAX_SEND_LIST)),
    ]


def _reservation() -> list[Key]:
    return [Key("ReserveConnectorZeroSupported", "true")]


def _smart_charging() -> list[Key]:
    return [
        Key("ChargeProfileMaxStackLevel", str(MAX_STACK_LEVEL)),
        Key("ChargingScheduleAllowedChargingRateUnit", "Current,Power"),
        Key("ChargingScheduleMaxPeriods", str(MAX_PERIODS)),
        Key("MaxChargingProfilesInstalled", str(MAX_PROFILES)),
    ]


def _remote_trigger() -> list[Key]:
    return []


def _security() -> list[Key]:
    return [
        Key(AUTHORIZATION_KEY, "", is_authorization_key, secret=True),
        Key("CertificateSignedMaxChainSize", str(MAX_CHAIN)),
        Key("CertificateStoreMaxLength", str(MAX_CERTIFICATES)),
        Key(CPO_NAME, "zephyr", _is_cpo_name),
        Key(SECURITY_PROFILE, "0", _is_security_profile),
        *_firmware_management(),
    ]


_KEYS: dict[Profile, Callable[[], list[Key]]] = {
    Profile.CORE: _core,
    Profile.FIRMWARE_MANAGEMENT: _firmware_management,
    Profile.LOCAL_AUTH_LIST: _local_auth_list,
    Profile.RESERVATION: _reservation,
    Profile.SMART_CHARGING: _smart_charging,
    Profile.REMOTE_TRIGGER: _remote_trigger,
    Profile.SECURITY: _security,
}
