"""What every target is to a run."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rig.journal.events import DeviceChange


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the charge point looks for the central system and the SNTP server.

    `address` is what the charge point calls the host; ports are 0 where its configuration can follow whatever the
    kernel chooses, and fixed where an image is already built.
    """

    address: str
    ocpp_port: int
    path: str
    sntp_port: int

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

    And, by `changed`, what the rig does to the device while it runs.
    """

    console: Callable[[bytes], None]
    noise: Callable[[str], None]
    exited: Callable[[int], None]
    changed: Callable[[DeviceChange], None]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of the device under test before it runs.

    Attributes:
        target: the way it is run: native_sim, qemu, twin.
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


class Target(ABC):
    """One device under test. Create it, `start` it once, `stop` it always."""

    facts: DeviceFacts

    @abstractmethod
    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        """Start the device; `folder` is the run's, `endpoints` have their ports. Returns the process id.

        Raises:
            BenchError: it cannot be started.
        """

    @abstractmethod
    async def stop(self) -> None:
        """End the device and everything started for it. Safe to call twice, and before `start`."""

    def configuration(self) -> dict[str, str]:
        """Files that tell how the device is configured, by name, for the run folder."""
        return {}
