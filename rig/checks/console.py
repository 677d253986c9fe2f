"""What the console must never tell, and whether the charge point lives on."""

from rig.checks.verdict import Finding, check, failed, judged
from rig.console.milestones import Milestone
from rig.console.records import LineKind
from rig.journal.ending import ending
from rig.journal.recording import Recording


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
    ends = [(entry, how) for entry in recording.entries if (how := ending(entry.event))]
    if ends:
        entry, how = ends[0]
        return failed(how, "running", [entry])
    return judged(recording.end is not None, "running", "running", [])


CONSOLE_CHECKS = (fatal, complete, boots_once, alive)
