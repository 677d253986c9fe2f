"""From the first byte at the central system to a WebSocket that lasts."""

from central_system.events import ConnectionClosed, ConnectionOpened, Undecodable, Upgrade, UpgradeAnswer
from rig.checks.documented import SUBPROTOCOL
from rig.diagnosis.course import console_lines, listed, missed, steady
from rig.diagnosis.sign import AFTER_BOOT, AFTER_CONNECTION, Found, found, sign
from rig.journal.codec import Entry
from rig.journal.events import DeviceEvent
from rig.journal.messages import Call
from rig.journal.recording import Recording

DOC = "samples/net/ocpp, README.rst, Troubleshooting: Connection Issues"
TLS = "1603"
"""In hex: how a TLS handshake begins (RFC 8446 §5.1, record type 22 and version 3)."""
SWITCHING, NOT_FOUND = 101, 404


def _complaints(recording: Recording) -> list[Entry]:
    """What the library says of a connection that failed (ocpp.c)."""
    return [entry for entry, _ in console_lines(recording, r"Websocket connect fail|poll err")]


@sign(f"{DOC}; RFC 6455 §4.1", AFTER_CONNECTION)
def no_upgrade(recording: Recording) -> Found | None:
    """The charge point reached the central system, but asked for no WebSocket."""
    opened = recording.all(ConnectionOpened)
    if not opened or recording.all(Upgrade) or not steady(recording):
        return None
    strange = [(entry, each) for entry, each in recording.all(Undecodable) if each.sender == "CP>"]
    closed = recording.all(ConnectionClosed)
    evidence = [entry for entry, _ in (*opened, *strange, *closed)][:6] + _complaints(recording)[:3]
    if any(each.data.startswith(TLS) for _, each in strange):
        return found(
            "it speaks TLS, and the central system expects plain ws://",
            "build without the TLS overlay (overlay-tls13.conf)",
            evidence,
        )
    if strange:
        return found(
            f"what it sends is no HTTP: {strange[0][1].why}",
            f"see that {opened[0][1].peer} is the charge point and not another program that probes the port",
            evidence,
        )
    return found(
        f"{opened[0][1].peer} opens the connection and sends nothing: it is another program, or the charge point ends "
        "before its request (no memory for it, or its 5 s are over)",
        "see what the console says at that moment; try a larger heap (--fragment larger-heap)",
        evidence,
    )


@sign(f"{DOC} (WebSocket path); OCPP-J 1.6 §3.1.1; RFC 6455 §4.2.2", AFTER_CONNECTION)
def refused(recording: Recording) -> Found | None:
    """The central system refused the WebSocket."""
    answers = recording.all(UpgradeAnswer)
    if not answers or any(answer.status == SWITCHING for _, answer in answers):
        return None
    asked = recording.all(Upgrade)
    path = listed(upgrade.path for _, upgrade in asked)
    entry, answer = answers[0]
    why = f": it serves no charge point at {path}" if answer.status == NOT_FOUND else f" to {path}"
    return found(
        f"it answers HTTP {answer.status}{why}",
        f'build with CONFIG_NET_SAMPLE_OCPP_WS_PATH="{recording.run.path}" (before that option existed the path stood '
        "in main.c); its last part is the charge point's identity, which the central system must know",
        [*(each for each, _ in asked[:1]), entry, *_complaints(recording)[:3]],
    )


@sign(
    f"{DOC} (WebSocket path), Authorization Failures (Charge Point ID); OCPP-J 1.6 §3.1.1",
    ("connection.path", "remote."),
)
def other_identity(recording: Recording) -> Found | None:
    """The charge point presents itself under another path than the one it is known by."""
    asked = recording.all(Upgrade)
    if not asked or asked[0][1].path == recording.run.path:
        return None
    entry, upgrade = asked[0]
    return found(
        f"the image is built for {upgrade.path}: the central system knows it as {upgrade.path.rsplit('/', 1)[-1]!r}, "
        f"and nobody can ask {recording.run.path.rsplit('/', 1)[-1]!r} for anything",
        f'build with CONFIG_NET_SAMPLE_OCPP_WS_PATH="{recording.run.path}"',
        [entry],
    )


@sign(
    "OCPP-J 1.6 §3.1.2; subsys/net/lib/ocpp, ocpp.c: the optional header `Sec-WebSocket-Protocol: ocpp1.6`",
    ("connection.subprotocol",),
)
def no_subprotocol(recording: Recording) -> Found | None:
    """The charge point does not offer the sub-protocol that OCPP requires."""
    asked = recording.all(Upgrade)
    if not asked or SUBPROTOCOL in asked[0][1].subprotocols:
        return None
    offered = listed(asked[0][1].subprotocols) or "none"
    return found(
        f"it offers {offered}; a central system that is strict, as SteVe is, would refuse it",
        f"see that its library sends the header `Sec-WebSocket-Protocol: {SUBPROTOCOL}` (ocpp_connect_to_cs)",
        [entry for entry, _ in asked[:1]] + [entry for entry, _ in recording.all(UpgradeAnswer)[:1]],
    )


@sign(
    "samples/net/ocpp, README.rst, Troubleshooting: Authorization Failures (BootNotification); OCPP 1.6 §4.2",
    AFTER_BOOT,
)
def unannounced(recording: Recording) -> Found | None:
    """The WebSocket is open, and no BootNotification comes."""
    opened = [entry for entry, answer in recording.all(UpgradeAnswer) if answer.status == SWITCHING]
    if not opened or recording.calls_from_charge_point("BootNotification") or not steady(recording):
        return None
    sent = recording.calls_from_charge_point()
    closed = [entry for entry, _ in recording.all(ConnectionClosed)]
    after = [*closed[:1], *_complaints(recording)[:3], *missed(recording)]
    evidence: list[Entry | Call] = [*opened[:1], *sent[:1], *after]
    if sent:
        return found(
            f"it goes on where it was: its first message is {sent[0].request.action}. The library announces itself "
            "once after a boot, not after a reconnection",
            "reset the charge point together with the central system",
            evidence,
        )
    return found(
        "the library does not know that it is connected (the answer to its upgrade came after its 5 s), or cannot "
        "build the message (no memory)",
        "see what the console says of `ocpp`; try a larger heap (--fragment larger-heap)",
        evidence,
    )


@sign(
    "OCPP-J 1.6 §3: one connection, kept open; measured: no BootNotification and no lost messages again",
    ("connection.stable", *AFTER_BOOT),
)
def cut(recording: Recording) -> Found | None:
    """The connection was lost in mid-run."""
    stopped = [entry.n for entry, event in recording.all(DeviceEvent) if event.what == "stopped"]
    closed = [(e, each) for e, each in recording.all(ConnectionClosed) if not stopped or e.n < stopped[0]]
    again = [entry for entry, _ in recording.all(ConnectionOpened)][1:]
    by_the_rig = [event for _, event in recording.all(DeviceEvent) if event.what in {"link down", "paused"}]
    if not (closed or again) or by_the_rig or not steady(recording):
        return None
    by = closed[0][1].by if closed else None
    who = {
        "CP>": "the charge point closed it, or its link broke",
        "CS>": "the central system closed it",
        None: "the charge point opened another one while the first was open: it took the first for dead",
    }[by]
    after = "it came back" if again else "it did not come back"
    return found(
        f"{who}; {after}. What the charge point had to say in between is lost, and it does not announce itself again",
        "look at the last frames before it and at the console (`poll err`); on a cable, see that nothing else resets "
        "the link, and record the segment (`tcpdump port " + str(recording.run.server_port) + "`)",
        [*(entry for entry, _ in closed[:1]), *again[:1], *_complaints(recording)[:3]],
    )


CONNECTION_SIGNS = (no_upgrade, refused, other_identity, no_subprotocol, unannounced)
