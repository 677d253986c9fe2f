"""YAML with the places of its values, for errors that name a line and for edits that keep the rest of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from rig.errors import UsageError


@dataclass(frozen=True, slots=True)
class YamlText:
    """A file's text and what it means."""

    path: Path
    text: str
    root: yaml.Node | None
    """None: the file says nothing."""
    value: Any

    @classmethod
    def read(cls, path: Path) -> "YamlText":
        """Read a file.

        Raises:
            UsageError: it cannot be read, or is no YAML.
        """
        try:
            return cls.parse(path, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"bench file {path}: {getattr(error, 'strerror', None) or error}") from error

    @classmethod
    def parse(cls, path: Path, text: str) -> "YamlText":
        """Understand a text, which lies at `path` or is meant to.

        Raises:
            UsageError: it is no YAML.
        """
        try:
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
            return cls(path, text, root, None if root is None else _value(loader, root))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            raise UsageError(f"bench file {path}{line}: no YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise UsageError(f"bench file {path}: no YAML: {error}") from error

    def line(self, where: Sequence[str | int]) -> int:
        """Line, from 1, of the value that keys and indices lead to, or of the last one on the way that is there."""
        node, line = self.root, 1
        for step in where:
            if isinstance(node, yaml.MappingNode):
                found = [pair for pair in node.value if pair[0].value == step]
                if not found:
                    break
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = cast("yaml.Node", node.value[step])
                line = node.start_mark.line + 1
        return line


def _value(loader: yaml.SafeLoader, node: yaml.Node) -> Any:  # noqa: ANN401  (YAML is what it is)
    """As `yaml.safe_load`, with keys as they are written: to YAML 1.1 the keys `on` and `off` are booleans."""
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        return {str(key.value): _value(loader, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item) for item in node.value]
    return loader.construct_object(node)
