r"""What a charge point may send and no database column takes, made to fit.

NUL and surrogates in text become their visible escapes (`\u0000`), an integer over 64 bit the nearest that fits. Where
that happens to a fact, `projection` keeps the fact as it came in the table of notifications too.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from central_system.storage.codec import compact

_UNFIT = re.compile("[\0\ud800-\udfff]")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LONGEST = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def text(value: object) -> str:
    """Text as a column takes it; what is no text, as JSON."""
    said = value if isinstance(value, str) else compact(value)
    if said.isascii() and "\0" not in said:
        return said
    return _UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def some_text(value: object) -> str | None:
    """The same, where None stays None."""
    return None if value is None else text(value)


def integer(value: object) -> int:
    """An integer as a column takes it.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not int:
        raise TypeError(f"{value!r:.100} is no integer")
    return min(max(value, _SMALLEST), _LARGEST)


def some_integer(value: object) -> int | None:
    """The same, where None stays None."""
    return None if value is None else integer(value)


def moment(seconds: float) -> datetime:
    """Seconds since 1970, as near as a column can say them."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return _FIRST if seconds < 0 else _LAST


def some_moment(seconds: float | None) -> datetime | None:
    """The same, where None stays None."""
    return None if seconds is None else moment(seconds)


def seconds(moment: datetime) -> float:
    """Seconds since 1970."""
    return (moment - _EPOCH).total_seconds()


def number(text: str) -> float | None:
    """A value's number, where it is a finite one written in a sensible number of characters."""
    if len(text) > _LONGEST or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def unfit(values: dict[str, Any]) -> str | None:
    """Which of a fact's own fields does not fit its column as it is, and why; None: all do."""
    for name, value in values.items():
        if isinstance(value, str):
            if text(value) is not value and text(value) != value:
                return f"{name} has characters that no text column takes"
        elif isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
            return f"{name} needs more than 64 bit"
    return None
