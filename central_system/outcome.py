"""What can come back when a central system asks a charge point for something."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer]):
    """A CALLRESULT that its schema allows: typed as `answer`, as it came in `payload`."""

    answer: Answer
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A CALLRESULT whose payload breaks its schema; `why` names the field."""

    payload: dict[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A CALLERROR (OCPP-J 1.6 §4.2.3)."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came within `after_s` wall seconds, or the connection closed first."""

    after_s: float


Outcome = Answered[Answer] | Malformed | Refused | Unanswered
