"""Kconfig fragments: small files of one purpose each, and what became of the symbols they ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_build.errors import FragmentRefused, UnknownFragment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER = Path(__file__).parent / "fragments"
_ASSIGNMENT = re.compile(r"(CONFIG_\w+)=(.*)")
_NOT_SET = re.compile(r"# (CONFIG_\w+) is not set")
# What Zephyr's scripts/kconfig/kconfig.py prints before it gives up; it wraps its lines anywhere, hence \s+.
_GIVEN_UP = (
    (re.compile(r"undefined\s+symbol\s+(\w+)"), "does not exist in this Zephyr"),
    (re.compile(r"not\s+a\s+valid\s+value\s+for\s+the\s+\w+\s+symbol\s+(\w+)"), "cannot have this value"),
    (re.compile(r"error:\s+(\w+)\s[^!]{0,900}?not\s+directly\s+user-configurable"), "cannot be set by hand"),
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A Kconfig fragment.

    Attributes:
        name: The name it was asked for by; a path where it is none of the package's own.
        text: Its content.
    """

    name: str
    text: str

    @property
    def summary(self) -> str:
        """Its first comment line, which says what it is for; empty where there is none."""
        first = self.text.lstrip().partition("\n")[0]
        return first.lstrip("# ").rstrip() if first.startswith("#") else ""

    @property
    def symbols(self) -> dict[str, str]:
        """The symbols it asks for, with their values as `parse_config` reads them."""
        return parse_config(self.text)


def available_fragments() -> list[Fragment]:
    """The package's own fragments, by name."""
    return [Fragment(path.stem, path.read_text()) for path in sorted(_FOLDER.glob("*.conf"))]


def load_fragment(name: str | Path) -> Fragment:
    """One fragment.

    Args:
        name: The name of one of the package's own, or the path of a file.

    Raises:
        UnknownFragment: It is neither, or the file cannot be read as text.
    """
    own = _FOLDER / f"{name}.conf"
    path = own if own.parent == _FOLDER and own.is_file() else Path(name).expanduser()
    try:
        return Fragment(str(name), path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(fragment.name for fragment in available_fragments())
        raise UnknownFragment(
            f"fragment {str(name)!r} is not known here and is no readable file: {error}",
            cure=f"give a path, or one of: {known}",
        ) from error


def fragment_of_values(values: Mapping[str, str | int | bool]) -> Fragment:
    """A fragment that gives symbols values, for what only the run knows (ports, addresses).

    Args:
        values: Symbols, with or without ``CONFIG_``. Booleans become y and n; numbers, y, n and quoted strings stay as
            they are; other strings are quoted, as Kconfig wants them.
    """
    lines = [f"CONFIG_{symbol.removeprefix('CONFIG_')}={_literal(value)}\n" for symbol, value in sorted(values.items())]
    return Fragment("values", "# Values given for this build alone.\n" + "".join(lines))


def parse_config(text: str) -> dict[str, str]:
    """The symbols (``CONFIG_…``) of a fragment or of a finished ``.config``.

    Strings come without their quotes. A symbol that "is not set" is n, as Kconfig has it; the last assignment wins.
    """
    symbols = {}
    for line in text.splitlines():
        if assignment := _ASSIGNMENT.fullmatch(line.strip()):
            symbols[assignment[1]] = _unquoted(assignment[2].strip())
        elif unset := _NOT_SET.fullmatch(line.strip()):
            symbols[unset[1]] = "n"
    return symbols


def check_accepted(fragments: Iterable[Fragment], config: Mapping[str, str], log: Path) -> None:
    """Compare what the fragments ask for with what Kconfig made of it.

    Args:
        fragments: In the order in which Kconfig read them; a later one may overrule an earlier one.
        config: The finished ``.config``, as `parse_config` reads it.
        log: Where Kconfig said why.

    Raises:
        FragmentRefused: A symbol has another value; the message names all such symbols.
    """
    wanted = {symbol: (value, it.name) for it in fragments for symbol, value in it.symbols.items()}
    refused = [
        f"{symbol} from {name}: wanted {value!r}, got {config.get(symbol, 'n')!r}"
        for symbol, (value, name) in wanted.items()
        if not _same(value, config.get(symbol, "n"))
    ]
    if refused:
        raise FragmentRefused(
            "Kconfig did not take: " + "; ".join(refused),
            cure="look in the log for 'was assigned the value': Kconfig names the dependencies that are not met",
            log=log,
        )


def check_understood(fragments: Iterable[Fragment], output: str, log: Path) -> None:
    """Recognise in a failed configure step that a fragment was the reason.

    Zephyr ends the step, without a ``.config``, at a symbol that does not exist or that nobody may set by hand.

    Args:
        fragments: In the order in which Kconfig read them.
        output: What the configure step printed.
        log: Where it stands.

    Raises:
        FragmentRefused: A fragment asks for such a symbol.
    """
    asked = {symbol: (value, it.name) for it in fragments for symbol, value in it.symbols.items()}
    for pattern, reason in _GIVEN_UP:
        for name in pattern.findall(output):
            symbol = f"CONFIG_{name}"
            if symbol in asked:
                value, source = asked[symbol]
                raise FragmentRefused(
                    f"{symbol} {reason} (wanted {value!r}, from {source})",
                    cure="correct the symbol's name or value, or use a Zephyr that has it",
                    log=log,
                )


def _same(wanted: str, actual: str) -> bool:
    try:
        return int(wanted, 0) == int(actual, 0)  # 0x10 and 16 are one value
    except ValueError:
        return wanted == actual


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "y" if value else "n"
    text = str(value)
    if text in {"y", "n"} or text.startswith('"') or re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(value: str) -> str:
    string = re.fullmatch(r'"(.*)"', value)
    return re.sub(r"\\(.)", r"\1", string[1]) if string else value
