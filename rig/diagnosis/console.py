"""A console that says nothing, nothing readable, or not what is expected."""

import re

from central_system.events import ConnectionOpened, SntpExchange
from rig.checks.flash import FLASHED
from rig.console.milestones import Milestone
from rig.console.records import LineKind
from rig.diagnosis.course import ON_A_CABLE, steady
from rig.diagnosis.sign import EVERYTHING, OF_THE_DEVICE, Found, found, sign
from rig.journal.codec import Entry
from rig.journal.events import Awaited, DeviceEvent, FlashAttempt, Noise, RunEnded
from rig.journal.recording import Recording

UNREADABLE = re.compile(r"\\x[0-9a-f]{2}")
"""How the console reader writes a control character, and a byte that is no UTF-8."""
ENOUGH_BYTES = 24
GARBAGE = 0.2
"""The share of unreadable bytes from which a console is garbage. Zephyr's text has none; a UART at another speed makes
45 % and more of it (tests/unit/rig/test_diagnosis_console.py)."""
BANNER_AWAITED = "the boot banner"
"""What `rig.lifecycle` waits for first."""
HELPERS = re.compile(r"dnsmasq|^on the wire, ")
"""What the rig's own helpers say, and the rig of the wire; it is in the journal beside the board's own noise."""

BOARD_DOC = "Zephyr, boards/st/stm32f769i_disco/doc/index.rst, Serial Port: UART1 on the ST-LINK's port, 115200 8N1"


def _said_before_boot(recording: Recording) -> list[tuple[Entry, str]]:
    """What came over the console although no boot banner did: of a board, that is noise."""
    said = [(entry, line.text) for entry, line in recording.console]
    if recording.run.target in FLASHED:
        # Before its reset it was another image that spoke.
        reset = max((e.n for e, event in recording.all(DeviceEvent) if event.what == "reset"), default=0)
        noise = [(entry, each.text) for entry, each in recording.all(Noise) if entry.n > reset]
        said += [(entry, text) for entry, text in noise if not HELPERS.search(text)]
    return sorted(said, key=lambda each: each[0].n)


def _waited_for_boot(recording: Recording) -> list[Entry]:
    """A whole wait for a boot banner that never came, its beginning and the run's end; empty where it was cut short."""
    if recording.seen(Milestone.BOOT):
        return []
    end = recording.entries[-1]
    waits = [
        entry
        for entry, awaited in recording.all(Awaited)
        if awaited.what == BANNER_AWAITED and recording.device_s(end.t - entry.t) >= awaited.budget_s
    ]
    return [*waits, end] if waits else []


@sign(BOARD_DOC, EVERYTHING)
def garbage(recording: Recording) -> Found | None:
    """The console is unreadable."""
    if recording.seen(Milestone.BOOT):
        return None
    said = _said_before_boot(recording)
    bad = sum(len(UNREADABLE.findall(text)) for _, text in said)
    size = sum(len(UNREADABLE.sub(".", text)) for _, text in said)
    if size < ENOUGH_BYTES or bad < GARBAGE * size:
        return None
    return found(
        f"the speed of the port is not the board's: {bad} of {size} bytes cannot be read",
        "set `baud` of this board in the bench file to what the image is built for (115200 unless its devicetree says "
        "otherwise), and see that no other program has set the port (`ocpp-rig doctor`)",
        [entry for entry, text in said if UNREADABLE.search(text)],
    )


@sign(f"samples/net/ocpp, README.rst: the sample output begins with a boot banner; {BOARD_DOC}", EVERYTHING)
def silent(recording: Recording) -> Found | None:
    """The console is silent."""
    waited = _waited_for_boot(recording)
    if not waited or _said_before_boot(recording):
        return None
    began = recording.all(FlashAttempt) + recording.all(DeviceEvent)
    evidence = [entry for entry, _ in began if entry.n < waited[0].n] + waited
    signs = [entry for entry, _ in recording.all(SntpExchange) + recording.all(ConnectionOpened)]
    if signs:
        return found(
            "the device runs, for it talks to the rig's servers; the console that is read is another one, or its "
            "output goes elsewhere",
            "choose the port of this board by its serial number (`ocpp-rig bench scan`), and see that the image has "
            "CONFIG_CONSOLE=y and CONFIG_UART_CONSOLE=y",
            evidence + signs,
        )
    if recording.run.target == ON_A_CABLE:
        return found(
            "this is not the board's port, or the board does not run: no power, held in reset, or an image for another "
            "board",
            "see that the board has power, that `serial` in the bench file names the port of this board's own probe "
            "(`ocpp-rig bench show`), and press its reset button: a banner must come",
            evidence,
        )
    return found(
        "the device does not start, or it starts and its console goes elsewhere",
        "see what the emulator or the process said itself (`noise` in journal.jsonl), and start the image by hand",
        evidence,
    )


@sign("Zephyr, kernel/banner.c; CONFIG_BOOT_BANNER", EVERYTHING)
def no_banner(recording: Recording) -> Found | None:
    """The console speaks, but never shows a boot banner."""
    waited, said = _waited_for_boot(recording), _said_before_boot(recording)
    if not waited or not said:
        return None
    step = "see whether the image is one of Zephyr's, and has CONFIG_BOOT_BANNER=y"
    if recording.run.target == ON_A_CABLE:
        step = f"press reset by hand: if the console begins anew, correct `reset` in the bench file; else {step}"
    return found(
        f"it is no fresh boot of a Zephyr image: {said[-1][1]!r} is the last that was said. The reset did not reach "
        "the device, another program runs on it, or its image was built without a banner",
        step,
        [*(entry for entry, _ in said[:3]), *waited],
    )


@sign("samples/net/ocpp, main.c: printk of `OCPP sample` is its first act", OF_THE_DEVICE)
def mute(recording: Recording) -> Found | None:
    """After its boot banner the charge point says nothing more."""
    boots = recording.seen(Milestone.BOOT)
    after = [entry for entry, line in recording.console if line.what is not LineKind.BOOT]
    if not boots or after or not steady(recording):
        return None
    return found(
        "main() was not reached: a driver waits for ever as Zephyr starts, or the image is not the OCPP sample",
        "attach a debugger and look where it stands (`west attach`), or build with "
        "CONFIG_LOG_MODE_IMMEDIATE=y, which shows the last driver's words",
        [boots[0][0], *(entry for entry, _ in recording.all(RunEnded))],
    )


@sign("samples/net/ocpp, main.c: printk of `OCPP sample`", ("boot.sample",))
def another_sample(recording: Recording) -> Found | None:
    """Another program than the OCPP sample boots."""
    boots = recording.seen(Milestone.BOOT)
    texts = [(entry, line.text) for entry, line in recording.console if line.what is LineKind.TEXT]
    greeting = [(entry, text) for entry, text in texts if boots and entry.n > boots[0][0].n]
    if not greeting or recording.seen(Milestone.SAMPLE):
        return None
    entry, text = greeting[0]
    return found(
        f"the image was built from other sources: it greets with {text!r}",
        "build the sample (`ocpp-rig build`), or give --firmware an image of samples/net/ocpp",
        [boots[0][0], entry],
    )


CONSOLE_SIGNS = (garbage, silent, no_banner, mute, another_sample)
