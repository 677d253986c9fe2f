"""What the console tells, against what the wire shows; and what it must never tell."""

from rig.checks.verdict import Finding, check, failed, judged, no_problem
from rig.console.milestones import Milestone, Seen
from rig.console.records import LineKind
from rig.journal.codec import Entry
from rig.journal.events import DeviceEvent
from rig.journal.messages import Call
from rig.journal.recording import Recording
from rig.journal.transactions import transactions_of

STAMPING_S = 0.01
"""Wall seconds by which console and wire, read by one event loop, may be stamped out of order."""

Told = tuple[Entry, Seen]


@check("console.agrees", "samples/net/ocpp, README.rst, sample output")
def agrees(recording: Recording) -> Finding:
    """The console tells each step of the charging that the wire shows, in its order and not before it."""
    slack = STAMPING_S + recording.latest_s + 0.25 / recording.run.ratio
    told_of = {
        m: recording.seen(m) for m in (Milestone.AUTHORIZED, Milestone.STARTED, Milestone.STOPPED, Milestone.CLOCK)
    }
    problems: list[str] = []
    used: list[Entry | Call] = []

    def compare(what: str, told: list[Told], shown: list[Call]) -> None:
        used.extend([*(entry for entry, _ in told), *shown])
        if len(told) != len(shown):
            problems.append(f"{what}: told {len(told)} times, seen {len(shown)} times on the wire")
        problems.extend(
            f"{what}: told {recording.device_s(call.request.t - entry.t):.1f} s before it happened"
            for (entry, _), call in zip(told, shown, strict=False)
            if entry.t < call.request.t - slack
        )

    transactions = transactions_of(recording)
    authorized = [call for call in recording.calls_from_charge_point("Authorize") if call.result]
    done = [told for told in told_of[Milestone.AUTHORIZED] if told[1].fields["result"] == "0"]
    compare("an authorisation", done, authorized)
    for connector in sorted({seen.connector for told in told_of.values() for _, seen in told} | {1, 2}):
        if connector == 0:
            continue
        mine = [each for each in transactions if each.connector == connector]
        name = f"connector {connector}"
        for what, milestone, shown in (
            ("start", Milestone.STARTED, [each.start for each in mine if each.start.result]),
            ("stop", Milestone.STOPPED, [stop for each in mine for stop in each.stops if stop.result]),
        ):
            compare(f"{what} of {name}", [t for t in told_of[milestone] if t[1].connector == connector], shown)
    measured = (
        f"{len(done)} authorisations, {len(told_of[Milestone.STARTED])} starts, {len(told_of[Milestone.STOPPED])} stops"
    )
    return no_problem(problems, f"{measured} told as they happened", "each told once, after it happened", used)


@check("console.fatal", "Zephyr kernel/fatal.c, arch/*/core/fatal.c")
def fatal(recording: Recording) -> Finding:
    """No fatal error, failed assertion or sanitizer report."""
    found = [(e, line) for e, line in recording.console if line.what in {LineKind.FATAL, LineKind.SANITIZER}]
    measured = found[0][1].text if found else "none"
    return judged(not found, measured, "none", [entry for entry, _ in found])


@check("console.complete", "Zephyr subsys/logging: `--- N messages dropped ---`")
def complete(recording: Recording) -> Finding:
    """No log message was dropped."""
    found = [(entry, line) for entry, line in recording.console if line.what is LineKind.DROPPED]
    return judged(not found, found[0][1].text if found else "none", "none", [entry for entry, _ in found])


@check("device.boots-once", "samples/net/ocpp, README.rst: one boot, then the lifecycle")
def boots_once(recording: Recording) -> Finding:
    """The charge point does not restart."""
    boots = recording.seen(Milestone.BOOT)
    return judged(len(boots) == 1, f"{len(boots)} boots", "1 boot", [entry for entry, _ in boots])


@check("device.alive", "samples/net/ocpp, main.c: serves remote commands for 20 minutes after the stops")
def alive(recording: Recording) -> Finding:
    """The charge point is still running when the run ends."""
    exits = [(entry, event) for entry, event in recording.all(DeviceEvent) if event.what == "exited"]
    if exits:
        entry, event = exits[0]
        return failed(f"it ended by itself, exit code {event.returncode}", "running", [entry])
    return judged(recording.end is not None, "running", "running", [])


CONSOLE_CHECKS = (agrees, fatal, complete, boots_once, alive)
