"""The JSON schemas of OCPP 1.6, from the `ocpp` package's files, and the first thing in a payload that breaks one."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from ocpp.v16.enums import Action

Schema = Mapping[str, Any]

LONGEST = 200
"""How much of a fault is told: a payload can be as long as a charge point likes."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Side(StrEnum):
    """Which half of an operation a schema is for; the value is how its file's name ends."""

    REQUEST = ""
    RESPONSE = "Response"


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks a schema: `field` is its path, as in `configurationKey/0/readonly`, empty for the payload itself."""

    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}" if self.field else self.what


@cache
def schema(action: Action, side: Side) -> Schema:
    """The schema of one half of an operation."""
    file = resources.files("ocpp.v16") / "schemas" / f"{action.value}{side.value}.json"
    loaded: Schema = json.loads(file.read_text(encoding="utf-8-sig"))
    return loaded


def first_fault(action: Action, side: Side, payload: Mapping[str, Any], *, formats: bool = False) -> Fault | None:
    """The first thing in `payload` that its schema minds, None where it minds nothing.

    With `formats`, a date-time and a URI have to be ones; without, names, types, lengths and enumerations are judged.
    """
    try:
        error = next(_validator(action, side, formats).iter_errors(payload), None)
    except RecursionError:
        return Fault("", "nested too deep")
    if error is None:
        return None
    steps = [*error.absolute_path, *_named(error)]
    return Fault(_brief("/".join(str(step) for step in steps)), _brief(error.message))


def _named(error: ValidationError) -> list[str]:
    """The property that is missing, or one too many: its name is not in the error's path."""
    rules: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "required":
            return [name for name in rules["required"] if name not in value][:1]
        case "additionalProperties":
            return [str(name) for name in value if name not in rules["properties"]][:1]
        case _:
            return []


def _brief(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[: LONGEST // 2]} … {message[-LONGEST // 2 :]}"


def _multiple_of(validator: Validator, step: float, value: Any, _: Schema) -> Iterator[ValidationError]:  # noqa: ANN401
    """`multipleOf` in decimals: 21.4 is a multiple of 0.1, which binary fractions deny."""
    if not validator.is_type(value, "number"):
        return
    if (isinstance(value, float) and not math.isfinite(value)) or Fraction(repr(value)) % Fraction(repr(step)):
        yield ValidationError(f"{value!r} is not a multiple of {step}")


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(RFC3339.fullmatch(value) and datetime.fromisoformat(value))


@FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


# All schemas as draft 4, as the `ocpp` package and the rig's `protocol.schema` read them. Those of the security
# extensions say draft 6, which for them means no more than that 1.0 were an integer.
_Validator: type[Draft4Validator] = extend(Draft4Validator, {"multipleOf": _multiple_of})  # type: ignore[no-untyped-call]


@cache
def _validator(action: Action, side: Side, formats: bool) -> Validator:
    # Not `ocpp.messages.get_validator`: its cache mixes up schemas with and without Decimal, by who came first.
    return _Validator(schema(action, side), format_checker=FORMATS if formats else None)
