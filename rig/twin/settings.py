"""The OCPP configuration keys (OCPP 1.6 section 9; the set is that of Zephyr's library)."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

HEARTBEAT_INTERVAL = "HeartbeatInterval"
METER_INTERVAL = "MeterValueSampleInterval"
MESSAGE_ATTEMPTS = "TransactionMessageAttempts"
MESSAGE_RETRY_INTERVAL = "TransactionMessageRetryInterval"

_LARGEST_INTEGER = 2**31 - 1
_MEASURANDS = {"Energy.Active.Import.Register"}


def is_integer(value: str) -> bool:
    """Whether ``value`` is a whole number from 0 to 2**31 - 1."""
    return value.isascii() and value.isdecimal() and int(value[:11]) <= _LARGEST_INTEGER


def is_boolean(value: str) -> bool:
    """Whether ``value`` is true or false."""
    return value.lower() in {"true", "false"}


def is_measurands(value: str) -> bool:
    """Whether ``value`` lists measurands that this charge point can measure (OCPP 1.6 section 3.16.4)."""
    return set(value.split(",")) <= _MEASURANDS


@dataclass
class Key:
    """One configuration key; ``accepts`` is None for a key that the central system may only read."""

    name: str
    value: str
    accepts: Callable[[str], bool] | None = None
    secret: bool = False
    """Whether nobody may read it."""

    def as_json(self) -> dict[str, object]:
        """A ``KeyValue`` of GetConfiguration.conf."""
        known: dict[str, object] = {"key": self.name, "readonly": self.accepts is None}
        return known if self.secret else {**known, "value": self.value}


def _keys() -> list[Key]:
    return [
        Key("AllowOfflineTxForUnknownId", "false", is_boolean),
        Key("AuthorizationCacheEnabled", "false", is_boolean),
        Key("AuthorizeRemoteTxRequests", "true"),
        Key("BlinkRepeat", "0", is_integer),
        Key("ClockAlignedDataInterval", "0", is_integer),
        Key("ConnectionTimeOut", "0", is_integer),
        Key(HEARTBEAT_INTERVAL, "10", is_integer),
        Key("LightIntensity", "0", is_integer),
        Key("LocalAuthorizeOffline", "false", is_boolean),
        Key("LocalPreAuthorize", "false", is_boolean),
        Key("MaxEnergyOnInvalidId", "0", is_integer),
        Key("MeterValuesAlignedData", "Energy.Active.Import.Register", is_measurands),
        Key("MeterValuesAlignedDataMaxLength", "1"),
        Key("MeterValuesSampledData", "Energy.Active.Import.Register", is_measurands),
        Key("MeterValuesSampledDataMaxLength", "1"),
        Key(METER_INTERVAL, "5", is_integer),
        Key("MinimumStatusDuration", "0", is_integer),
        Key("NumberOfConnectors", "2"),
        Key("ResetRetries", "0", is_integer),
        Key("ConnectorPhaseRotation", "NotApplicable"),
        Key("ConnectorPhaseRotationMaxLength", "1"),
        Key("StopTransactionOnEVSideDisconnect", "true", is_boolean),
        Key("StopTransactionOnInvalidId", "true", is_boolean),
        Key("StopTxnAlignedData", "Energy.Active.Import.Register", is_measurands),
        Key("StopTxnAlignedDataMaxLength", "1"),
        Key("SupportedFeatureProfiles", "Core"),
        Key("SupportedFeatureProfilesMaxLength", "6"),
        Key(MESSAGE_ATTEMPTS, "3", is_integer),
        Key(MESSAGE_RETRY_INTERVAL, "5", is_integer),
        Key("UnlockConnectorOnEVSideDisconnect", "true", is_boolean),
        Key("WebSocketPingInterval", "0", is_integer),
    ]


class Settings:
    """The values of all configuration keys; names are compared without regard to case (CiString).

    Args:
        more: keys besides those of the sample, or in their place.
    """

    def __init__(self, more: Iterable[Key] = ()) -> None:
        self._keys = {key.name.lower(): key for key in (*_keys(), *more)}
        most = Key("GetConfigurationMaxKeys", str(len(self._keys) + 1))
        self._keys[most.name.lower()] = most
        self._changed = asyncio.Event()

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change of any key; ask anew after each change."""
        return self._changed

    def has(self, name: str) -> bool:
        """Whether there is a key of this name."""
        return name.lower() in self._keys

    def seconds(self, name: str) -> int:
        """The value of an integer key."""
        return int(self.text(name))

    def boolean(self, name: str) -> bool:
        """The value of a boolean key; false where this charge point has no such key."""
        return self.has(name) and self.text(name).lower() == "true"

    def text(self, name: str) -> str:
        """The value of any key."""
        return self._keys[name.lower()].value

    def set(self, name: str, value: str) -> None:
        """Set a key, whoever may write it."""
        self._keys[name.lower()].value = value
        self._changed.set()
        self._changed = asyncio.Event()

    def change(self, name: str, value: str) -> Literal["Accepted", "Rejected", "NotSupported"]:
        """What the central system's ChangeConfiguration does; returns its status."""
        key = self._keys.get(name.lower())
        if key is None:
            return "NotSupported"
        if key.accepts is None or not key.accepts(value):
            return "Rejected"
        self.set(name, value)
        return "Accepted"

    def find(self, names: list[str]) -> tuple[list[Key], list[str]]:
        """The keys of these names (of all, when there are none), and the names that are no key."""
        known = [self._keys[name.lower()] for name in names if name.lower() in self._keys]
        unknown = [name for name in names if name.lower() not in self._keys]
        return (known if names else list(self._keys.values())), unknown
