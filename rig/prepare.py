"""From a wish to a recording: choose the device, isolate it, run it. Shared by `ocpp-rig run` and plain pytest."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rig import netns
from rig.errors import BenchError, UsageError
from rig.journal.codec import Entry
from rig.journal.recording import Recording
from rig.lifecycle import lifecycle
from rig.run import JOURNAL, record
from rig.targets.choose import Choice

RUNS = "ocpp-rig-runs"
ISOLATION = ("auto", "namespace", "host")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A device ready to run, and the folder for what it leaves."""

    choice: Choice
    folder: Path
    isolation: str = "auto"

    def run(self, listener: Callable[[Entry], None], say: Callable[[str], object]) -> Recording:
        """Record the charge lifecycle. A broken bench is in the recording too, for the judge to tell.

        Raises:
            BenchError: the bench broke before anything could be recorded.
        """
        say(self._isolate())
        try:
            record(self.choice.target, self.folder, lifecycle, listeners=(listener,))
        except BenchError:
            if not (self.folder / JOURNAL).stat().st_size:
                raise
        recording = Recording.load(self.folder)
        write_frames(recording, self.folder / "frames.jsonl")
        return recording

    def _isolate(self) -> str:
        endpoints = self.choice.target.facts.endpoints
        ports = f"ports {endpoints.ocpp_port} and {endpoints.sntp_port}"
        if endpoints.free and self.isolation != "namespace":
            return "isolation: none needed, the device takes whatever ports are free"
        if self.isolation == "host":
            return f"isolation: none, {ports} of this host"
        try:
            netns.enter()
        except netns.NamespaceUnavailableError as error:
            if self.isolation == "namespace":
                cure = "allow it with `sudo sysctl kernel.unprivileged_userns_clone=1`, or use --isolation host"
                raise BenchError(str(error), cure) from error
            return f"isolation: none ({error.strerror}), {ports} of this host"
        return f"isolation: a network namespace of its own, with {ports}"


def run_folder(wanted: Path | None, name: str) -> Path:
    """The folder of a run: the one asked for, which must not hold a run yet, or a new one below `ocpp-rig-runs/`.

    Raises:
        UsageError: it holds a run already, or cannot be made.
    """
    if wanted is None:
        stamp = dt.datetime.now(tz=dt.UTC).astimezone().strftime("%Y%m%d-%H%M%S")
        base = Path(RUNS) / f"{stamp}-{name.replace('/', '_')}"
        tries = (base, *(base.with_name(f"{base.name}-{n}") for n in range(2, 1000)))
    else:
        tries = (wanted,)
    for folder in tries:
        try:
            folder.mkdir(parents=True, exist_ok=wanted is not None)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"cannot make the run folder {folder}: {error.strerror}") from error
        if (folder / JOURNAL).exists():
            raise UsageError(f"{folder} already holds a run ({JOURNAL}); name another folder with --out")
        return folder.resolve()
    raise UsageError(f"cannot make a run folder below {RUNS}")


def write_frames(recording: Recording, path: Path) -> None:
    """All OCPP-J messages of a recording, a line each, for tools that want nothing else."""
    with path.open("w", encoding="utf-8") as file:
        for m in recording.messages:
            line = {"n": m.n, "t": m.t, "connection": m.connection, "sender": m.sender, "message": m.raw}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
