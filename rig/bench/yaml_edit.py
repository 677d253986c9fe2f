"""Change single values in a YAML file and leave the rest of its text alone, comments too."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rig.errors import UsageError


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of the characters from `start` to before `end`."""

    start: int
    end: int
    text: str


def with_keys(entry: yaml.MappingNode, changes: Mapping[str, object]) -> Iterator[Edit]:
    """Change the values of keys that the entry has, and put the others before its first key."""
    own = [pair for pair in entry.value if pair[0].start_mark.index >= entry.start_mark.index]  # not merged by `<<`
    values = {key.value: value for key, value in own}
    first = min(key.start_mark.index for key, _ in own)
    separator = ", " if entry.flow_style else "\n" + " " * min(key.start_mark.column for key, _ in own)
    for key, value in changes.items():
        if key in values:
            yield Edit(values[key].start_mark.index, values[key].end_mark.index, scalar(value))
        else:
            yield Edit(first, first, f"{key}: {scalar(value)}{separator}")


def with_items(text: str, items: yaml.SequenceNode, new: list[dict[str, Any]]) -> Edit:
    """Put new items at the end of the list that is the whole text."""
    if not items.value:  # `[]`
        return Edit(items.start_mark.index, items.end_mark.index, dumped(new).strip())
    if items.flow_style:
        end = items.end_mark.index - 1
        return Edit(end, end, "".join(f", {json.dumps(item, ensure_ascii=False)}" for item in new))
    margin = " " * items.start_mark.column
    lines = "".join(f"{margin}{line}\n" for line in dumped(new).splitlines())
    return Edit(len(text), len(text), ("" if text.endswith("\n") else "\n") + lines)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; they do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def dumped(items: list[dict[str, Any]]) -> str:
    """A list as twister writes it."""
    return yaml.safe_dump(items, default_flow_style=False, allow_unicode=True, width=1000)


def scalar(value: object) -> str:
    """A single value as YAML writes it, with quotes where it needs them."""
    return yaml.safe_dump(value, allow_unicode=True, width=1000).splitlines()[0]


def write(path: Path, text: str) -> None:
    """Replace a file whole or not at all; its rights stay.

    Raises:
        UsageError: it cannot be written.
    """
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o644
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            draft = Path(folder) / path.name
            draft.write_text(text, encoding="utf-8")
            draft.chmod(mode)
            draft.replace(path)
    except OSError as error:
        raise UsageError(f"bench file {path}: cannot be written: {error.strerror}") from error
