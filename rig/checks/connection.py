"""The WebSocket connection, BootNotification and Heartbeat."""

from itertools import pairwise

from central_system.events import ConnectionClosed, ConnectionOpened, Upgrade
from rig.checks.documented import MODEL, SUBPROTOCOL, VENDOR, tolerance_s
from rig.checks.verdict import Finding, check, failed, judged, no_problem
from rig.journal.events import DeviceEvent
from rig.journal.messages import Message
from rig.journal.recording import Recording


@check("connection.path", "samples/net/ocpp, main.c (WebSocket path); OCPP-J 1.6 §3.1.1")
def path(recording: Recording) -> Finding:
    """The charge point opens a WebSocket at the central system's path, ending in its identity."""
    upgrades = recording.all(Upgrade)
    limit = recording.run.path
    if not upgrades:
        return failed("no WebSocket handshake", limit, [entry for entry, _ in recording.all(ConnectionOpened)])
    entry, upgrade = upgrades[0]
    return judged(upgrade.path == limit, upgrade.path, limit, [entry])


@check("connection.subprotocol", "OCPP-J 1.6 §3.1.2: the client shall offer the OCPP version as sub-protocol")
def subprotocol(recording: Recording) -> Finding:
    """The charge point offers the sub-protocol ocpp1.6."""
    upgrades = recording.all(Upgrade)
    if not upgrades:
        return failed("no WebSocket handshake", SUBPROTOCOL)
    entry, upgrade = upgrades[0]
    offered = ", ".join(upgrade.subprotocols) or "none"
    return judged(SUBPROTOCOL in upgrade.subprotocols, offered, SUBPROTOCOL, [entry])


@check("connection.stable", "OCPP-J 1.6 §3: one connection, kept open")
def stable(recording: Recording) -> Finding:
    """The connection opened at boot lasts to the end of the run."""
    opened = recording.all(ConnectionOpened)
    stopped = [entry.n for entry, event in recording.all(DeviceEvent) if event.what == "stopped"]
    closed = [(entry, each) for entry, each in recording.all(ConnectionClosed) if not stopped or entry.n < stopped[0]]
    measured = f"{len(opened)} opened, {len(closed)} closed before the end"
    right = len(opened) == 1 and not closed
    return judged(right, measured, "1 opened, 0 closed", [e for e, _ in opened] + [e for e, _ in closed])


@check("boot.first", "OCPP 1.6 §4.2: a charge point shall not send any other request before it is accepted")
def first(recording: Recording) -> Finding:
    """BootNotification comes before anything else, and nothing else before its acceptance."""
    calls = recording.calls_from_charge_point()
    limit = "BootNotification first, then nothing until Accepted"
    if not calls:
        return failed("no message", limit)
    accepted = next((c for c in calls if c.request.action == "BootNotification" and _accepted(c.result)), None)
    if not accepted or not accepted.answer:
        return failed(f"first: {calls[0].request.action}; no BootNotification was accepted", limit, calls[:1])
    early = [c for c in calls if c.request.n < accepted.answer.n and c.request.action != "BootNotification"]
    measured = f"before acceptance: {', '.join(c.request.action for c in early)}" if early else "BootNotification first"
    return judged(not early, measured, limit, [*early, accepted])


def _accepted(result: Message | None) -> bool:
    return result is not None and result.field("status") == "Accepted"


@check("boot.fields", "samples/net/ocpp, main.c (`struct ocpp_cp_info`); OCPP 1.6 §6.3")
def fields(recording: Recording) -> Finding:
    """BootNotification names the sample's model and vendor."""
    boots = recording.calls_from_charge_point("BootNotification")
    limit = f"chargePointModel {MODEL!r}, chargePointVendor {VENDOR!r}"
    if not boots:
        return failed("no BootNotification", limit)
    request = boots[0].request
    model, vendor = request.field("chargePointModel"), request.field("chargePointVendor")
    measured = f"chargePointModel {model!r}, chargePointVendor {vendor!r}"
    return judged((model, vendor) == (MODEL, VENDOR), measured, limit, boots[:1])


@check("heartbeat.interval", "OCPP 1.6 §4.2, §4.6: Heartbeat at the interval of BootNotification.conf")
def heartbeat(recording: Recording) -> Finding:
    """Heartbeats come at the interval that the central system gave."""
    interval = recording.run.heartbeat_interval_s
    tolerance = tolerance_s(recording, interval)
    limit = f"{interval:g} ± {tolerance:.2g} s"
    boot = next((c for c in recording.calls_from_charge_point("BootNotification") if c.answer), None)
    if not boot or not boot.answer:
        return failed("no answered BootNotification to count from", limit)
    beats = recording.calls_from_charge_point("Heartbeat")
    ended = [entry.t for entry, event in recording.all(DeviceEvent) if event.what in {"stopped", "exited"}]
    end = ended[0] if ended else recording.entries[-1].t
    times = [boot.answer.t, *(beat.request.t for beat in beats if beat.request.t > boot.answer.t)]
    gaps = [recording.device_s(later - earlier) for earlier, later in pairwise(times)]
    problems = [f"a gap of {gap:.2f} s" for gap in gaps if abs(gap - interval) > tolerance]
    silent = recording.device_s(end - times[-1])
    if silent > interval + tolerance:
        problems.append(f"none for the last {silent:.1f} s")
    shown = f"{len(gaps)} gaps, {min(gaps):.2f} to {max(gaps):.2f} s" if gaps else "none was due yet"
    return no_problem(problems, shown, limit, [boot, *beats])


CONNECTION_CHECKS = (path, subprotocol, stable, first, fields, heartbeat)
