"""From verdicts that are not green to the diagnoses that explain them."""

from collections.abc import Iterable

from rig.checks.verdict import Outcome, Verdict
from rig.diagnosis.charging import CHARGING_SIGNS
from rig.diagnosis.clock import CLOCK_SIGNS
from rig.diagnosis.connection import CONNECTION_SIGNS, cut
from rig.diagnosis.console import CONSOLE_SIGNS
from rig.diagnosis.device import DEVICE_SIGNS, host_late
from rig.diagnosis.network import NETWORK_SIGNS
from rig.diagnosis.sign import Diagnosis, Sign
from rig.journal.recording import Recording

SIGNS: tuple[Sign, ...] = (
    *CONSOLE_SIGNS,
    *NETWORK_SIGNS,
    *CLOCK_SIGNS,
    *CONNECTION_SIGNS,
    *CHARGING_SIGNS,
    *DEVICE_SIGNS,
    cut,
    host_late,
)
"""In the order of the charge point's life: what comes first explains what follows. A sign that rests on something
missing holds only for a charge point that ran on to the end (`rig.diagnosis.course.steady`)."""

RED = {Outcome.FAIL, Outcome.ERROR, Outcome.PARTIAL}


def diagnose(recording: Recording, verdicts: Iterable[Verdict]) -> list[Diagnosis]:
    """What most likely went wrong, in the order of the charge point's life; nothing where all verdicts are green.

    A sign is looked for only where a check that it explains is red and no earlier diagnosis explains it already: the
    first cause wins, and its consequences are not diagnosed again.
    """
    red = {verdict.check for verdict in verdicts if verdict.outcome in RED}
    found: list[Diagnosis] = []
    for sign in SIGNS:
        explained = {check for check in red if check.startswith(sign.explains)}
        if explained and (diagnosis := sign.diagnosis(recording)):
            found.append(diagnosis)
            red -= explained
    return found
