"""This machine as the bench looks at it: files below one root, programs, rights. Tests put another in its place."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from central_system.ports import Bind
from firmware_build.flash import Probe, list_probes
from rig.bench.device import Network
from rig.bench.lock import locks
from rig.bench.port_users import PortUser, users_of
from rig.network.interface import Interface, facing
from rig.network.namespace import bound_in
from rig.programs import which

COMMAND_S = 5.0


def output_of(command: Sequence[str]) -> str | None:
    """What a program prints; None: it is not installed, is not allowed to this user, or failed."""
    if not (program := which(command[0])):
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, timeout=COMMAND_S, check=False, env=_plain()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _plain() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


def _installed(program: str) -> bool:
    return which(program) is not None


def _may_use(file: Path) -> bool:
    return os.access(file, os.R_OK | os.W_OK)


def _probes() -> list[Probe]:
    """Those that somebody has locked are not opened: that would fail his run."""
    return list_probes(leave=[owner.device for owner in locks()])


@dataclass(frozen=True, slots=True)
class Host:
    """The machine that the doctor examines."""

    root: Path = Path("/")
    """Below it: `sys`, `proc`, `dev`, `etc`."""
    output_of: Callable[[Sequence[str]], str | None] = output_of
    installed: Callable[[str], bool] = _installed
    may_use: Callable[[Path], bool] = _may_use
    """Whether this user may read and write a file."""
    users_of: Callable[[str], list[PortUser]] = users_of
    """Who has a serial port open."""
    facing: Callable[[Network], tuple[Interface, IPv4Interface]] = facing
    """The interface that faces a board."""
    bound_in: Callable[[str | None], Bind] = bound_in
    """Binds ports, in a network namespace."""
    probes: Callable[[], list[Probe]] = _probes
    """The probes that pyOCD knows; raises FlashError where it cannot be asked."""

    def path(self, absolute: str) -> Path:
        """Where a file of the machine lies."""
        return self.root / absolute.lstrip("/")

    def lines(self, absolute: str | Path) -> list[str]:
        """The lines of a small file, as procfs and sysfs have them; none where it cannot be read."""
        file = self.path(absolute) if isinstance(absolute, str) else absolute
        try:
            return file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
