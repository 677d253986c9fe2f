"""A finished (or cut short) journal, read back with the views that checks and reports need."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

from rig.console.milestones import Milestone, Seen, milestone_of
from rig.console.records import ConsoleLine
from rig.journal.codec import Entry, Event, JournalDamagedError, decode_all
from rig.journal.events import Action, Lateness, RunEnded, RunStarted
from rig.journal.messages import Call, Message, calls_of, messages_of

E = TypeVar("E", bound=Event)


class Recording:
    """What one run recorded. Times `t` are wall seconds since the journal was opened."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        if not self.entries or not isinstance(self.entries[0].event, RunStarted):
            raise JournalDamagedError("this is no journal of the rig: its first line does not describe a run")
        self.run: RunStarted = self.entries[0].event

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `journal.jsonl`, or the one in a run folder.

        Raises:
            JournalDamagedError: it is not a journal, or is damaged before its last line.
            OSError: it cannot be read.
        """
        file = path / "journal.jsonl" if path.is_dir() else path
        return cls(decode_all(file.read_text(encoding="utf-8", errors="replace")))

    def all(self, kind: type[E]) -> list[tuple[Entry, E]]:
        """Every event of one type, with its entry."""
        return [(entry, entry.event) for entry in self.entries if isinstance(entry.event, kind)]

    @cached_property
    def end(self) -> RunEnded | None:
        """How the run ended, None where the rig was killed first."""
        last = self.entries[-1].event
        return last if isinstance(last, RunEnded) else None

    @cached_property
    def console(self) -> list[tuple[Entry, ConsoleLine]]:
        """The console's lines."""
        return self.all(ConsoleLine)

    @cached_property
    def milestones(self) -> list[tuple[Entry, Seen]]:
        """The console lines that tell of a milestone."""
        told = ((entry, milestone_of(line)) for entry, line in self.console)
        return [(entry, seen) for entry, seen in told if seen]

    def seen(self, milestone: Milestone) -> list[tuple[Entry, Seen]]:
        """Every time that the console told of `milestone`."""
        return [(entry, seen) for entry, seen in self.milestones if seen.milestone is milestone]

    @cached_property
    def messages(self) -> list[Message]:
        """All text messages of both sides."""
        return list(messages_of(self.entries))

    @cached_property
    def calls(self) -> list[Call]:
        """All CALLs of both sides with their answers."""
        return calls_of(self.messages)

    def calls_from_charge_point(self, action: str = "") -> list[Call]:
        """The charge point's CALLs, of one action or of all."""
        return [c for c in self.calls if c.request.sender == "CP>" and action in {"", c.request.action}]

    def action(self, name: str) -> tuple[Entry, Action] | None:
        """What the rig did under `name`, None where it did not come to it."""
        return next(((entry, action) for entry, action in self.all(Action) if action.name == name), None)

    @cached_property
    def latest_s(self) -> float:
        """The longest wait for a processor that the host imposed on rig or device, wall seconds."""
        return max((late.late_s for _, late in self.all(Lateness)), default=0.0)

    def device_s(self, wall_s: float) -> float:
        """Wall seconds of the host as seconds of the device."""
        return wall_s * self.run.ratio

    def world_s(self, t: float) -> float:
        """What a charge point's clock should show at time `t` of the journal, seconds since 1970."""
        return self.run.world_epoch_s + self.device_s(t)
