"""Hold a bench file against its schema, `hardware_map.schema.json`, and say what is wrong in words."""

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from rig.bench.yaml_text import YamlText

ALIKE = 0.8
"""How much two keys must have in common for the one to be a slip of the other (`difflib`, 0 to 1)."""
NAMES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "keys and values",
}


@cache
def validator() -> Draft202012Validator:
    """The schema that the wheel brings."""
    schema = json.loads(files("rig.bench").joinpath("hardware_map.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(["ipv4"]))


def mistakes(bench: YamlText) -> list[str]:
    """What is wrong, one line each: file and line, entry, key, what stands there, what is allowed."""
    found = [(list(error.absolute_path), _what(error)) for error in validator().iter_errors(bench.value)]
    found += _slips(bench.value)
    found.sort(key=lambda mistake: bench.line(mistake[0]))
    return list(dict.fromkeys(_told(bench, where, what) for where, what in found))


def _slips(entries: object) -> Iterator[tuple[list[str | int], str]]:
    """Keys that twister does not know and that look like one: others may be of a twister to come, and are let be."""
    schema = cast("dict[str, Any]", validator().schema)
    known = list(schema["items"]["properties"])
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        for key in entry if isinstance(entry, dict) else ():
            if key not in known and (alike := difflib.get_close_matches(key, known, 1, ALIKE)):
                yield [number, key], f"no such key; did you mean {alike[0]}?"


def _told(bench: YamlText, where: list[str | int], what: str) -> str:
    place = f"{bench.path}:{bench.line(where)}"
    if where:
        number, *keys = where
        place += f": entry {int(number) + 1}{_id(bench.value[number])}"
        if keys:
            place += ": " + ".".join(str(key) for key in keys)
    return f"{place}: {what}"


def _id(entry: object) -> str:
    return f" (id {entry['id']})" if isinstance(entry, dict) and entry.get("id") else ""


def _what(error: ValidationError) -> str:
    """One error of jsonschema in words."""
    schema: dict[str, Any] = dict(cast("Mapping[str, Any]", error.schema))
    value: Any = error.instance
    rule: Any = error.validator_value
    allowed = schema.get("description", "")
    match error.validator:
        case "required":
            return f"lacks {_missing(rule, value)}; it needs {', '.join(rule)}"
        case "dependentRequired":
            wanting = {
                key: missing for key, needs in rule.items() if key in value and (missing := _missing(needs, value))
            }
            return "; ".join(f"{key} needs {missing} beside it" for key, missing in wanting.items())
        case "additionalProperties":
            known = list(schema["properties"])
            unknown = [key for key in value if key not in known]
            alike = difflib.get_close_matches(unknown[0], known, 1)
            guess = f", did you mean {alike[0]}?" if alike else "."
            return f"no such key: {', '.join(unknown)}{guess} Allowed: {', '.join(known)}"
        case "type" if isinstance(value, int | float) and not isinstance(value, bool) and "string" in rule:
            return f"YAML reads this as the number {value}: write it in quotes; it must be {allowed}"
        case "type":
            return f"is {NAMES.get(type(value), repr(value))}; it must be {allowed}"
        case _:
            return f"{json.dumps(value, default=str)} is not allowed; it must be {allowed}"


def _missing(needed: list[str], value: dict[str, Any]) -> str:
    return ", ".join(key for key in needed if key not in value)
