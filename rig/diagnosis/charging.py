"""From BootNotification to the answers that let a connector charge."""

from itertools import takewhile

from central_system.events import ServerProblem
from rig.checks.documented import ANSWER_LIMIT_S, ID_TAGS
from rig.console.milestones import Milestone, Seen
from rig.diagnosis.course import listed
from rig.diagnosis.sign import AFTER_AUTHORIZE, AFTER_BOOT, Found, found, sign
from rig.journal.codec import Entry
from rig.journal.events import Lateness
from rig.journal.messages import Call, MessageType
from rig.journal.recording import Recording

DOC = "samples/net/ocpp, README.rst, Troubleshooting: Authorization Failures"


@sign(f"{DOC} (BootNotification successful); OCPP 1.6 §4.2", AFTER_BOOT)
def not_registered(recording: Recording) -> Found | None:
    """The central system did not accept the charge point's BootNotification."""
    boots = recording.calls_from_charge_point("BootNotification")
    told = [call.result.field("status") for call in boots if call.result]
    if not boots or "Accepted" in told:
        return None
    refused = [entry for entry, seen in recording.seen(Milestone.AUTHORIZED) if seen.fields["result"] != "0"]
    problems = [entry for entry, _ in recording.all(ServerProblem)]
    times = f"{len(boots)} times" if len(boots) > 1 else "once"
    if not told:
        return found(
            f"it was sent {times} and never answered with a result",
            "see what the central system minds about the message (its problem is in the journal)",
            [*boots[:2], *problems[:2]],
        )
    return found(
        f"the answer is {listed(told)}, {times}: the charge point is not (yet) registered there. It asks again every "
        "`interval` seconds and may send nothing else meanwhile; its own Authorize gives -11",
        "register its identity at the central system (SteVe: Data Management, Charge Points), or let the rig's rules "
        "answer Accepted",
        [*boots[:3], *refused[:1]],
    )


@sign(f"{DOC}; OCPP 1.6 §4.1, §7 AuthorizationStatus; samples/net/ocpp, main.c: `not authorized`", AFTER_AUTHORIZE)
def tag_refused(recording: Recording) -> Found | None:
    """The central system refused an idTag."""
    calls = [
        call
        for call in recording.calls_from_charge_point()
        if call.request.action in {"Authorize", "StartTransaction"} and call.result and not call.tag_accepted
    ]
    if not calls:
        return None
    refusals = listed(
        f"{call.request.field('idTag')}: {call.result.field('idTagInfo', 'status')} ({call.request.action})"
        for call in calls
        if call.result
    )
    told = [entry for entry, _ in recording.seen(Milestone.REFUSED)]
    return found(
        f"its rules say {refusals}. The thread of that connector ends for good",
        f"have the central system accept {listed(call.request.field('idTag') for call in calls)}; the sample asks for "
        f"{listed(ID_TAGS.values())}, and the rig accepts every idTag unless its rules name another status",
        [*calls, *told],
    )


@sign(f"{DOC}; samples/net/ocpp, main.c: timeout_ms = 500 for Authorize, -11 (EAGAIN) when it is over", AFTER_AUTHORIZE)
def unanswered(recording: Recording) -> Found | None:
    """The charge point heard no answer to its Authorize."""
    failed = [(entry, seen) for entry, seen in recording.seen(Milestone.AUTHORIZED) if seen.fields["result"] != "0"]
    if not failed:
        return None
    entry, seen = failed[0]
    call, error = _asked(recording, entry, seen), seen.fields["result"]
    told = [each for each, _ in failed[:3]]
    if not call:
        return found(
            f"its Authorize never left it: error {error} without a message on the wire. It was not connected, or its "
            "BootNotification was not accepted yet",
            "see how the connection fared before that line",
            told,
        )
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    late = [each for each, lateness in recording.all(Lateness) if lateness.late_s > limit_s]
    took = call.answered_after_s
    if call.answer and call.answer.type is MessageType.CALLERROR:
        return found(
            f"the central system answered with an error, which the library takes for no answer: {call.answer.raw}",
            "see what the central system minds about the message",
            [call, *told],
        )
    if took is None:
        problems = [each for each, _ in recording.all(ServerProblem)]
        return found(
            f"the central system gave no answer within {limit_s * 1e3:.3g} ms",
            "see whether the message is valid (protocol.schema), and the central system's problem in the journal",
            [call, *told, *problems[:2]],
        )
    if took > limit_s or late:
        return found(
            f"rig or host was late: the answer took {took * 1e3:.1f} ms, the longest wait for a processor "
            f"{recording.latest_s * 1e3:.1f} ms, and the charge point waits {limit_s * 1e3:.3g} ms",
            "run with a smaller --ratio, or with less beside it",
            [call, *late[:5], *told],
        )
    return found(
        f"the answer left the rig after {took * 1e3:.1f} ms of {limit_s * 1e3:.3g} ms, and was lost or delayed on its "
        "way: a bad link, or the second of two frames in one TCP segment, which the library hears only with a third",
        "record the segment and look for retransmissions (`tcpdump`; under QEMU guest.pcap is in the run folder)",
        [call, *told],
    )


def _asked(recording: Recording, told: Entry, seen: Seen) -> Call | None:
    """The Authorize of that connector that the console line speaks of: the last one before it."""
    tag = ID_TAGS.get(seen.connector)
    calls = takewhile(lambda call: call.request.n < told.n, recording.calls_from_charge_point("Authorize"))
    return next((call for call in reversed(list(calls)) if call.request.field("idTag") == tag), None)


@sign("OCPP-J 1.6 §4: a message is a JSON array of its own form", ("protocol.schema", *AFTER_AUTHORIZE))
def unreadable(recording: Recording) -> Found | None:
    """The charge point sent what is no OCPP message."""
    bad = [message for message in recording.messages if message.sender == "CP>" and message.problem]
    if not bad:
        return None
    return found(
        f"the central system cannot read it, nor answer it: {bad[0].problem}",
        "look at its bytes in the journal: raw control characters come from an idTag longer than the library's buffer "
        "(20 characters are legal), a cut message from one longer than 2048 bytes, a garbled one from two threads that "
        "share a buffer",
        bad[:5],
    )


CHARGING_SIGNS = (not_registered, tag_refused, unanswered, unreadable)
