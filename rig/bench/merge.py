"""Bring a bench file up to date with what is plugged in, without touching anything else in it.

As twister does it (twisterlib/hardwaremap.py, `HardwareMap.save`): an entry whose board is gone becomes `connected:
false`, one that is back `connected: true` with its console of today, new ones are added with the platform `unknown`.
Twister writes the whole file anew, though; here comments, order and everything else stay as they are, and so do
entries that a scan cannot see: in a farm, on the network, or of twister's BOOT-SERIAL and `serial_pty`.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import yaml

from rig.bench.scan import UNKNOWN, Plugged, Scan
from rig.bench.schema import mistakes
from rig.bench.yaml_edit import Edit, dumped, edited, scalar, with_items, with_keys
from rig.bench.yaml_text import YamlText
from rig.errors import UsageError

VOLATILE = "/dev/tty"
"""Names that the kernel gives to another board next time."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A bench file's new text, and what is different in it."""

    text: str
    news: tuple[str, ...]
    """One line for each entry that is new or changed."""


def fresh(scanned: Scan, platform: str = UNKNOWN) -> Merged:
    """The text of a new bench file."""
    text = dumped([_entry(probe, platform) for probe in scanned.probes])
    return Merged(text, tuple(_is_new(probe) for probe in scanned.probes))


def merged(bench: YamlText, scanned: Scan, platform: str = UNKNOWN) -> Merged:
    """A bench file that is up to date; entries of platform `unknown` whose board is plugged in get `platform`.

    Raises:
        UsageError: the file has mistakes, or is written in a way that cannot be edited.
    """
    if bench.root is None:
        new = fresh(scanned, platform)
        return Merged(bench.text + new.text, new.news)
    if wrong := mistakes(bench):
        raise UsageError("bench file: " + "\n  ".join(wrong))
    entries = bench.root.value if isinstance(bench.root, yaml.SequenceNode) else []
    edits: list[Edit] = []
    news: list[str] = []
    for node, entry in zip(entries, bench.value, strict=True):
        if changes := _changes(entry, scanned, platform):
            edits += with_keys(node, changes)
            news.append(f"{entry['id']}: " + ", ".join(f"{key} {scalar(value)}" for key, value in changes.items()))
    known = {entry.get(key) for entry in bench.value for key in ("id", "probe_id")}
    unknown = [probe for probe in scanned.probes if probe.id not in known]
    if unknown and isinstance(bench.root, yaml.SequenceNode):
        edits.append(with_items(bench.text, bench.root, [_entry(probe, platform) for probe in unknown]))
        news += map(_is_new, unknown)
    text = edited(bench.text, edits)
    _check(bench, text, scanned, platform)
    return Merged(text, tuple(news))


def _entry(probe: Plugged, platform: str) -> dict[str, Any]:
    """The entry of a new device, with the keys that twister gives it."""
    entry = {"connected": True, "id": probe.id, "platform": platform, "product": probe.product, "runner": "pyocd"}
    return entry | ({"serial": probe.serial} if probe.serial else {})


def _is_new(probe: Plugged) -> str:
    return f"{probe.id}: new, {probe.product}, console {probe.serial or 'none found'}"


def _changes(entry: dict[str, Any], scanned: Scan, platform: str) -> dict[str, Any]:
    """The keys that change, with their new values."""
    serial, own = entry.get("serial"), entry.get("ocpp_rig") or {}
    elsewhere = entry["product"] == "BOOT-SERIAL" or entry.get("serial_pty") or own.get("place")
    if elsewhere or "://" in (serial or ""):
        return {}
    wanted: dict[str, Any] = {}
    if not {entry["id"], entry.get("probe_id")} & scanned.serials:
        wanted["connected"] = False
        if (serial or "").startswith(VOLATILE):
            wanted["serial"] = None
    else:
        wanted["connected"] = True
        if entry["platform"] == UNKNOWN:
            wanted["platform"] = platform
        consoles = next((probe.consoles for probe in scanned.probes if probe.id == entry["id"]), ())
        # Another adapter's port, or a name of the user's own, stays.
        its_own = not serial or serial.startswith(VOLATILE) or entry["id"] in serial
        if consoles and serial not in consoles and its_own:
            wanted["serial"] = consoles[0]
    return {key: value for key, value in wanted.items() if entry.get(key) != value}


def _check(bench: YamlText, text: str, scanned: Scan, platform: str) -> None:
    """What comes out must say all that it is meant to: YAML has forms that the edits do not know."""
    with contextlib.suppress(UsageError):
        new = YamlText.parse(bench.path, text).value
        kept = [entry["id"] for entry in new[: len(bench.value)]] == [entry["id"] for entry in bench.value]
        if kept and not any(_changes(entry, scanned, platform) for entry in new):
            return
    raise UsageError(f"bench file {bench.path}: is written in a way that cannot be edited; nothing was changed")
