"""The names of the profiles: on the command line, in Kconfig, and in SupportedFeatureProfiles."""

from collections.abc import Collection
from enum import StrEnum
from typing import Self


class Profile(StrEnum):
    """A profile that can be switched on; the value is its name on the command line.

    The Kconfig symbols are those of Zephyr's library, which has none for ``CORE`` and ``SECURITY``.
    """

    symbol: str
    feature: str
    """Its identifier in SupportedFeatureProfiles (OCPP 1.6 section 9.1.29); empty where it has none."""
    description: str

    def __new__(cls, name: str, symbol: str, feature: str, description: str) -> Self:
        """Make a member whose value is its name on the command line."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.symbol = f"CONFIG_OCPP_PROFILE_{symbol}"
        member.feature = feature
        member.description = description
        return member

    CORE = "core", "CORE", "Core", "what the sample lacks of Core: statuses, availability, reset, cache, DataTransfer"
    FIRMWARE_MANAGEMENT = (
        "firmware-management", "FIRMWARE_MGNT", "FirmwareManagement", "UpdateFirmware and GetDiagnostics",
    )  # fmt: skip
    LOCAL_AUTH_LIST = (
        "local-auth-list", "LOCAL_AUTH_LIST", "LocalAuthListManagement", "a list of idTags to authorise by",
    )  # fmt: skip
    RESERVATION = "reservation", "RESERVATION", "Reservation", "ReserveNow and CancelReservation"
    SMART_CHARGING = "smart-charging", "SMART_CHARGE", "SmartCharging", "charging profiles that limit the power"
    REMOTE_TRIGGER = "remote-trigger", "REMOTE_TRIG", "RemoteTrigger", "TriggerMessage"
    SECURITY = "security", "SECURITY", "", "the messages of the security whitepaper, and security profile 1"


def with_what_they_need(selected: Collection[Profile]) -> frozenset[Profile]:
    """The profiles that are on when these are selected: Core is required with any other (OCPP 1.6 section 3.3)."""
    return frozenset({*selected, Profile.CORE}) if selected else frozenset()
