"""What every target is to a run."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rig.errors import BenchError
from rig.journal.events import Awaited, DeviceChange, FlashAttempt


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the charge point looks for the central system and the SNTP server.

    `address` is what the charge point calls the host; ports are 0 where its configuration can follow whatever the
    kernel chooses, and fixed where an image is already built. `host` is the address that the servers listen on, in the
    network namespace `namespace` (a name or a path; None: that of the rig).
    """

    address: str
    ocpp_port: int
    path: str
    sntp_port: int
    host: str = "127.0.0.1"
    namespace: str | None = None

    @property
    def free(self) -> bool:
        """Whether the kernel may choose the ports."""
        return self.ocpp_port == 0

    def bound(self, ocpp_port: int, sntp_port: int) -> "Endpoints":
        """The same with the ports that the kernel chose."""
        return replace(self, ocpp_port=ocpp_port, sntp_port=sntp_port)


@dataclass(frozen=True, slots=True)
class Sink:
    """Where a target delivers what its device does: console bytes, the emulator's own lines, the exit code.

    And what the rig does to the device (`changed`, `record`); that what the console brought until now is of the image
    before (`forget`); that the bench broke in mid-run (`lost`).
    """

    console: Callable[[bytes], None]
    noise: Callable[[str], None]
    exited: Callable[[int], None]
    changed: Callable[[DeviceChange], None]
    forget: Callable[[], None]
    record: Callable[[FlashAttempt | Awaited], object]
    lost: Callable[[BenchError], None]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of the device under test before it runs.

    Attributes:
        target: the way it is run: native_sim, qemu, board, virtual_board, twin.
        board: Zephyr's name of the board.
        ratio: device seconds in a second of the host.
        clock_error: the fraction by which its clock is known to be off.
        has_dhcp: whether it asks for an address.
        endpoints: where it looks for its servers.
        network_s: device seconds within which it has an address, at the most.
        build: the string its boot banner must show; None: to be learned from the first boot.
        build_source: where that string is from, for the report.
        firmware_version: the Zephyr version, where it is known.
        facts: whatever else a report should name (image, footprint, defects of the twin).
        needs_namespace: whether the run must have a network namespace of its own.
        has_network_of_its_own: whether it is on a network already, so that a run must meet it there.
    """

    target: str
    board: str
    ratio: float
    clock_error: float
    has_dhcp: bool
    endpoints: Endpoints
    network_s: float
    build: str | None
    build_source: str
    firmware_version: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    has_network_of_its_own: bool = False
    needs_namespace: bool = False


class Target(ABC):
    """One device under test. Create it, `start` it once, `stop` it always."""

    facts: DeviceFacts
    #: Whether it runs, and talks, before the run and after it: until its reset, and the boot banner, all is noise then.
    outlives_runs = False

    @contextlib.contextmanager
    def reserved(self, say: Callable[[str], object]) -> Iterator[None]:
        """Within it nobody else has the device; `say` gets a line where that takes a while.

        Raises:
            BenchError: somebody else has it.
        """
        del say
        yield

    async def prepare(self, sink: Sink) -> None:
        """Do what must be done before any server is there to be found; most devices need nothing.

        Raises:
            BenchError: the device cannot be made ready.
        """
        del sink

    @abstractmethod
    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int | None:
        """Start the device; `folder` is the run's, `endpoints` have their ports. Returns its process id, if it has one.

        Raises:
            BenchError: it cannot be started.
        """

    @abstractmethod
    async def stop(self) -> None:
        """End the device and everything started for it. Safe to call twice, and before `start`."""

    def configuration(self) -> dict[str, str]:
        """Files that tell how the device is configured, by name, for the run folder."""
        return {}
