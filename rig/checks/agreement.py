"""What the console tells of the charging, against what the wire shows of it."""

from dataclasses import dataclass

from rig.checks.documented import CONNECTOR_OF_TAG
from rig.checks.verdict import Finding, check, no_problem
from rig.console.milestones import Milestone
from rig.journal.codec import Entry
from rig.journal.messages import Call
from rig.journal.recording import Recording
from rig.journal.transactions import by_id, transactions_of

STAMPING_S = 0.01
"""Wall seconds by which console and wire, read by one event loop, may be stamped out of order."""
ACCEPTED = "1"
"""OCPP_AUTH_ACCEPTED of `include/zephyr/net/ocpp.h`, as the console prints it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of one connector's charging at time `t`, and the console line or the call that it is known from."""

    connector: object
    name: str
    t: float
    source: Entry | Call


def told(recording: Recording) -> list[Step]:
    """The steps as the console tells them."""
    steps = []
    for entry, seen in recording.milestones:
        name = {Milestone.STARTED: "started", Milestone.STOPPED: "stopped"}.get(seen.milestone, "")
        if seen.milestone is Milestone.AUTHORIZED and seen.fields["result"] == "0":
            name = "authorised" if seen.fields["status"] == ACCEPTED else "refused"
        if name:
            steps.append(Step(seen.connector, name, entry.t, entry))
    return steps


def shown(recording: Recording) -> list[Step]:
    """The steps as the wire shows them, each answered. Its idTag tells the connector of an Authorize."""
    transactions = transactions_of(recording)
    connectors = CONNECTOR_OF_TAG | {each.id_tag: each.connector for each in transactions}
    steps = []
    for call in recording.calls_from_charge_point():
        if not call.result:
            continue
        match call.request.action:
            case "Authorize":
                connector = connectors.get(call.request.field("idTag"))
                steps.append(Step(connector, "authorised" if call.tag_accepted else "refused", call.request.t, call))
            case "StartTransaction" if call.tag_accepted:
                steps.append(Step(call.request.field("connectorId"), "started", call.request.t, call))
            case "StopTransaction":
                owner = by_id(transactions, call.request.field("transactionId"))
                steps.append(Step(owner.connector if owner else None, "stopped", call.request.t, call))
    return steps


@check("console.agrees", "samples/net/ocpp, README.rst, sample output")
def agrees(recording: Recording) -> Finding:
    """The console tells each step of the charging that the wire shows, in its order and not before it."""
    slack = STAMPING_S + recording.latest_s + 0.25 / recording.run.ratio
    console, wire = told(recording), shown(recording)
    problems = []
    for connector in dict.fromkeys(step.connector for step in (*console, *wire)):
        mine = [step for step in console if step.connector == connector]
        true = [step for step in wire if step.connector == connector]
        names, true_names = [step.name for step in mine], [step.name for step in true]
        if names != true_names:
            problems.append(f"connector {connector}: told {_listed(names)}; the wire shows {_listed(true_names)}")
            continue
        problems += [
            f"connector {connector}: told {recording.device_s(happened.t - said.t):.1f} s before it {happened.name}"
            for said, happened in zip(mine, true, strict=True)
            if said.t < happened.t - slack
        ]
    measured = f"{len(console)} steps told as they happened"
    return no_problem(problems, measured, "each told once, after it happened", [s.source for s in (*console, *wire)])


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


AGREEMENT_CHECKS = (agrees,)
