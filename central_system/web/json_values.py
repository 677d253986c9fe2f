"""What a hostile charge point sent, made fit to be told: JSON knows no NaN and UTF-8 no lone surrogate.

What an operator sends is held to the same: nothing that could not be told again comes in.
"""

import json
import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

DEEPEST = 64
"""Levels of nesting; what lies deeper is told as text, for no parser of JSON has to follow any further."""

LONGEST = 200
"""Characters of a short text such as a vendor's name."""


def told_text(text: str) -> str:
    r"""A text that can be encoded; a lone surrogate is told as its escape, `\ud800`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def told(value: Any, levels: int = DEEPEST) -> Any:  # noqa: ANN401  (any JSON)
    """A value that can be encoded; NaN and the infinities are told as their names."""
    match value:
        case str():
            return told_text(value)
        case float() if not math.isfinite(value):
            return json.dumps(value)
        case dict() | list() | tuple() if levels == 0:
            return "… (nested too deep to be told)"
        case dict():
            return {told_text(str(key)): told(each, levels - 1) for key, each in value.items()}
        case list() | tuple():
            return [told(each, levels - 1) for each in value]
    return value


def said(payload: dict[str, Any], name: str) -> str | None:
    """A short text in a charge point's payload; None where it is none."""
    value = payload.get(name)
    return value[:LONGEST] if isinstance(value, str) else None


def _sendable(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    if told(value) != value:
        raise ValueError(f"NaN, Infinity, lone surrogates and more than {DEEPEST} levels of nesting are not sent")
    return value


Text = Annotated[str, BeforeValidator(told_text)]
"""A text that a charge point may have sent."""

Json = Annotated[Any, BeforeValidator(told)]
"""A payload, or a part of one, that a charge point may have sent."""

SENDABLE = AfterValidator(_sendable)
"""For what an operator sent. It comes last in an annotation: what stands before it is in the JSON schema too."""
