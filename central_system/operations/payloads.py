"""From the `ocpp` package's dataclasses to the JSON that goes over the wire, and back."""

from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def camel_case(name: str) -> str:
    """The name of a field as OCPP 1.6 has it: `idTag` for `id_tag`.

    The `ocpp` package's own converter serves OCPP 2 as well, with exceptions (`soc`, `_url`, `csms`) that 1.6 does not
    have.
    """
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def to_payload(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """`value` as JSON; what is None in a dataclass is left out, however deep."""
    if is_dataclass(value):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {camel_case(name): to_payload(each) for name, each in pairs if each is not None}
    if isinstance(value, list | tuple):
        return [to_payload(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def from_payload(kind: Any, value: Any) -> Any:  # noqa: ANN401  (`kind` is any annotation)
    """`value`, JSON that its schema allows, as what `kind` annotates: dataclasses, lists, enums, plain values."""
    if is_dataclass(kind):
        hints = ((name, camel_case(name), hint) for name, hint in get_type_hints(kind).items())
        return kind(**{name: from_payload(hint, value[key]) for name, key, hint in hints if key in value})  # type: ignore[operator]  # a class
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
        return from_payload(kind, value)
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return [from_payload(item, each) for each in value]
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value
