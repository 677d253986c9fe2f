"""Start a central system as a process of its own, and watch what it takes."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ADDRESSES = {
    "ocpp": re.compile(r"\bwss?://[^\s/:]+:(\d+)"),
    "sntp": re.compile(r"\bSNTP\b.*?:(\d+)"),
    "web": re.compile(r"\bhttps?://[^\s/:]+:(\d+)"),
}
"""How a central system tells them; the page's comes last where there is one."""

SHOWN = 2000
"""Characters of a log, at its end."""

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


def host_cpu_s() -> float:
    """Seconds of processor that all processes of this host have taken so far (proc(5), stat)."""
    fields = [int(each) for each in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
    idle_and_waiting_for_disks = fields[3] + fields[4]
    return (sum(fields[:8]) - idle_and_waiting_for_disks) / TICKS_PER_S


class NotServingError(Exception):
    """A central system did not say where it serves."""


@dataclass
class Served:
    """A central system that runs. `log` is what it says."""

    process: "subprocess.Popen[bytes]"
    log: Path
    port: int
    web_port: int | None
    sntp_port: int | None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def cpu_s(self) -> float:
        """Seconds of processor that it has taken so far, in user and in kernel mode (proc(5), stat)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_kib(self) -> int:
        """Its resident memory (proc(5), statm)."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_KIB

    def waited_s(self) -> float:
        """Seconds that the thread which serves charge points has waited for a processor (proc(5), schedstat)."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


def ocpp_rig(*options: str) -> list[str]:
    """The command line of `ocpp-rig serve` on ports that the kernel chooses."""
    return [sys.executable, "-m", "rig.cli", "serve", "--port", "0", "--web-port", "0", "--sntp-port", "0", *options]


@contextlib.contextmanager
def serving(command: Sequence[str], log: Path, *, web: bool = False, within_s: float = 30) -> Iterator[Served]:
    """Run a central system until the block ends; it has told its addresses by then. SIGTERM ends it, then SIGKILL.

    What it prints is read all the time and goes to `log` with what it says of errors: one that nobody listens to stops.

    Raises:
        NotServingError: it ended, or said nothing of where it serves.
    """
    state = os.environ | {"XDG_STATE_HOME": str(log.parent)}  # where it keeps what is not in its database yet
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=state)
    said = _Said(process, log)
    listening = threading.Thread(target=said.listen)
    listening.start()
    try:
        yield said.served(web=web, within_s=within_s)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listening.join()


class _Said:
    """What a process says, kept in `log`, and the addresses in it."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log
        self._ports: dict[str, int] = {}
        self._changed = threading.Condition()
        self._over = False

    def listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as said, self._log.open("ab", buffering=0) as log:
            for line in said:
                log.write(line)
                self._note(line.decode(errors="replace"))
        with self._changed:
            self._over = True
            self._changed.notify()

    def served(self, *, web: bool, within_s: float) -> Served:
        def told() -> bool:
            return "ocpp" in self._ports and ("web" in self._ports or not web)

        with self._changed:
            self._changed.wait_for(lambda: told() or self._over, within_s)
            if not told():
                said = self._log.read_text(encoding="utf-8", errors="replace")[-SHOWN:]
                raise NotServingError(f"{self._process.args!r} does not serve; it said, in {self._log}:\n{said}")
            ports = dict(self._ports)
        return Served(self._process, self._log, ports["ocpp"], ports.get("web"), ports.get("sntp"))

    def _note(self, line: str) -> None:
        if len(self._ports) == len(ADDRESSES):
            return
        for name, pattern in ADDRESSES.items():
            if (found := pattern.search(line)) and name not in self._ports:
                with self._changed:
                    self._ports[name] = int(found[1])
                    self._changed.notify()
