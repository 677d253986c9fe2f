"""RemoteStart, RemoteStop and Unlock, once the charge point's own charging is over."""

from rig.checks.documented import REMOTE_CONNECTOR, REMOTE_TAG, UNLOCK_CONNECTOR
from rig.checks.verdict import Finding, check, failed, judged
from rig.console.milestones import Milestone
from rig.journal.codec import Entry
from rig.journal.events import Action
from rig.journal.messages import Call
from rig.journal.recording import Recording
from rig.journal.transactions import Transaction, transactions_of

NOT_REACHED = "the run did not come this far"


def _status(action: Action) -> str:
    """What the charge point answered, in a word."""
    return str(action.outcome.get("status") or action.outcome.get("error") or "an answer without status")


def _started_remotely(recording: Recording) -> Transaction | None:
    return next((each for each in transactions_of(recording) if each.id_tag == REMOTE_TAG), None)


def _request(recording: Recording, action: str) -> Call | None:
    return next((c for c in recording.calls if c.request.sender == "CS>" and c.request.action == action), None)


@check("remote.start", "samples/net/ocpp, main.c OCPP_USR_START_CHARGING; OCPP 1.6 §5.11")
def start(recording: Recording) -> Finding:
    """RemoteStartTransaction is accepted and starts a transaction for its idTag on its connector."""
    limit = f"Accepted, then Authorize and StartTransaction of {REMOTE_TAG} on connector {REMOTE_CONNECTOR}"
    found = recording.action("RemoteStartTransaction")
    if not found:
        return failed(NOT_REACHED, limit)
    entry, action = found
    started = _started_remotely(recording)
    authorized = next(
        (c for c in recording.calls_from_charge_point("Authorize") if c.request.field("idTag") == REMOTE_TAG), None
    )
    steps = [_status(action)]
    steps.append("Authorize" if authorized else "no Authorize")
    steps.append(f"StartTransaction on connector {started.connector}" if started else "no StartTransaction")
    right = _status(action) == "Accepted" and authorized is not None and started is not None
    right = right and started is not None and started.connector == REMOTE_CONNECTOR
    evidence: list[Entry | Call | None] = [entry, _request(recording, "RemoteStartTransaction"), authorized]
    return judged(right, ", ".join(steps), limit, [*evidence, started.start if started else None])


@check("remote.stop", "samples/net/ocpp, main.c OCPP_USR_STOP_CHARGING; OCPP 1.6 §5.12")
def stop(recording: Recording) -> Finding:
    """RemoteStopTransaction is accepted and stops that transaction."""
    limit = "Accepted, then StopTransaction of that transaction"
    found = recording.action("RemoteStopTransaction")
    if not found:
        return failed(NOT_REACHED, limit)
    entry, action = found
    started = _started_remotely(recording)
    stopped = started.stop if started else None
    measured = f"{_status(action)}, {'StopTransaction' if stopped else 'no StopTransaction'}"
    right = _status(action) == "Accepted" and stopped is not None
    return judged(right, measured, limit, [entry, _request(recording, "RemoteStopTransaction"), stopped])


@check("remote.unlock", "samples/net/ocpp, main.c OCPP_USR_UNLOCK_CONNECTOR; OCPP 1.6 §5.18")
def unlock(recording: Recording) -> Finding:
    """UnlockConnector is answered Unlocked, and the console tells of it."""
    limit = f"Unlocked, and `unlock connector {UNLOCK_CONNECTOR}` on the console"
    found = recording.action("UnlockConnector")
    if not found:
        return failed(NOT_REACHED, limit)
    entry, action = found
    told = [line for line, seen in recording.seen(Milestone.UNLOCK) if seen.connector == UNLOCK_CONNECTOR]
    measured = f"{_status(action)}, {'told' if told else 'not told'} on the console"
    right = _status(action) == "Unlocked" and bool(told)
    return judged(right, measured, limit, [entry, _request(recording, "UnlockConnector"), *told])


REMOTE_CHECKS = (start, stop, unlock)
