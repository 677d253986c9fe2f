"""The recordings of the real firmware (tests/recordings), as bytes of a console and as a journal to be judged."""

import json
import re
from pathlib import Path

from central_system.events import ConnectionOpened, Direction, Frame, SntpExchange, Upgrade, UpgradeAnswer
from rig.console.reader import ConsoleReader
from rig.console.records import ConsoleLine
from rig.journal.codec import Entry, Event
from rig.journal.events import DeviceEvent, Noise, RunEnded, RunStarted
from rig.journal.recording import Recording

RECORDINGS = Path(__file__).with_name("recordings")
ALL = sorted(each.name for each in RECORDINGS.iterdir() if each.is_dir())
BUILD = "9a57e98e494c"
"""What every image of these recordings says in its boot banner."""

TIMED = re.compile(rb"^(\d+\.\d+) UART (.*)$")
FRAME = re.compile(r"^(?P<at>\d+\.\d+) \S+ (?P<what>CP>|CS>|STIM>) (?P<text>.*)$", re.DOTALL)
SNTP = re.compile(r"^(?P<at>\d+\.\d+) \S+ SNTP request from \('(?P<host>[^']+)', (?P<port>\d+)\).*sec (?P<epoch>\d+)")
CONNECT = re.compile(r"^(?P<at>\d+\.\d+) \S+ CONNECT #(?P<number>\d+) path=(?P<path>\S+) subprotocol=(?P<sub>\S+)")


def console_bytes(name: str) -> bytes:
    """The console of a recording, as bytes on a serial line."""
    folder = RECORDINGS / name
    if (folder / "console.raw").exists():
        return (folder / "console.raw").read_bytes()
    lines = (folder / "console-timed.log").read_bytes().split(b"\n")
    return b"".join(match[2] + b"\r\n" for line in lines if (match := TIMED.match(line)))


def console_lines(name: str) -> list[ConsoleLine]:
    """The console of a recording, read in one piece."""
    reader = ConsoleReader()
    return reader.feed(console_bytes(name)) + reader.close()


def journal_of(name: str, *, ratio: float = 1.0, dhcp: bool = True) -> Recording:
    """A recording as a journal. A `console.raw` has no times of the host: they follow from the device's own."""
    frames = (RECORDINGS / name / "frames.log").read_text(encoding="utf-8", errors="replace")
    happened: list[tuple[float, Event]] = []
    # A frame may hold anything but the start of the next line.
    for line in re.split(r"\n(?=\d{10}\.\d+ )", frames):
        happened += _of_line(line.rstrip("\n"))
    began = min(at for at, _ in happened)
    happened += _console_of(name, happened, ratio)
    end = max(at for at, _ in happened)
    happened += [(end, DeviceEvent("stopped", 1)), (end, RunEnded())]
    happened.sort(key=lambda each: each[0])
    run = RunStarted(
        rig_version="test",
        schema=1,
        target="qemu" if dhcp else "native_sim",
        board=name.rsplit("-lifecycle", 1)[0],
        ratio=ratio,
        clock_error=0.05 if "cortex" in name else 0.005,
        has_dhcp=dhcp,
        host_epoch_s=began,
        world_epoch_s=began,
        build=BUILD,
        build_source="the recording",
        firmware_version="4.1.99",
        heartbeat_interval_s=10,
        server_address="10.0.2.2" if dhcp else "127.0.0.1",
        server_port=8180,
        path="/steve/websocket/CentralSystemService/zephyr",
        sntp_port=123,
    )
    return Recording([Entry(n, at - began, e) for n, (at, e) in enumerate([(began, run), *happened], start=1)])


def _of_line(line: str) -> list[tuple[float, Event]]:
    if match := FRAME.match(line):
        sender: Direction = "CP>" if match["what"] == "CP>" else "CS>"
        return [(float(match["at"]), Frame(1, sender, "text", match["text"]))]
    if match := SNTP.match(line):
        peer = f"{match['host']}:{match['port']}"
        return [(float(match["at"]), SntpExchange(peer, "", "reply", float(match["epoch"])))]
    if match := CONNECT.match(line):
        at, number = float(match["at"]), int(match["number"])
        headers = {"Sec-WebSocket-Protocol": match["sub"]}
        return [
            (at, ConnectionOpened(number, "127.0.0.1:1")),
            (at, Upgrade(number, match["path"], (match["sub"],), headers)),
            (at, UpgradeAnswer(number, 101, match["sub"])),
        ]
    return []


def _console_of(name: str, happened: list[tuple[float, Event]], ratio: float) -> list[tuple[float, Event]]:
    timed = RECORDINGS / name / "console-timed.log"
    if timed.exists():
        reader = ConsoleReader()
        told: list[tuple[float, Event]] = []
        for line in timed.read_bytes().split(b"\n"):
            if match := TIMED.match(line):
                told += [(float(match[1]), each) for each in reader.feed(match[2] + b"\n")]
            elif b" QEMU " in line:
                told.append((float(line.split()[0]), Noise(line.decode())))
        return told
    sntp = next((at for at, event in happened if isinstance(event, SntpExchange)), happened[0][0])
    # The rig's own ending of the run is no part of it.
    kept = [line for line in console_lines(name) if "tcp socket connect fail" not in line.text]
    return [(sntp + (line.device_s or 0.0) / ratio, line) for line in kept]


def call(uid: str, action: str, payload: object) -> str:
    """A CALL as compact JSON."""
    return json.dumps([2, uid, action, payload], separators=(",", ":"))
