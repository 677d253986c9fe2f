"""The sample ``samples/net/ocpp`` of a Zephyr tree, and which of its generations it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_build.configuration import parse_config
from firmware_build.errors import SampleNotFound

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_build.workspace import Workspace

SNTP_PORT = 123
"""The port that the 4.3 generation asks for the time, fixed in its source."""

OCPP_PATH = "/steve/websocket/CentralSystemService/zephyr"
"""The WebSocket path of the 4.3 generation, fixed in its source; the path of the SteVe central system."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the sample's own Kconfig and prj.conf say.

    Attributes:
        path: Its folder.
        ocpp_port: The central system's port where no fragment sets another one.
        ocpp_path: The WebSocket path, likewise.
        sntp_port: The time server's port, likewise.
        ocpp_path_configurable: False in the 4.3 generation, where the path is fixed in the source.
        sntp_port_configurable: False in the 4.3 generation, where the port is fixed in the source.
    """

    path: Path
    ocpp_port: int
    ocpp_path: str
    sntp_port: int
    ocpp_path_configurable: bool
    sntp_port_configurable: bool


def read_sample(workspace: Workspace) -> Sample:
    """The OCPP sample of a workspace.

    Raises:
        SampleNotFound: The tree has none.
    """
    path = workspace.zephyr_base / "samples" / "net" / "ocpp"
    try:
        kconfig = (path / "Kconfig").read_text()
        project = parse_config((path / "prj.conf").read_text())
    except OSError as error:
        raise SampleNotFound(
            f"Zephyr {workspace.version} at {workspace.zephyr_base} has no OCPP sample: {error}",
            cure="update that workspace to Zephyr 4.3 or newer, or make one with: ocpp-rig workspace init",
        ) from error
    defaults = _defaults(kconfig)

    def value(symbol: str, otherwise: str) -> str:
        return project.get(symbol) or defaults.get(symbol) or otherwise

    return Sample(
        path=path,
        ocpp_port=int(value("CONFIG_NET_SAMPLE_OCPP_PORT", "8180")),
        ocpp_path=value("CONFIG_NET_SAMPLE_OCPP_WS_PATH", OCPP_PATH),
        sntp_port=int(value("CONFIG_NET_SAMPLE_SNTP_SERVER_PORT", str(SNTP_PORT))),
        ocpp_path_configurable="CONFIG_NET_SAMPLE_OCPP_WS_PATH" in defaults,
        sntp_port_configurable="CONFIG_NET_SAMPLE_SNTP_SERVER_PORT" in defaults,
    )


def _defaults(kconfig: str) -> dict[str, str]:
    """Each symbol that a Kconfig file defines, with its first default; empty where it has none."""
    defaults = {}
    for entry in re.split(r"^\s*(?:menu)?config\s+", kconfig, flags=re.MULTILINE)[1:]:
        symbol, _, body = entry.partition("\n")
        default = re.search(r'^\s*default\s+"?([^"\n]*?)"?(?:\s+if\b.*)?$', body, re.MULTILINE)
        defaults[f"CONFIG_{symbol.strip()}"] = default[1] if default else ""
    return defaults
