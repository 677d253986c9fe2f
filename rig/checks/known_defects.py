"""The register of what a firmware is known to fail."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

REGISTER = Path(__file__).with_name("known_defects.toml")


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """One check that firmware of certain Zephyr `versions` is known to fail, why, and where that is known from."""

    check: str
    versions: SpecifierSet
    reason: str
    source: str

    def concerns(self, firmware_version: str | None) -> bool:
        """Whether a firmware of this Zephyr version has it; one of unknown version is taken to."""
        try:
            return firmware_version is None or self.versions.contains(Version(firmware_version), prereleases=True)
        except InvalidVersion:
            return True


@cache
def register(path: Path = REGISTER) -> tuple[KnownDefect, ...]:
    """All known defects.

    Raises:
        ValueError: the file is not TOML, or an entry lacks a key.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("defect", [])
        return tuple(KnownDefect(e["check"], SpecifierSet(e["versions"]), e["reason"], e["source"]) for e in entries)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}. Each [[defect]] needs check, versions, reason and source.") from error


def known_defect(check: str, target: str, firmware_version: str | None) -> KnownDefect | None:
    """The known defect that foretells a failure of `check`. Only firmware has any; the twin has none."""
    if target in {"twin", "virtual_board"}:
        return None
    return next((each for each in register() if each.check == check and each.concerns(firmware_version)), None)
