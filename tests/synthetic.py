"""Small journals put together event by event, to show a judge what no recording of a device shows."""

import json
from collections.abc import Mapping

from central_system.events import ConnectionOpened, Direction, Frame, SntpExchange, Upgrade, UpgradeAnswer
from rig.console.reader import ConsoleReader
from rig.journal.codec import Entry, Event
from rig.journal.events import RunEnded, RunStarted
from rig.journal.recording import Recording

PATH = "/steve/websocket/CentralSystemService/zephyr"
EPOCH_S = 1_800_000_000.0
BOOT = "*** Booting Zephyr OS build 9a57e98e494c ***"
BOOTED = (BOOT, "OCPP sample stm32f769i_disco")
ASKING = "[00:00:00.010,000] <inf> net_config: Running dhcpv4 client..."
CONFIGURED = (*BOOTED, ASKING, "[00:00:02.000,000] <inf> net_dhcpv4: Received: 192.0.2.101")
RESOLVED = (
    *CONFIGURED,
    "[00:00:02.100,000] <inf> main: cs server 192.0.2.1 8180",
    "[00:00:02.100,000] <inf> main: IPv4 Address 192.0.2.1",
)
TIME_TOLD = SntpExchange("192.0.2.101:123", "23", "24", EPOCH_S)
TIMED = (*RESOLVED, TIME_TOLD, f"[00:00:02.200,000] <inf> main: sntp succ since Epoch: {EPOCH_S:.0f}")
READY = "[00:00:02.300,000] <inf> ocpp: ocpp init success"
OPENED = ConnectionOpened(1, "192.0.2.101:49152")
UPGRADED = (OPENED, Upgrade(1, PATH, ("ocpp1.6",), {}), UpgradeAnswer(1, 101, "ocpp1.6"))
CONNECTED = (*TIMED, READY, *UPGRADED)
"""How far a charge point comes: each is the one before, and a step more."""


def journal(
    *events: Event | str, step_s: float = 0.1, ended: bool = True, run: Mapping[str, object] | None = None
) -> Recording:
    """A run of a board, its `events` `step_s` apart; text is a line of its console. `run` changes its first line."""
    fields = {
        "rig_version": "test",
        "schema": 1,
        "target": "board",
        "board": "stm32f769i_disco",
        "ratio": 1.0,
        "clock_error": 0.005,
        "has_dhcp": True,
        "host_epoch_s": EPOCH_S,
        "world_epoch_s": EPOCH_S,
        "build": "9a57e98e494c",
        "build_source": "the test",
        "firmware_version": "4.3.0",
        "heartbeat_interval_s": 10,
        "server_address": "192.0.2.1",
        "server_port": 8180,
        "path": PATH,
        "sntp_port": 123,
    }
    reader = ConsoleReader()
    happened: list[Event] = [RunStarted(**{**fields, **(run or {})})]  # type: ignore[arg-type]
    for event in events:
        happened += reader.feed(f"{event}\r\n".encode()) if isinstance(event, str) else [event]
    if ended:
        happened.append(RunEnded())
    return Recording(Entry(n, (n - 1) * step_s, event) for n, event in enumerate(happened, start=1))


def frame(sender: Direction, *message: object) -> Frame:
    """A message as a text frame on connection 1."""
    return Frame(1, sender, "text", json.dumps(message, separators=(",", ":")))


def asked(action: str, payload: object, answer: object, *, uid: str = "1-0-1") -> tuple[Frame, Frame]:
    """A CALL of the charge point and the central system's CALLRESULT."""
    return frame("CP>", 2, uid, action, payload), frame("CS>", 3, uid, answer)


BOOT_ACCEPTED = asked(
    "BootNotification",
    {"chargePointModel": "basic", "chargePointVendor": "zephyr"},
    {"status": "Accepted", "currentTime": "2027-01-15T08:00:00Z", "interval": 10},
)
