"""The OCPP configuration keys (OCPP 1.6 section 9; the set is that of Zephyr's library)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

HEARTBEAT_INTERVAL = "HeartbeatInterval"
METER_INTERVAL = "MeterValueSampleInterval"
MESSAGE_ATTEMPTS = "TransactionMessageAttempts"
MESSAGE_RETRY_INTERVAL = "TransactionMessageRetryInterval"

_LARGEST_INTEGER = 2**31 - 1
_MEASURANDS = {"Energy.Active.Import.Register"}


def _is_integer(value: str) -> bool:
    return value.isascii() and value.isdecimal() and int(value[:11]) <= _LARGEST_INTEGER


def _is_boolean(value: str) -> bool:
    return value.lower() in {"true", "false"}


def _is_measurands(value: str) -> bool:
    return set(value.split(",")) <= _MEASURANDS


@dataclass
class Key:
    """One configuration key; ``accepts`` is None for a key that the central system may only read."""

    name: str
    value: str
    accepts: Callable[[str], bool] | None = None

    def as_json(self) -> dict[str, object]:
        """A ``KeyValue`` of GetConfiguration.conf."""
        return {"key": self.name, "readonly": self.accepts is None, "value": self.value}


def _keys() -> list[Key]:
    keys = [
        Key("AllowOfflineTxForUnknownId", "false", _is_boolean),
        Key("AuthorizationCacheEnabled", "false", _is_boolean),
        Key("AuthorizeRemoteTxRequests", "true"),
        Key("BlinkRepeat", "0", _is_integer),
        Key("ClockAlignedDataInterval", "0", _is_integer),
        Key("ConnectionTimeOut", "0", _is_integer),
        Key(HEARTBEAT_INTERVAL, "10", _is_integer),
        Key("LightIntensity", "0", _is_integer),
        Key("LocalAuthorizeOffline", "false", _is_boolean),
        Key("LocalPreAuthorize", "false", _is_boolean),
        Key("MaxEnergyOnInvalidId", "0", _is_integer),
        Key("MeterValuesAlignedData", "Energy.Active.Import.Register", _is_measurands),
        Key("MeterValuesAlignedDataMaxLength", "1"),
        Key("MeterValuesSampledData", "Energy.Active.Import.Register", _is_measurands),
        Key("MeterValuesSampledDataMaxLength", "1"),
        Key(METER_INTERVAL, "5", _is_integer),
        Key("MinimumStatusDuration", "0", _is_integer),
        Key("NumberOfConnectors", "2"),
        Key("ResetRetries", "0", _is_integer),
        Key("ConnectorPhaseRotation", "NotApplicable"),
        Key("ConnectorPhaseRotationMaxLength", "1"),
        Key("StopTransactionOnEVSideDisconnect", "true", _is_boolean),
        Key("StopTransactionOnInvalidId", "true", _is_boolean),
        Key("StopTxnAlignedData", "Energy.Active.Import.Register", _is_measurands),
        Key("StopTxnAlignedDataMaxLength", "1"),
        Key("SupportedFeatureProfiles", "Core"),
        Key("SupportedFeatureProfilesMaxLength", "6"),
        Key(MESSAGE_ATTEMPTS, "3", _is_integer),
        Key(MESSAGE_RETRY_INTERVAL, "5", _is_integer),
        Key("UnlockConnectorOnEVSideDisconnect", "true", _is_boolean),
        Key("WebSocketPingInterval", "0", _is_integer),
    ]
    return [*keys, Key("GetConfigurationMaxKeys", str(len(keys) + 1))]


class Settings:
    """The values of all configuration keys; names are compared without regard to case (CiString)."""

    def __init__(self) -> None:
        self._keys = {key.name.lower(): key for key in _keys()}
        self._changed = asyncio.Event()

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change of any key; ask anew after each change."""
        return self._changed

    def seconds(self, name: str) -> int:
        """The value of an integer key."""
        return int(self._keys[name.lower()].value)

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
