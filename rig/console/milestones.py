"""What the sample says on its console, in the wordings of all its generations, as milestones of the charge lifecycle.

Sources: `samples/net/ocpp/src/main.c` of Zephyr v3.6 to v4.4, `subsys/net/lib/ocpp/ocpp.c`, the sample output in the
sample's documentation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rig.console.records import ConsoleLine, LineKind


class Milestone(StrEnum):
    """A step of the sample's life as its console tells it; the comment names the fields that come with it."""

    BOOT = "boot"  # build
    SAMPLE = "sample"  # board
    ADDRESS = "address"  # ip
    SERVER = "server"  # host, port
    RESOLVED = "resolved"  # ip
    CLOCK = "clock"  # epoch
    CLOCK_FAILED = "clock-failed"  # error
    READY = "ready"
    AUTHORIZED = "authorized"  # result, connector, status
    STARTED = "started"  # connector
    STOPPED = "stopped"  # connector
    REFUSED = "refused"  # connector, status
    REMOTE_START = "remote-start"  # tag, connector
    UNLOCK = "unlock"  # connector


WORDINGS: tuple[tuple[Milestone, str | None, re.Pattern[str]], ...] = tuple(
    (milestone, module, re.compile(pattern))
    for milestone, module, pattern in (
        (Milestone.ADDRESS, None, r"Received: (?P<ip>\S+)"),
        (Milestone.ADDRESS, None, r"Your address: (?P<ip>\S+)"),
        (Milestone.ADDRESS, None, r"IPv4 address: (?P<ip>\S+)"),
        (Milestone.SERVER, "main", r"cs server (?P<host>\S+) (?P<port>\d+)"),
        (Milestone.RESOLVED, "main", r"IPv4 Address (?P<ip>\S+)"),
        (Milestone.CLOCK, "main", r"SNTP success, epoch seconds: (?P<epoch>\d+)"),
        (Milestone.CLOCK, "main", r"sntp succ since Epoch: (?P<epoch>\d+)"),
        (
            Milestone.CLOCK_FAILED,
            "main",
            r"(?:SNTP IPv4 request failed|Failed to (?:init|lookup) SNTP.*?):? \(?(?P<error>-?\d+)",
        ),
        (Milestone.READY, "ocpp", r"ocpp init success"),
        (
            Milestone.AUTHORIZED,
            "main",
            r"ocpp auth (?P<result>-?\d+)> idcon (?P<connector>\d+) status (?P<status>-?\d+)",
        ),
        (Milestone.STARTED, "main", r"ocpp start charging connector id (?P<connector>\d+)"),
        (Milestone.STOPPED, "main", r"ocpp stop charging connector id (?P<connector>\d+)"),
        (Milestone.REFUSED, "main", r"ocpp start idcon (?P<connector>\d+)> not authorized status (?P<status>-?\d+)"),
        (Milestone.REMOTE_START, "main", r"Remote start charging idtag (?P<tag>.*?) ?connector (?P<connector>\d+)"),
        (Milestone.UNLOCK, "main", r"unlock connector (?P<connector>\d+)"),
    )
)
SAMPLE = re.compile(r"^OCPP sample (?P<board>.+)$")


@dataclass(frozen=True, slots=True)
class Seen:
    """A milestone, the fields that its line names, and the line."""

    milestone: Milestone
    fields: MappingProxyType[str, str]
    line: ConsoleLine

    @property
    def connector(self) -> int:
        """The connector that the line names, 0 where it names none."""
        return int(self.fields.get("connector", 0))


def milestone_of(line: ConsoleLine) -> Seen | None:
    """The milestone that a console line tells of, None where it tells of none."""
    if line.what is LineKind.BOOT:
        return Seen(Milestone.BOOT, MappingProxyType({"build": line.message or ""}), line)
    if line.what is LineKind.TEXT and (match := SAMPLE.match(line.text)):
        return Seen(Milestone.SAMPLE, MappingProxyType(match.groupdict()), line)
    if line.what is LineKind.LOG and line.message is not None:
        for milestone, module, wording in WORDINGS:
            if module in {None, line.module} and (match := wording.match(line.message)):
                return Seen(milestone, MappingProxyType(match.groupdict()), line)
    return None
