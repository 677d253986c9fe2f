"""A machine that is not this one, with the boards that a test plugs in."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from pathlib import Path

from central_system.ports import Bind
from firmware_build.flash import Probe
from rig.bench.device import Network
from rig.bench.host import Host
from rig.bench.port_users import PortUser
from rig.network.interface import Interface

SERIAL = "066BFF303435554157121019"
BY_ID = f"/dev/serial/by-id/usb-STMicroelectronics_STM32_STLink_{SERIAL}-if02"
NODE = "/dev/bus/usb/001/005"


def a_probe(unique_id: str = SERIAL, firmware: str | None = "V2J43M30", problem: str | None = None) -> Probe:
    return Probe(unique_id, "STM32 STLink", "STMicroelectronics", "STM32 STLink", firmware, 3.2, problem)


@dataclass
class Machine:
    """What the doctor sees; well in all respects until a test breaks one."""

    root: Path
    denied: set[str] = field(default_factory=set)
    """Files that this user may not read and write."""
    programs: dict[str, str | None] = field(default_factory=lambda: {"dnsmasq": "", "uhubctl": ""})
    """Installed programs, with what they print; None: not to this user."""
    users: list[PortUser] = field(default_factory=list)
    probes: Callable[[], list[Probe]] = lambda: [a_probe()]
    bind: Bind = lambda *_: socket.socket()
    facing: Callable[[Network], tuple[Interface, IPv4Interface]] = lambda _: (
        Interface("eth1", up=True, carrier=True, addresses=(IPv4Interface("192.0.2.1/24"),)),
        IPv4Interface("192.0.2.1/24"),
    )

    def host(self) -> Host:
        return Host(
            root=self.root,
            output_of=self._output_of,
            installed=lambda program: program in self.programs,
            may_use=lambda file: "/" + str(file.relative_to(self.root)) not in self.denied,
            users_of=lambda _: self.users,
            facing=self.facing,
            bound_in=lambda _: self.bind,
            probes=self.probes,
        )

    def _output_of(self, command: Sequence[str]) -> str | None:
        return self.programs.get(command[0])

    def plug(
        self,
        serial: str = SERIAL,
        *,
        product_id: int = 0x374B,
        vendor_id: int = 0x0483,
        location: str = "1-1",
        product: str = "STM32 STLink",
        port: str | None = "ttyACM0",
        by_id: bool = True,
    ) -> None:
        """Plug a USB device in, as Linux 6 shows an ST-LINK."""
        number = 4 + int(location[-1])
        device = self.root / "sys/bus/usb/devices" / location
        facts = {"idVendor": f"{vendor_id:04x}", "idProduct": f"{product_id:04x}", "busnum": "1", "devnum": str(number)}
        for name, content in {**facts, "serial": serial, "product": product}.items():
            self.file(f"{device.relative_to(self.root)}/{name}", content + "\n")
        self.file(f"dev/bus/usb/001/{number:03}")
        (self.root / "sys/bus/usb/devices" / f"{location}:1.0").mkdir()
        if port:
            (device / f"{location}:1.2/tty/{port}").mkdir(parents=True)
            self.file(f"dev/{port}")
        if port and by_id:
            link = self.root / f"dev/serial/by-id/usb-STMicroelectronics_{product.replace(' ', '_')}_{serial}-if02"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../../{port}")

    def file(self, path: str, content: str = "") -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file
