"""SNTP: who was asked for the time, who answered, and what the charge point made of it."""

from central_system.events import SntpExchange
from rig.console.milestones import Milestone
from rig.diagnosis.course import ON_A_CABLE, console_lines
from rig.diagnosis.sign import Found, found, sign
from rig.journal.codec import Entry
from rig.journal.messages import Call
from rig.journal.recording import Recording

DOC = "samples/net/ocpp, README.rst, Troubleshooting: Time-Related Issues"
CLOCK = ("clock.",)
FIXED_PORT = 123
"""What the 4.3 generation asks, whatever its configuration says (`htons(123)` in main.c)."""
SHORT_WAIT_S, LONG_WAIT_S = 0.06, 4.0
"""Device seconds that the sample waits for the answer: the 4.3 generation, and later ones."""
FAILED = r"(?:SNTP IPv4 request failed|Failed to (?P<step>init|lookup) SNTP.*?):? \(?(?P<error>-?\d+)"
"""What main.c says where it does not get the time, in all its generations."""


def _answered(recording: Recording) -> list[Entry]:
    return [entry for entry, exchange in recording.all(SntpExchange) if exchange.reply]


def _faulted(recording: Recording) -> bool:
    """Whether the rig itself answered wrongly, on purpose; the journal tells how."""
    return any(exchange.fault for _, exchange in recording.all(SntpExchange))


def _failures(recording: Recording) -> list[Entry]:
    return [entry for entry, _ in console_lines(recording, FAILED)]


def _in_1970(recording: Recording) -> list[Call]:
    """The first message with a time stamp of a clock that was never set."""
    return [call for call in recording.calls_from_charge_point() if '"1970-01-' in call.request.raw][:1]


@sign(f"{DOC} (SNTP server address, accessible)", CLOCK)
def request_lost(recording: Recording) -> Found | None:
    """The charge point asked for the time, and its request did not come to the rig."""
    failed = console_lines(recording, FAILED)
    if not failed or recording.all(SntpExchange):
        return None
    run = recording.run
    evidence: list[Entry | Call] = [*_failures(recording), *_in_1970(recording)]
    error = failed[0][1]["error"]
    if failed[0][1]["step"] == "lookup":
        return found(
            f"the name of the SNTP server was not resolved (error {error})",
            f'build with CONFIG_NET_SAMPLE_SNTP_SERVER="{run.server_address}"',
            evidence,
        )
    if run.sntp_port != FIXED_PORT:
        return found(
            f"the rig answers on UDP port {run.sntp_port}; an image of the 4.3 generation asks port {FIXED_PORT} and "
            f"no other (error {error})",
            f"let the rig have port {FIXED_PORT} (`--isolation namespace`, or CAP_NET_BIND_SERVICE)",
            evidence,
        )
    wall = f", and a firewall between lets UDP port {FIXED_PORT} through" if run.target == ON_A_CABLE else ""
    return found(
        f"the SNTP server built into the image is not the rig, or cannot be reached (error {error})",
        f'see that it is built with CONFIG_NET_SAMPLE_SNTP_SERVER="{run.server_address}"{wall}',
        evidence,
    )


@sign(f"{DOC}; samples/net/ocpp, main.c: sntp_query(&ctx, 60, …), 4 s in later generations", CLOCK)
def answer_unheard(recording: Recording) -> Found | None:
    """The charge point asked for the time, and did not take the rig's answer."""
    heard = recording.seen(Milestone.CLOCK) or _faulted(recording)
    if not _failures(recording) or not _answered(recording) or heard:
        return None
    ratio = recording.run.ratio
    return found(
        f"the answer came too late: the sample waits {SHORT_WAIT_S:g} s (4.3 generation) or {LONG_WAIT_S:g} s of its "
        f"own time, here {SHORT_WAIT_S / ratio * 1e3:.3g} ms or {LONG_WAIT_S / ratio * 1e3:,.0f} ms, and the host kept "
        f"rig or device waiting for up to {recording.latest_s * 1e3:.1f} ms",
        "run with a smaller --ratio and with less beside it; on a board, record the segment (`tcpdump port 123`)",
        [*_answered(recording), *_failures(recording), *_in_1970(recording)],
    )


@sign(f"{DOC}; RFC 4330 §5", CLOCK)
def not_sntp(recording: Recording) -> Found | None:
    """What came to the rig's SNTP port was no request for the time."""
    asked = recording.all(SntpExchange)
    if not asked or _answered(recording) or _faulted(recording):
        return None
    return found(
        f"{asked[0][1].peer} sent something that is no SNTP client request, so it was not answered",
        "see who has that address; a charge point's request is 48 bytes with mode 3 (RFC 4330 §4)",
        [*(entry for entry, _ in asked), *_failures(recording)],
    )


@sign(f"{DOC} (SNTP server address)", CLOCK)
def from_elsewhere(recording: Recording) -> Found | None:
    """The charge point has its time from another server than the rig's."""
    said = recording.seen(Milestone.CLOCK)
    if not said or recording.all(SntpExchange):
        return None
    return found(
        "the SNTP server built into the image is another one: the clock was set, and the rig was never asked",
        f'build with CONFIG_NET_SAMPLE_SNTP_SERVER="{recording.run.server_address}"',
        [said[0][0]],
    )


@sign(f"{DOC} (CONFIG_SNTP enabled)", CLOCK)
def never_asked(recording: Recording) -> Found | None:
    """The charge point never asked for the time."""
    said = recording.seen(Milestone.CLOCK) or _failures(recording)
    past_it = [entry for entry, _ in recording.seen(Milestone.READY)]
    if said or recording.all(SntpExchange) or not past_it:
        return None
    return found(
        "the image has no SNTP, or its main() leaves it out: no request came, and the console says nothing of one "
        "before `ocpp init success`; the clock begins in 1970",
        "see that the image has CONFIG_SNTP=y and CONFIG_NET_SAMPLE_SNTP_SERVER (its .config is in the run folder)",
        [*past_it[:1], *_in_1970(recording)],
    )


CLOCK_SIGNS = (request_lost, answer_unheard, not_sntp, from_elsewhere, never_asked)
