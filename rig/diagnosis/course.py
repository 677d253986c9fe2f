"""What a recording tells of the run's course, for signs that rest on something missing."""

import re
from collections.abc import Iterable

from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Entry
from rig.journal.ending import ending
from rig.journal.events import DeviceEvent, Missed
from rig.journal.recording import Recording

ON_A_CABLE = "board"
"""The way of running a device (`RunStarted.target`) that has a network, a console port and a supply of its own."""


def restarts(recording: Recording) -> list[Entry]:
    """The boot banners after the first that no reset by the rig called for."""
    unasked: list[Entry] = []
    expected = True
    for entry in recording.entries:
        match entry.event:
            case DeviceEvent(what="reset"):
                expected = True
            case ConsoleLine(what=LineKind.BOOT):
                unasked += [] if expected else [entry]
                expected = False
    return unasked


def steady(recording: Recording) -> bool:
    """Whether the charge point ran on from its boot to the end of a whole run: else it is no wonder what never came."""
    whole = recording.end is not None and not recording.end.error
    return whole and not restarts(recording) and not any(ending(entry.event) for entry in recording.entries)


def missed(recording: Recording) -> list[Entry]:
    """The first step that the rig waited for in vain."""
    return [entry for entry, _ in recording.all(Missed)][:1]


def console_lines(recording: Recording, pattern: str) -> list[tuple[Entry, re.Match[str]]]:
    """The console lines in which `pattern` occurs."""
    found = ((entry, re.search(pattern, line.text)) for entry, line in recording.console)
    return [(entry, match) for entry, match in found if match]


def listed(things: Iterable[object]) -> str:
    """`a, b`, each once, in order."""
    return ", ".join(dict.fromkeys(str(each) for each in things))
