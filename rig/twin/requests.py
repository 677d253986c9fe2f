"""Reading the fields of a request, with the CALLERROR that each fault deserves (OCPP 1.6-J section 4.2.3)."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TypeVar

from rig.twin.frames import JsonObject
from rig.twin.link import RefusalError

_Value = TypeVar("_Value", str, int)
_Read = TypeVar("_Read")
_LARGEST_SECONDS = 2**31 - 1
_LARGEST_DECIMAL = 1e9


class Fields:
    """The fields of a request or of a part of it, read by name.

    Every reading method raises `RefusalError`: OccurenceConstraintViolation (the misspelling is OCPP 1.6-J's own)
    for a field that is missing, TypeConstraintViolation for one of another type, PropertyConstraintViolation for
    a value that the field may not have.
    """

    def __init__(self, payload: JsonObject) -> None:
        self._payload = payload

    def optional(self, read: Callable[[str], _Read], name: str) -> _Read | None:
        """What ``read`` makes of a field that may be missing; None where it is."""
        return read(name) if name in self._payload else None

    def text(self, name: str, *, longest: int | None = None) -> str:
        """A string, of at most ``longest`` characters."""
        value = self._of_type(name, str)
        if longest is not None and len(value) > longest:
            raise _invalid(f"{name} is longer than {longest} characters")
        return value

    def id_token(self, name: str) -> str:
        """An idTag or a parentIdTag: a CiString20Type (section 7.28)."""
        return self.text(name, longest=20)

    def integer(self, name: str) -> int:
        """A whole number; a boolean is none."""
        return self._of_type(name, int)

    def seconds(self, name: str) -> int:
        """A duration or a count: a whole number from 0 to 2**31 - 1."""
        value = self.integer(name)
        if not 0 <= value <= _LARGEST_SECONDS:
            raise _invalid(f"{name} has to be from 0 to {_LARGEST_SECONDS}")
        return value

    def decimal(self, name: str) -> float:
        """A number that is not negative, such as a limit in amperes or watts."""
        value = self._required(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type(f"{name} has to be a number")
        if not 0 <= value <= _LARGEST_DECIMAL:
            raise _invalid(f"{name} has to be from 0 to {_LARGEST_DECIMAL:g}")
        return float(value)

    def choice(self, name: str, values: Collection[str]) -> str:
        """A value of an enumeration."""
        value = self.text(name)
        if value not in values:
            raise _invalid(f"{name} has to be one of {', '.join(values)}")
        return value

    def moment(self, name: str) -> int:
        """A point in time (ISO 8601, section 3.15), in whole seconds since 1970 UTC."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError):
            raise _wrong_type(f"{name} has to be a date and time of ISO 8601") from None

    def fields(self, name: str) -> "Fields":
        """A field that has fields."""
        value = self._required(name)
        if not isinstance(value, dict):
            raise _wrong_type(f"{name} has to be an object")
        return Fields(value)

    def each(self, name: str) -> list["Fields"]:
        """A list of objects."""
        value = self._required(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise _wrong_type(f"{name} has to be a list of objects")
        return [Fields(one) for one in value]

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        value = self._required(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _wrong_type(f"{name} has to be a list of strings")
        return value

    def _of_type(self, name: str, kind: type[_Value]) -> _Value:
        value = self._required(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise _wrong_type(f"{name} has to be of type {kind.__name__}")
        return value

    def _required(self, name: str) -> object:
        if name not in self._payload:
            raise RefusalError("OccurenceConstraintViolation", f"{name} is missing")
        return self._payload[name]


def _wrong_type(description: str) -> RefusalError:
    return RefusalError("TypeConstraintViolation", description)


def _invalid(description: str) -> RefusalError:
    return RefusalError("PropertyConstraintViolation", description)
