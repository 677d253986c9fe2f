"""Meter values as rows: one for each sampledValue, nothing of what was sent left out (OCPP 1.6 §7.33, §7.43)."""

from collections.abc import Iterator
from typing import Any

from central_system.registry.facts import MetersRead
from central_system.storage.codec import compact
from central_system.storage.fitting import moment, number, some_integer, some_text, text

DEFAULTS = {
    "measurand": "Energy.Active.Import.Register",
    "context": "Sample.Periodic",
    "format": "Raw",
    "location": "Outlet",
    "unit": "Wh",
}
"""What holds where a sampledValue does not say (OCPP 1.6 §7.43); the unit's is that of a measurand of energy only."""

_SAMPLED = frozenset({"value", "phase", *DEFAULTS})
_EMPTY: dict[str, Any] = dict.fromkeys(("timestamp", "value", "number", "raw", *sorted(_SAMPLED)))


def meter_rows(fact: MetersRead) -> Iterator[dict[str, Any]]:
    """The rows of a fact."""
    common = _EMPTY | {
        "transaction_id": some_integer(fact.transaction),
        "charge_point": text(fact.charge_point),
        "connector": some_integer(fact.connector),
        "source": text(fact.source),
        "received_at": moment(fact.at),
    }
    for meter_value in fact.meter_values:
        yield from _rows(meter_value, common)


def _rows(meter_value: object, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match meter_value:
        case {"timestamp": str() as timestamp, "sampledValue": [_, *_] as samples, **rest}:
            common = common | {"timestamp": text(timestamp)}
            for sample in samples:
                yield common | _sample(sample)
            if rest or text(timestamp) != timestamp:
                yield common | {"raw": compact({"timestamp": timestamp, **rest})}
        case _:
            yield common | {"raw": compact(meter_value)}


def _sample(sample: object) -> dict[str, Any]:
    """The columns of a sampledValue; `raw` too where they do not say all of it."""
    if not isinstance(sample, dict) or "value" not in sample:
        return {"raw": compact(sample)}
    columns: dict[str, Any] = {name: some_text(sample.get(name, default)) for name, default in DEFAULTS.items()}
    if "unit" not in sample and not (columns["measurand"] or "").startswith("Energy."):
        columns["unit"] = None
    value = text(sample["value"])
    columns |= {"phase": some_text(sample.get("phase")), "value": value, "number": number(value)}
    if not sample.keys() <= _SAMPLED or any(columns[name] != said for name, said in sample.items()):
        columns["raw"] = compact(sample)
    return columns
