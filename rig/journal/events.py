"""The events that the rig itself writes, beside those of `central_system.events` and `rig.console.records`.

docs/journal.md is the schema for people; the dataclasses are the schema for programs.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first line of a journal: what is run, and all that a judge needs to know about how.

    `host_epoch_s` is the host's time (seconds since 1970) at t = 0; `world_epoch_s` the time that the charge point is
    told at t = 0, running `ratio` times as fast. `clock_error` is the fraction by which this device's clock is known
    to run fast or slow. `build` is the string its boot banner must show, None where it is to be learned.
    """

    kind: ClassVar = "run"
    rig_version: str
    schema: int
    target: str
    board: str
    ratio: float
    clock_error: float
    has_dhcp: bool
    host_epoch_s: float
    world_epoch_s: float
    build: str | None
    build_source: str
    firmware_version: str | None
    heartbeat_interval_s: float
    server_address: str
    server_port: int
    path: str
    sntp_port: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Awaited:
    """From now on the rig waits for a step, `budget_s` device seconds at the most."""

    kind: ClassVar = "await"
    what: str
    budget_s: float


@dataclass(frozen=True, slots=True)
class Missed:
    """An awaited step did not come within its budget of `budget_s` device seconds; the run goes on to be judged."""

    kind: ClassVar = "missed"
    what: str
    budget_s: float


@dataclass(frozen=True, slots=True)
class Action:
    """What the rig asked of the charge point, and what came back: the answer's payload, or `error`."""

    kind: ClassVar = "action"
    name: str
    outcome: dict[str, Any]


DeviceChange = Literal["started", "exited", "stopped", "reset", "link down", "link up", "paused", "resumed"]


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """The device under test was started, ended by itself (`exited`), was stopped by the rig, or had a fault injected.

    `returncode` is that of `subprocess`: negative for a signal.
    """

    kind: ClassVar = "device"
    what: DeviceChange
    pid: int | None = None
    returncode: int | None = None


@dataclass(frozen=True, slots=True)
class FlashAttempt:
    """One attempt to have the image under test on a board's chip, `seconds` wall seconds long.

    `verified`: written, read back and equal. `identical`: it was there already, read and equal. `failed`: `problem`
    says how. `size` in bytes and `sha256` are those of the image.
    """

    kind: ClassVar = "flash"
    attempt: int
    outcome: Literal["verified", "identical", "failed"]
    seconds: float
    probe: str | None = None
    chip: str | None = None
    size: int | None = None
    sha256: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """A line that is not of the firmware under test: an emulator's, a helper's, what a board said before its boot."""

    kind: ClassVar = "noise"
    text: str


@dataclass(frozen=True, slots=True)
class Lateness:
    """The host kept the rig or the device (`of`) waiting for a processor for `late_s` wall seconds."""

    kind: ClassVar = "late"
    of: Literal["rig", "device"]
    late_s: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last line of a whole journal. `error` says how the bench broke, None where the run came to its end."""

    kind: ClassVar = "end"
    error: str | None = None
    cure: str | None = None


RigEvent = RunStarted | Awaited | Missed | Action | DeviceEvent | FlashAttempt | Noise | Lateness | RunEnded
SCHEMA = 1
