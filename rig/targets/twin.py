"""The charge point of the sample's documentation, in Python: the embedded device under test where no Zephyr is."""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_build.sample import OCPP_PATH
from rig.targets.base import DeviceFacts, Endpoints
from rig.targets.host import HostProcess

CONFIGURATION = "prj.conf"


class Twin(HostProcess):
    """Runs `python -m rig.twin` at `ratio` times real time, with the named `defects`."""

    def __init__(self, *, ratio: float, defects: Sequence[str] = ()) -> None:
        super().__init__()
        self._defects = tuple(defects)
        self._build = secrets.token_hex(6)
        self.facts = DeviceFacts(
            target="twin",
            board="twin",
            ratio=ratio,
            clock_error=0.001,
            has_dhcp=True,
            endpoints=Endpoints("127.0.0.1", 0, OCPP_PATH, 0),
            network_s=10.0,
            build=self._build,
            build_source="chosen for this run",
            facts={"defects": list(defects)} if defects else {},
        )

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        """Write the twin's `prj.conf` into the run folder, and name it."""
        del console  # it writes to the terminal that it is given as stdout
        configuration = folder / CONFIGURATION
        configuration.write_text(
            'CONFIG_BOARD="twin"\n'
            f'CONFIG_NET_SAMPLE_OCPP_SERVER="{endpoints.address}"\n'
            f"CONFIG_NET_SAMPLE_OCPP_PORT={endpoints.ocpp_port}\n"
            f'CONFIG_NET_SAMPLE_OCPP_WS_PATH="{endpoints.path}"\n'
            f'CONFIG_NET_SAMPLE_SNTP_SERVER="{endpoints.address}"\n'
            f"CONFIG_NET_SAMPLE_SNTP_SERVER_PORT={endpoints.sntp_port}\n",
            encoding="utf-8",
        )
        defects = [word for defect in self._defects for word in ("--defect", defect)]
        scale = ["--time-scale", f"{self.facts.ratio:g}"]
        # -P: only what is installed, never a package of the same name in the folder the user happens to stand in.
        interpreter = [sys.executable, "-P", "-m", "rig.twin"]
        return [*interpreter, "--config", str(configuration), "--build", self._build, *scale, *defects]
