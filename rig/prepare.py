"""From a wish to a recording: choose the device, isolate it, run it. Shared by `ocpp-rig run` and plain pytest."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rig import netns
from rig.checks.judge import judge
from rig.checks.verdict import Verdict
from rig.errors import BenchError, UsageError
from rig.journal.codec import Entry
from rig.journal.recording import Recording
from rig.lifecycle import lifecycle
from rig.run import JOURNAL, record
from rig.targets.choose import choose
from rig.targets.wish import Choice, Wish

RUNS = "ocpp-rig-runs"
ISOLATION = ("auto", "namespace", "host")


@dataclass(frozen=True)
class Prepared:
    """A device ready to run, and the folder for what it leaves."""

    choice: Choice
    folder: Path
    isolation: str = "auto"

    @property
    def recorded(self) -> bool:
        """Whether it has been run, by this process or by another that was given the same folder."""
        journal = self.folder / JOURNAL
        return journal.is_file() and journal.stat().st_size > 0

    @cached_property
    def recording(self) -> Recording:
        """What was recorded; ask once the run is over."""
        return Recording.load(self.folder)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on it."""
        return judge(self.recording)

    def run(self, listener: Callable[[Entry], None], say: Callable[[str], object]) -> Recording:
        """Record the charge lifecycle. A broken bench is in the recording too, for the judge to tell.

        Raises:
            BenchError: the bench broke before anything could be recorded.
        """
        say(self._isolate())
        with self.choice.target.reserved(say):
            try:
                record(self.choice.target, self.folder, lifecycle, listeners=(listener,))
            except BenchError:
                if not self.recorded:
                    raise
        write_frames(self.recording, self.folder / "frames.jsonl")
        return self.recording

    def _isolate(self) -> str:
        endpoints = self.choice.target.facts.endpoints
        ports = f"ports {endpoints.ocpp_port} and {endpoints.sntp_port}"
        if self.choice.target.facts.has_network_of_its_own:
            where = f" in network namespace {endpoints.namespace}" if endpoints.namespace else ""
            return f"network: the board's own, {endpoints.host} {ports}{where}"
        isolation = "namespace" if self.choice.target.facts.needs_namespace else self.isolation
        if isolation != self.isolation == "host":
            raise BenchError(
                "--network tap makes a network of its own, not on this host's", "leave out --isolation host"
            )
        if endpoints.free and isolation != "namespace":
            return "isolation: none needed, the device takes whatever ports are free"
        if isolation == "host":
            return f"isolation: none, {ports} of this host"
        try:
            netns.enter()
        except netns.NamespaceUnavailableError as error:
            if isolation == "namespace":
                cure = f"allow it: {netns.ALLOW}; or use --isolation host"
                raise BenchError(str(error), cure) from error
            return f"isolation: none ({error.strerror}), {ports} of this host"
        return f"isolation: a network namespace of its own, with {ports}"


def prepare_all(wishes: Sequence[Wish], out: Path | None, isolation: str) -> tuple[dict[str, Prepared], Path]:
    """Every device that is wished for, by a name of its own, and the folder that holds all their folders.

    Raises:
        UsageError: a wish cannot be met, or the folder cannot be used.
        BenchError: a device cannot be made ready.
    """
    choices = [choose(wish) for wish in wishes]
    if len(choices) == 1:
        board = choices[0].target.facts.board
        folder = run_folder(out, board)
        return {board: Prepared(choices[0], folder, isolation)}, folder
    names = [wish.place or wish.device or "" for wish in wishes]
    if len(set(names)) < len(names):
        raise UsageError(f"the same board twice: {', '.join(names)}")
    folder = run_folder(out, "boards")
    folders = [run_folder(folder / name.replace("/", "_"), name) for name in names]
    ready = [Prepared(choice, mine, isolation) for choice, mine in zip(choices, folders, strict=True)]
    return dict(zip(names, ready, strict=True)), folder


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
