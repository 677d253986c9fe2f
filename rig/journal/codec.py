"""Events to JSON Lines and back."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from central_system.events import WireEvent
from rig.console.records import ConsoleLine
from rig.journal.events import RigEvent

Event = WireEvent | RigEvent | ConsoleLine
TYPES: dict[str, type[Any]] = {each.kind: each for each in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its line number in the journal (from 1) and its time in seconds since the journal was opened."""

    n: int
    t: float
    event: Event


class JournalDamagedError(ValueError):
    """A line before the last cannot be read, or the file is no journal."""


def encode(entry: Entry) -> str:
    """One line, without its newline. Fields that are None are left out."""
    event = entry.event
    fields = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    filled = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"n": entry.n, "t": round(entry.t, 6), "kind": event.kind, **filled}, ensure_ascii=False)


def decode(line: str) -> Entry:
    """The entry of one line.

    Raises:
        JournalDamagedError: the line is no entry of this schema.
    """
    try:
        fields = json.loads(line)
        n, t, event_type = fields.pop("n"), fields.pop("t"), TYPES[fields.pop("kind")]
        for field in dataclasses.fields(event_type):
            if str(field.type).startswith("tuple") and field.name in fields:
                fields[field.name] = tuple(fields[field.name])
            if field.name not in fields and field.default is dataclasses.MISSING:
                # Left out because it was None; a field that may not be None fails in its check, not here.
                fields.setdefault(field.name, None)
        return Entry(n, t, event_type(**fields))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalDamagedError(f"not a journal line ({error!r}): {line[:120]!r}") from error


def decode_all(text: str) -> Iterator[Entry]:
    """The entries of a journal. A last line that was cut short, as a SIGKILL leaves it, is passed over.

    Raises:
        JournalDamagedError: any other line cannot be read.
    """
    lines = text.split("\n")
    # "\n".split gives "" behind a whole last line; whatever stands there instead was never finished.
    for line in lines[:-1]:
        if line.strip():
            yield decode(line)
