"""The charge lifecycle: watch the charge point charge by itself, then act as a central system does."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from central_system.events import Frame
from central_system.operations import remote_start_transaction, remote_stop_transaction, unlock_connector
from central_system.outcome import Answered, Malformed, Outcome, Refused, Unanswered
from central_system.session import Session
from rig.checks.documented import ID_TAGS, REMOTE_CONNECTOR, REMOTE_TAG, SAMPLE_INTERVAL_S, UNLOCK_CONNECTOR
from rig.console.milestones import Milestone, milestone_of
from rig.console.records import ConsoleLine, LineKind
from rig.console.wrong_baud import looks_like_wrong_baud
from rig.errors import BenchError
from rig.journal.codec import Entry, Event
from rig.journal.events import Action, Missed
from rig.journal.journal import DeviceLostError, Match, NotSeenError
from rig.run import CONSOLE, Run

# Budgets, in device seconds.
BANNER_S = 15.0
BOOT_NOTIFICATION_S = 10.0
ALL_STOPS_S = 36.0
"""From BootNotification to the last StopTransaction: 30 s by the documentation."""
OFF_BEAT_S = SAMPLE_INTERVAL_S / 2
"""How far from the meter's beat, on which the stops fall, a remote start is put. The meter's timer beats on after the
last stop, and a StartTransaction that meets a beat is followed by MeterValues of transaction -1: a trial of its own. It
is also more than the second that a connector's thread sleeps after its stop, before it may be started again."""
REMOTE_START_S = 8.0
"""The sample sleeps 5 s before it authorises."""
METER_S = SAMPLE_INTERVAL_S + 2.0
REMOTE_STOP_S = 3.0
CONSOLE_S = 3.0
"""Zephyr's deferred logging delivers text up to 1 s after the event."""
ANSWER_S = 5.0
QUIET_S = 0.5
"""Between the last answer and a request of ours. Two frames that reach the firmware together are a trial of its own
(finding 8: the second waits for a third), not a part of the lifecycle."""


class WrongImageError(BenchError):
    """The image that boots is not the one under test."""


async def lifecycle(run: Run) -> None:
    """The whole charge lifecycle of the sample's documentation, then remote start, remote stop and unlock.

    Raises:
        BenchError: nothing boots on this console, or the wrong image does.
    """
    await _boot(run)
    facts = run.target.facts
    accepted = await run.see(
        "BootNotification", request("BootNotification"), device_s=facts.network_s + BOOT_NOTIFICATION_S
    )
    if not accepted:
        return
    stop = request("StopTransaction")
    await run.see("the StopTransaction of both connectors", _nth(len(ID_TAGS), stop), device_s=ALL_STOPS_S)
    await _remote(run, next((entry for entry in run.journal.entries if stop(entry.event)), None))


async def _boot(run: Run) -> None:
    """Wait for the boot banner and refuse any build but the one under test."""
    facts = run.target.facts
    try:
        entry = await run.must_see("the boot banner", _banner, device_s=BANNER_S)
    except DeviceLostError:
        raise  # it ran and ended: that is judged
    except NotSeenError as silence:
        raise BenchError(f"the device is silent: {silence.message}", _cure_of_silence(run)) from silence
    build = entry.event.message if isinstance(entry.event, ConsoleLine) else None
    if facts.build is not None and build != facts.build:
        raise WrongImageError(
            f"wrong image: the banner says build {build}, expected {facts.build} ({facts.build_source}); "
            f"journal line {entry.n} of {run.journal.path}",
            "flash or choose the image under test, or name its build with --expect-build",
        )


def _cure_of_silence(run: Run) -> str:
    if looks_like_wrong_baud(run.journal.path.with_name(CONSOLE).read_bytes()):
        return "what came is no text: correct `baud` in the bench file (Zephyr's boards talk at 115200)"
    return "check that the device runs, and that this is its console (`ocpp-rig doctor`)"


async def _remote(run: Run, first_stop: Entry | None) -> None:
    """Remote start, a meter sample, remote stop, unlock: as far as the charge point goes along."""
    if not run.charge_point:
        run.journal.record(Missed("a connection for remote commands", 0))
        return
    since_stop = (run.journal.now - first_stop.t) * run.target.facts.ratio if first_stop else 0.0
    await run.let_pass((OFF_BEAT_S - since_stop) % SAMPLE_INTERVAL_S)
    begin = len(run.journal.entries)
    await _ask(
        run,
        "RemoteStartTransaction",
        lambda charge_point, within_s: remote_start_transaction(
            charge_point, REMOTE_TAG, REMOTE_CONNECTOR, within_s=within_s
        ),
    )
    starting = request("StartTransaction", idTag=REMOTE_TAG)
    started = await run.see("the remote start's StartTransaction", starting, device_s=REMOTE_START_S, after=begin)
    if started:
        await _remote_stop(run, started)
    await _ask(
        run,
        "UnlockConnector",
        lambda charge_point, within_s: unlock_connector(charge_point, UNLOCK_CONNECTOR, within_s=within_s),
    )
    await run.see("the unlock on the console", _told(Milestone.UNLOCK), device_s=CONSOLE_S, after=begin)


async def _remote_stop(run: Run, started: Entry) -> None:
    """Let the transaction that `started` meter once, then stop it."""
    answer = await run.see("its answer", _answer_to(started), device_s=ANSWER_S, after=started.n)
    transaction = _message(answer.event)[2].get("transactionId") if answer else None
    if transaction is None:
        return
    sample = request("MeterValues", transactionId=transaction)
    await run.see("MeterValues of the remote start", sample, device_s=METER_S, after=started.n)
    await _ask(
        run,
        "RemoteStopTransaction",
        lambda charge_point, within_s: remote_stop_transaction(charge_point, transaction, within_s=within_s),
    )
    stopping = request("StopTransaction", transactionId=transaction)
    stopped = await run.see("the remote stop's StopTransaction", stopping, device_s=REMOTE_STOP_S, after=started.n)
    if stopped:
        told = _told(Milestone.STOPPED)
        await run.see("the remote stop on the console", told, device_s=CONSOLE_S, after=started.n)


async def _ask(run: Run, name: str, operation: Callable[[Session, float], Awaitable[Outcome[Any]]]) -> None:
    """Ask the charge point for something and record what comes back."""
    await run.let_pass(QUIET_S)
    if not run.charge_point:
        run.journal.record(Action(name, {"error": "not connected"}))
        return
    outcome = await operation(run.charge_point, run.wall_s(ANSWER_S))
    match outcome:
        case Answered(payload=told) | Malformed(payload=told):
            pass  # told as it came: whether it breaks its schema is judged from the recording
        case Refused(code, description):
            told = {"error": f"CALLERROR {code}: {description}"}
        case Unanswered(after_s):
            told = {"error": f"no answer within {after_s:.3g} s"}
    run.journal.record(Action(name, told))


def _banner(event: Event) -> bool:
    return isinstance(event, ConsoleLine) and event.what is LineKind.BOOT


def _told(milestone: Milestone) -> Match:
    """The console tells of `milestone`."""

    def match(event: Event) -> bool:
        seen = milestone_of(event) if isinstance(event, ConsoleLine) else None
        return seen is not None and seen.milestone is milestone

    return match


def _message(event: Event) -> list[Any]:
    """The parts of an OCPP-J message of a frame; empty where it is none, whatever the device sent."""
    if not isinstance(event, Frame) or not event.text:
        return []
    try:
        parts = json.loads(event.text)
    except ValueError:
        return []
    return parts if isinstance(parts, list) and len(parts) > 2 and isinstance(parts[-1], dict) else []  # noqa: PLR2004


def request(action: str, **fields: object) -> Match:
    """The charge point sends a CALL of `action` whose payload has these `fields`."""

    def match(event: Event) -> bool:
        parts = _message(event)
        sent = isinstance(event, Frame) and event.sender == "CP>" and parts[:1] == [2] and parts[2] == action
        return sent and all(parts[-1].get(name) == value for name, value in fields.items())

    return match


def _answer_to(entry: Entry) -> Match:
    """The central system answers the CALL of `entry`."""
    uid = _message(entry.event)[1]

    def match(event: Event) -> bool:
        parts = _message(event)
        return isinstance(event, Frame) and event.sender == "CS>" and parts[:2] == [3, uid]

    return match


def _nth(count: int, match: Match) -> Match:
    """The `count`-th event that matches."""
    seen = 0

    def nth(event: Event) -> bool:
        nonlocal seen
        seen += match(event)
        return seen >= count

    return nth
