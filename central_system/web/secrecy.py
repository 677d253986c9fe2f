"""A charge point's password is told to nobody, not even when an operation sets it.

ChangeConfiguration of AuthorizationKey carries it (OCPP-J 1.6 §6.2.2), on the wire and in the operation's payload.
"""

import json
import re
from typing import Any

KEY = "authorizationkey"
NOT_SHOWN = "(not shown)"

VALUE = re.compile(r'("value"\s*:\s*)"(?:[^"\\]|\\.)*"?')


def without_password(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """JSON, not nested without end, with the value of AuthorizationKey replaced wherever it is."""
    match value:
        case {"key": str(key), "value": _} if key.lower() == KEY:
            return value | {"value": NOT_SHOWN}
        case dict():
            return {name: without_password(each) for name, each in value.items()}
        case list():
            return [without_password(each) for each in value]
    return value


def text_without_password(text: str) -> str:
    """The same for a message as it was on the wire; of one that is no JSON, say a fragment, no value at all is told."""
    if KEY not in text.lower():
        return text
    try:
        return json.dumps(without_password(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return VALUE.sub(rf'\1"{NOT_SHOWN}"', text)
