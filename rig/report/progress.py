"""A run as it happens, a line for each step, told from the journal's entries."""

from collections.abc import Callable

from central_system.events import ConnectionClosed, ConnectionOpened, Frame, Impaired, SntpExchange, Upgrade
from rig.console.milestones import Milestone, Seen, milestone_of
from rig.console.records import ConsoleLine, LineKind
from rig.journal.codec import Entry
from rig.journal.events import Action, Awaited, DeviceEvent, FlashAttempt, Missed, RunEnded, RunStarted
from rig.journal.messages import Message, MessageType, messages_of

TOLD: dict[str, Callable[[Message], str]] = {
    "BootNotification": lambda m: f"{m.field('chargePointVendor')} {m.field('chargePointModel')}",
    "Authorize": lambda m: str(m.field("idTag")),
    "StartTransaction": lambda m: f"connector {m.field('connectorId')}, {m.field('idTag')}",
    "StopTransaction": lambda m: f"transaction {m.field('transactionId')}",
    "MeterValues": lambda m: (
        f"connector {m.field('connectorId')}, {m.field('meterValue', 0, 'sampledValue', 0, 'value')} Wh"
    ),
}


class Narrator:
    """Listens to a journal and writes what a person would follow; `write` takes whole lines."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._announced: set[Milestone] = set()

    def __call__(self, entry: Entry) -> None:
        """Tell of one entry, where it is worth a line."""
        text = self._text(entry)
        if text:
            self._write(f"  {entry.t:8.3f} s  {text}")

    def _text(self, entry: Entry) -> str:  # noqa: C901, PLR0911, PLR0912  (one line for each kind of event)
        match entry.event:
            case RunStarted(ratio=ratio, server_port=port, sntp_port=sntp_port):
                return f"listening: central system on port {port}, SNTP on {sntp_port}; device time × {ratio:g}"
            case DeviceEvent(what=what, pid=pid, returncode=code):
                ended = f", exit code {code}" if what == "exited" else ""
                return f"device {what}" + (f" (pid {pid}{ended})" if pid else "")
            case FlashAttempt(outcome=outcome, attempt=attempt, seconds=seconds, size=size, problem=problem):
                told = str(problem).splitlines()[0] if outcome == "failed" else f"{size:,} bytes"
                return f"flash: {outcome}, {told} (attempt {attempt}, {seconds:.1f} s)"
            case ConsoleLine() as line:
                return self._console(line)
            case SntpExchange(fault=str(fault), reply=reply):
                return f"SNTP request {'not ' if reply is None else ''}answered, with the fault {fault}"
            case SntpExchange(reply=reply):
                return "SNTP request answered" if reply else "SNTP request that is none, not answered"
            case ConnectionOpened(peer=peer):
                return f"connection from {peer}"
            case Upgrade(path=path):
                return f"WebSocket {path}"
            case ConnectionClosed(by=by):
                return f"connection closed by the {'charge point' if by == 'CP>' else 'central system'}"
            case Frame(sender="CP>"):
                return "".join(self._message(message) for message in messages_of([entry]))
            case Impaired(how="shaped", sent=None):
                return ""  # its bytes came later, or in other portions
            case Impaired() as impaired:
                return self._impaired(impaired)
            case Action(name=name, outcome=outcome):
                return f"→ {name}: {outcome.get('status') or outcome.get('error')}"
            case Awaited(what=what, budget_s=budget_s):
                return f"… waiting for {what}, up to {budget_s:g} s of device time"
            case Missed(what=what, budget_s=budget_s):
                return f"NOT SEEN within {budget_s:g} s of device time: {what}"
            case RunEnded(error=str(error)):
                return f"the run broke off: {error.splitlines()[0]}"
        return ""

    @staticmethod
    def _impaired(impaired: Impaired) -> str:
        where = {"CP>": "what the charge point sends", "CS>": "what it is sent"}.get(impaired.sender or "", "the link")
        for_s = "" if impaired.for_s is None else f", {impaired.for_s:g} s"
        match impaired.how:
            case "set":
                return f"impaired, {where} from now on: {impaired.what or 'not impaired'}"
            case "lost":
                return f"impaired, {where}: a frame was lost, for the connection ended"
            case _:
                return f"impaired, {where}: {impaired.what}{for_s}"

    def _console(self, line: ConsoleLine) -> str:
        if line.what in {LineKind.FATAL, LineKind.SANITIZER, LineKind.DROPPED}:
            return f"console: {line.text}"
        seen = milestone_of(line)
        return self._milestone(seen) if seen else ""

    def _milestone(self, seen: Seen) -> str:
        told = {
            Milestone.BOOT: f"boot: Zephyr build {seen.fields.get('build')}",
            Milestone.ADDRESS: f"address {seen.fields.get('ip')}",
            Milestone.CLOCK: "clock set",
            Milestone.CLOCK_FAILED: f"clock not set: error {seen.fields.get('error')}",
        }.get(seen.milestone, "")
        if seen.milestone in self._announced and seen.milestone is not Milestone.BOOT:
            return ""  # the sample tells of its address three times
        self._announced.add(seen.milestone)
        return told

    @staticmethod
    def _message(message: Message) -> str:
        if message.problem:
            return f"a message that is no OCPP: {message.problem}"
        if message.type is not MessageType.CALL:
            return ""
        detail = TOLD.get(message.action)
        return message.action + (f": {detail(message)}" if detail else "")
