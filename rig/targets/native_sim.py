"""The real firmware as a process of this host (Zephyr's native_sim), with the host's sockets and a clock to set."""

from collections.abc import Sequence
from pathlib import Path

from firmware_build import Firmware
from rig.targets.base import Endpoints
from rig.targets.host import HostProcess
from rig.targets.image import configuration_of, facts_of_image


class NativeSim(HostProcess):
    """Runs `zephyr.exe` at `ratio` times real time (`-rt-ratio`); the real firmware holds up to 100."""

    def __init__(self, firmware: Firmware, *, ratio: float, build_source: str) -> None:
        super().__init__()
        self._firmware = firmware
        self.facts = facts_of_image(
            firmware,
            target="native_sim",
            ratio=ratio,
            build_source=build_source,
            address=firmware.server_address or "127.0.0.1",
            has_dhcp=False,
            network_s=1.0,
            clock_error=0.001,
        )

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        """The executable; its addresses are built in, and it writes to the terminal that it is given as stdout."""
        del folder, endpoints, console
        return [str(self._firmware.image.resolve()), "-rt", f"-rt-ratio={self.facts.ratio:g}"]

    def configuration(self) -> dict[str, str]:
        """The image's Kconfig."""
        return configuration_of(self._firmware)
