"""The real firmware under QEMU: user networking, the console on a pseudo-terminal, faults through QMP."""

import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qemu.qmp import QMPClient

from firmware_build import Firmware, Missing
from rig.errors import BenchError
from rig.journal.events import DeviceChange
from rig.targets.base import Endpoints
from rig.targets.host import HostProcess
from rig.targets.image import configuration_of, facts_of_image

GUEST_CAPTURE = "guest.pcap"
HOST_ADDRESS = "10.0.2.2"
"""What QEMU's user networking calls this host's loopback."""


@dataclass(frozen=True, slots=True)
class Machine:
    """How QEMU plays a Zephyr board; `clock_error` is the fraction by which its clock runs wrong.

    The arguments are those of Zephyr's own `west build -t run`, without its `-no-reboot`: a restart is to be seen.
    """

    program: str
    arguments: tuple[str, ...]
    nic: str
    clock_error: float


MACHINES = {
    "qemu_x86": Machine(
        "qemu-system-i386",
        (
            *("-machine", "q35", "-cpu", "qemu32,+nx,+pae", "-m", "32", "-no-acpi"),
            *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
        ),
        "e1000",
        0.005,
    ),
    "mps2/an385": Machine("qemu-system-arm", ("-machine", "mps2-an385", "-cpu", "cortex-m3"), "lan9118", 0.005),
    # Its 12 MHz system clock is counted as 12.5 MHz: 4 % fast.
    "qemu_cortex_m3": Machine("qemu-system-arm", ("-machine", "lm3s6965evb", "-cpu", "cortex-m3"), "stellaris", 0.05),
}


def missing_emulator(board: str) -> list[Missing]:
    """The QEMU that plays this board, where it is not installed; nothing for a board that needs none."""
    program = MACHINES[board].program if board in MACHINES else None
    if not program or shutil.which(program):
        return []
    package = "qemu-system-x86" if "i386" in program else "qemu-system-arm"
    return [Missing(program, f"apt-get install {package}")]


class Qemu(HostProcess):
    """Runs an ELF image in real time. An Arm QEMU outlives a fatal error: the console, not the exit code, tells."""

    emulator = True

    def __init__(self, firmware: Firmware, *, build_source: str) -> None:
        super().__init__()
        self._firmware = firmware
        self._machine = MACHINES[firmware.board]
        self._qmp = QMPClient("ocpp-rig")
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._monitored = False
        self.facts = facts_of_image(
            firmware,
            target="qemu",
            ratio=1.0,
            build_source=build_source,
            address=firmware.server_address or HOST_ADDRESS,
            has_dhcp=True,
            # Zephyr waits 1 to 10 s before DHCP (CONFIG_NET_DHCPV4_INITIAL_DELAY_MAX), an385 3 s for its PHY.
            network_s=20.0,
            clock_error=self._machine.clock_error,
        )

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        """QEMU with the image, its console on `console`, and a capture of the guest's packets in `folder`.

        Raises:
            BenchError: this QEMU is not installed.
        """
        del endpoints
        for missing in missing_emulator(self.facts.board):
            raise BenchError(f"{missing.name} is not installed", missing.cure)
        # QMP over a socket without a name: nothing is left behind, whatever ends us.
        self._sockets = socket.socketpair()
        return [
            *(self._machine.program, *self._machine.arguments),
            # No -nodefaults: without QEMU's display card the e1000 sits in a PCI slot whose interrupt Zephyr misses.
            *("-display", "none", "-monitor", "none", "-parallel", "none", "-serial", console),
            *("-nic", f"user,id=net0,model={self._machine.nic}"),
            *("-object", f"filter-dump,id=capture,netdev=net0,file={folder / GUEST_CAPTURE}"),
            *("-chardev", f"socket,id=qmp,fd={self._sockets[1].fileno()}", "-mon", "chardev=qmp,mode=control"),
            *("-kernel", str(self._firmware.image)),
        ]

    def inherited_fds(self) -> Sequence[int]:
        """QEMU's end of the QMP connection."""
        return (self._sockets[1].fileno(),) if self._sockets else ()

    async def stop(self) -> None:
        """Leave QMP, then as every process. See `Target.stop`."""
        if self._monitored:
            self._monitored = False
            await self._qmp.disconnect()
        await super().stop()
        for end in self._sockets or ():
            end.close()
        self._sockets = None

    async def reset(self) -> None:
        """Reset the machine, as its reset button does. Its TCP connections are forgotten, not closed."""
        await self._change("reset", "system_reset")

    async def set_link(self, *, up: bool) -> None:
        """Plug the network cable in or pull it."""
        await self._change("link up" if up else "link down", "set_link", {"name": "net0", "up": up})

    async def pause(self) -> None:
        """Stop the machine where it is."""
        await self._change("paused", "stop")

    async def resume(self) -> None:
        """Let it go on."""
        await self._change("resumed", "cont")

    async def _change(self, what: DeviceChange, command: str, arguments: dict[str, object] | None = None) -> None:
        if not self._sockets or not self._sink:
            raise BenchError(f"{what}: the machine is not running", "start it first")
        if not self._monitored:
            await self._qmp.connect(self._sockets[0])
            self._monitored = True
        self._sink.changed(what)
        await self._qmp.execute(command, arguments)

    def configuration(self) -> dict[str, str]:
        """The image's Kconfig."""
        return configuration_of(self._firmware)
