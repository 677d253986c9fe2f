"""A recording as the steps of its sequence diagram."""

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import lru_cache

from central_system.events import ServerProblem, SntpExchange, TurnedAway
from central_system.web.secrecy import text_without_password
from rig.console.milestones import milestone_of
from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Entry, Event
from rig.journal.events import Action, Awaited, DeviceEvent, FlashAttempt, Lateness, Missed, Noise, RunEnded, RunStarted
from rig.journal.recording import Recording
from rig.report.steps import Arrow, Lane, Note, Tone
from rig.report.wire_steps import LONGEST, Connected, WireSteps, sntp_steps

ALARMS = frozenset({LineKind.FATAL, LineKind.SANITIZER, LineKind.DROPPED})
FAULTS = frozenset({"reset", "link down", "paused"})
"""What is done to a device on purpose; a reset, once it has said something."""
LEVELS = frozenset({"err", "wrn"})


@lru_cache(maxsize=4)
def steps_of(recording: Recording) -> tuple[Arrow | Note, ...]:
    """A step for every entry of the recording, two for an SNTP exchange, in its order."""
    return tuple(_steps(recording))


def _steps(recording: Recording) -> Iterator[Arrow | Note]:
    wire = WireSteps(recording)
    talks = False
    for entry in recording.entries:
        match entry.event:
            case ConsoleLine() as line:
                talks = True
                yield _console(entry, line)
            case SntpExchange() as exchange:
                yield from sntp_steps(entry, exchange)
            case DeviceEvent(what="reset") if not talks:
                yield replace(_note(entry), tone=Tone.PLAIN)  # how a run on a board begins
            case event if isinstance(event, Connected):
                yield wire.arrow(entry, event)
            case _:
                yield _note(entry)


def _beside(entry: Entry, lane: Lane, text: str, tone: Tone, *, quiet: bool) -> Note:
    return Note(n=entry.n, t=entry.t, lane=lane, text=text_without_password(text), tone=tone, quiet=quiet)


def _console(entry: Entry, line: ConsoleLine) -> Note:
    alarming = line.what in ALARMS
    level = f"<{line.level}> " if line.level in LEVELS else ""
    text = f"{level}{line.module}: {line.message}" if line.module else line.text
    quiet = not (alarming or level or milestone_of(line))
    note = _beside(entry, Lane.CONSOLE, text, Tone.BAD if alarming else Tone.PLAIN, quiet=quiet)
    return replace(note, device_s=line.device_s)


def _note(entry: Entry) -> Note:
    """What the device did, or what was done to it; all else is the rig's."""

    def device(text: str, tone: Tone = Tone.PLAIN, *, quiet: bool = False) -> Note:
        return _beside(entry, Lane.CONSOLE, text, tone, quiet=quiet)

    match entry.event:
        case DeviceEvent(what="exited", returncode=code):
            return device(f"device exited by itself, code {code}", Tone.BAD)
        case DeviceEvent(what=what):
            return device(f"device {what}", Tone.FAULT if what in FAULTS else Tone.PLAIN)
        case FlashAttempt(outcome="failed", problem=problem):
            return device(f"flash failed: {problem}", Tone.BAD)
        case FlashAttempt(outcome=outcome, size=size):
            return device(f"flash {outcome}: {size or 0:,} bytes")
        case Noise(text=text):
            return device(text, quiet=True)
    return _of_the_rig(entry)


def _of_the_rig(entry: Entry) -> Note:  # noqa: PLR0911  (one line for each kind of event)
    def rig(text: str, tone: Tone = Tone.PLAIN, *, quiet: bool = False) -> Note:
        return _beside(entry, Lane.RIG, text, tone, quiet=quiet)

    match entry.event:
        case Action(name=name, outcome=outcome):
            answer = outcome.get("error") or outcome.get("status") or "answered"
            return rig(f"asked {name}: {answer}", Tone.BAD if "error" in outcome else Tone.PLAIN)
        case Missed(what=what, budget_s=budget_s):
            return rig(f"NOT SEEN in {budget_s:g} device s: {what}", Tone.BAD)
        case Awaited(what=what, budget_s=budget_s):
            return rig(f"waits up to {budget_s:g} device s: {what}", quiet=True)
        case Lateness(of=of, late_s=late_s):
            return rig(f"host kept the {of} waiting {late_s * 1e3:.1f} ms", Tone.FAULT, quiet=True)
        case ServerProblem(problem=problem, message=message):
            return rig(f"{problem}: {message[:LONGEST]}", Tone.BAD)
        case TurnedAway(why=why, status=status):
            return rig(f"turned away{f' with {status}' if status else ''}: {why}", Tone.FAULT)
        case RunStarted(board=board, target=target):
            return rig(f"run of {board} on {target}", quiet=True)
        case RunEnded(error=error):
            return rig(f"the run broke off: {error}" if error else "end", Tone.BAD, quiet=not error)
        case event:
            return rig(_all_of(event), Tone.FAULT if _is_fault(event) else Tone.PLAIN)


def _is_fault(event: Event) -> bool:
    """Whether an event of a kind that is not known here is a fault or an impairment."""
    return event.kind in {"impaired", "fault"} or getattr(event, "fault", None) is not None


def _all_of(event: Event) -> str:
    """Its kind, what was done and how; then whatever else it tells."""
    told = {field.name: str(value) for field in fields(event) if (value := getattr(event, field.name)) is not None}
    first = [told.pop(name) for name in ("what", "how") if name in told]
    rest = ", ".join(f"{name} {value[:LONGEST]}" for name, value in told.items() if value)
    return f"{' '.join([event.kind, *first])}: {rest}"
