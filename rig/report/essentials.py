"""What matters in the payload of an OCPP message, in a few words."""

import json
from typing import Any

from central_system.web.secrecy import without_password
from rig.journal.transactions import ENERGY

WORDS = {
    "status": "{}",
    "idTagInfo.status": "{}",
    "chargePointVendor": "{}",
    "chargePointModel": "{}",
    "interval": "interval {} s",
    "connectorId": "connector {}",
    "idTag": "{}",
    "transactionId": "transaction {}",
    "meterStart": "{} Wh",
    "meterStop": "{} Wh",
    "reason": "{}",
    "errorCode": "{}",
    "type": "{}",
    "key": "{}",
    "value": "{}",
    "requestedMessage": "{}",
    "vendorId": "{}",
    "messageId": "{}",
    "currentTime": "{}",
}
"""By field: how it is told; in this order, whatever the action."""
LONGEST = 300
"""Characters; a payload may have a million, and this is for a line."""


def essentials(payload: object) -> str:
    """The fields that matter, as words; the JSON itself where it has none of them. Passwords are left out."""
    try:
        told = without_password(payload)
        words = [_words(told, path, how) for path, how in WORDS.items()]
        shown = ", ".join(each for each in [*words, _readings(told)] if each)
        return (shown or (json.dumps(told, ensure_ascii=False) if told else ""))[:LONGEST]
    except RecursionError:
        return "nested too deep to be told"


def _words(payload: object, path: str, how: str) -> str:
    value = payload
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None or isinstance(value, dict | list) else how.format(value)


def _readings(payload: object) -> str:
    """The first sampled value of a MeterValues, with its unit, and how many more there are (OCPP 1.6 §7.43)."""
    readings = [
        sampled
        for meter_value in _dicts(payload.get("meterValue") if isinstance(payload, dict) else None)
        for sampled in _dicts(meter_value.get("sampledValue"))
    ]
    if not readings:
        return ""
    unit = readings[0].get("unit", "Wh" if readings[0].get("measurand", ENERGY) == ENERGY else "")
    first = f"{readings[0].get('value')} {unit}".rstrip()
    return first + (f" and {len(readings) - 1} more" if len(readings) > 1 else "")


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
