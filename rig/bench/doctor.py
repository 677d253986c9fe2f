"""Examine the bench: what each device of the bench file lacks right now, and the cure."""

import errno
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from central_system.ports import PortUnavailableError
from firmware_build.flash import FlashError, Probe
from rig.bench.device import Device
from rig.bench.firewall.check import firewall
from rig.bench.firewall.rules import Packet
from rig.bench.host import Host
from rig.bench.lock import lock_owner
from rig.bench.port_holders import holders_of_port
from rig.bench.usb import UsbDevice, usb_devices
from rig.errors import BenchError
from rig.finding import Finding

OCPP_PORT, SNTP_PORT, DHCP_PORT, DNS_PORT = 8180, 123, 67, 53
OLDEST = {2: 28, 3: 2}
"""Oldest firmware of an ST-LINK to rely on, its J number by hardware version: below it pyOCD lacks access to more than
one access port, or to banks of the debug port (pyocd/probe/stlink/stlink.py, MIN_JTAG_VERSION_*)."""
UDEV = (
    "get 49-stlinkv*.rules from https://github.com/pyocd/pyOCD/tree/main/udev into /etc/udev/rules.d, then "
    "`sudo udevadm control --reload && sudo udevadm trigger`, and plug the board in again"
)
UPDATE = "update it with STM32CubeProgrammer (Firmware upgrade) or ST's STSW-LINK007"


def examine(devices: Sequence[Device], host: Host) -> Iterator[tuple[Device, list[Finding]]]:
    """Each device with what is found out about it; only who has it where it is not connected."""
    usb = {device.serial: device for device in usb_devices(host) if device.serial}
    try:
        probes, mute = {probe.unique_id: probe for probe in host.probes()}, []
    except FlashError as error:
        probes, mute = {}, [Finding("pyOCD", error.message, error.cure)]
    for device in devices:
        yield device, [*mute, *of_device(device, host, usb, probes)] if device.connected else [lock(device)]


def of_device(device: Device, host: Host, usb: dict[str, UsbDevice], probes: dict[str, Probe]) -> Iterator[Finding]:
    """The findings on one device; `usb` and `probes` by their serial numbers."""
    if device.place:
        yield Finding("place", f"{device.place}: probe and console are the farm's")
    else:
        yield lock(device)
        if lock_owner(device.probe):
            return  # its probe, its console and the ports are in use, as they should be
        yield from probe(device, host, usb, probes)
        yield from console(device, host)
        yield from power(device, host)
    yield from network(device, host)


def lock(device: Device) -> Finding:
    """Whether the device is free, and else who has it; no fault."""
    owner = lock_owner(device.probe)
    return Finding("lock", f"in use by {owner}" if owner else "free")


def probe(device: Device, host: Host, usb: dict[str, UsbDevice], probes: dict[str, Probe]) -> Iterator[Finding]:
    """Whether the probe is there, may be used, and has a firmware that will do."""
    plugged, known = usb.get(device.probe), probes.get(device.probe)
    if not plugged and not known:
        others = ", ".join({*probes, *(each.serial for each in usb.values() if each.is_st_link)}) or "none"
        cure = f"plug the board in at its ST-LINK connector; probes that are here: {others} (`ocpp-rig bench scan`)"
        yield Finding("probe", f"no probe with the serial number {device.probe}", cure)
        return
    name = plugged.product if plugged else known.product if known else ""
    yield Finding("probe", f"{name}{f' at USB {plugged.location}' if plugged else ''}")
    if plugged and not host.may_use(host.path(plugged.node)):
        yield Finding("probe rights", f"this user may not read and write {plugged.node}", UDEV)
    elif known and known.problem:
        yield Finding("probe use", known.problem, "end the program that has it, or plug the board in again")
    elif known and known.firmware:
        yield _firmware(known.firmware)


def _firmware(version: str) -> Finding:
    numbers = re.match(r"V(\d+)J(\d+)", version)
    if numbers and int(numbers[2]) < (oldest := OLDEST.get(int(numbers[1]), 0)):
        return Finding("probe firmware", f"{version} is old; V{numbers[1]}J{oldest} or newer is needed", UPDATE)
    return Finding("probe firmware", version)


def console(device: Device, host: Host) -> Iterator[Finding]:
    """Whether the console's port is there, may be used, and is free."""
    where = device.serial
    if where is None:
        yield Finding(
            "console", "the bench file names none", "`ocpp-rig bench scan --out FILE` looks for it, or set serial"
        )
        return
    if "/" not in where or "://" in where:
        yield Finding("console", f"{where}, looked for when it is opened")
        return
    file = host.path(where)
    if not file.exists():
        cure = "plug the board in; `ocpp-rig bench scan --out FILE` takes the console of today"
        yield Finding("console", f"{where} does not exist", cure)
    elif not host.may_use(file):
        group = _group(file)
        cure = f"sudo usermod -aG {group} $USER, and log in again"
        yield Finding("console", f"this user may not read and write {where}", cure)
    elif users := host.users_of(str(file)):
        who = ", ".join(map(str, users))
        yield Finding(
            "console", f"{where} is in use by {who}", f"end it: kill {' '.join(str(user.pid) for user in users)}"
        )
    else:
        yield Finding("console", f"{where} at {device.baud} baud, free")


def power(device: Device, host: Host) -> Iterator[Finding]:
    """Whether the programs are here that switch the board's supply and reset it."""
    commands = [device.power.on, device.power.off] if device.power else []
    programs = {command[0] for command in (*commands, device.reset) if isinstance(command, tuple) and command}
    if device.power and device.power.hub:
        programs.add("uhubctl")
    for program in sorted(programs):
        if not host.installed(program):
            cure = "sudo apt install uhubctl" if program == "uhubctl" else "correct the command in the bench file"
            yield Finding("power", f"{program} is not installed", cure)
    if device.reset == "power" and not device.power:
        cure = "name the hub's port or the commands: `ocpp_rig: {power: {hub: 1-1, port: 2}}`"
        yield Finding("power", "the board is reset by its supply, and the bench file names no power", cure)


def network(device: Device, host: Host) -> Iterator[Finding]:
    """Whether the board finds the central system, the SNTP server and, where the bench file asks for it, DHCP."""
    if not device.network.interface and not device.network.address:
        cure = "name the interface that faces the board: `ocpp_rig: {network: {interface: NAME}}`"
        yield Finding("network", "the bench file names no interface and no address", cure)
        return
    try:
        interface, address = host.facing(device.network)
    except BenchError as error:
        yield Finding("network", error.message, error.cure)
        return
    if interface.carrier:
        yield Finding("network", f"{interface.name}, this host is {address.ip} there")
    else:
        what = f"the interface {interface.name} has no carrier: no cable, or nothing alive at its other end"
        cure = "plug the cable into board and host, power the board, and see that `ip link` says LOWER_UP"
        yield Finding("network", what, cure)
    try:
        for protocol, port in (("tcp", device.network.port or OCPP_PORT), ("udp", SNTP_PORT)):
            yield _port(host, device.network.namespace, str(address.ip), protocol, port)
            yield firewall(host, Packet(protocol, port, str(address.ip), interface.name), device.network.namespace)
        if device.network.dhcp:
            yield _dhcp(host)
            # The first of DHCP goes to everybody, not to this host's address.
            for port, to in ((DHCP_PORT, None), (DNS_PORT, str(address.ip))):
                yield firewall(host, Packet("udp", port, to, interface.name), device.network.namespace)
    except BenchError as error:
        yield Finding("network", error.message, error.cure)


def _port(host: Host, namespace: str | None, address: str, protocol: str, port: int) -> Finding:
    what = f"{protocol.upper()} {port}"
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    try:
        host.bound_in(namespace)(kind, address, port).close()
    except PortUnavailableError as error:
        # In another namespace the tables of this one do not tell.
        taken = error.errno == errno.EADDRINUSE and not namespace
        holders = holders_of_port(host, protocol, address, port) if taken else []
        if not holders:
            return Finding(what, error.problem, error.cure)
        end = f"end it: kill {' '.join(str(holder.pid) for holder in holders)}"
        return Finding(what, f"{address} port {port} is taken by {', '.join(map(str, holders))}", end)
    return Finding(what, f"free on {address}")


def _dhcp(host: Host) -> Finding:
    if host.installed("dnsmasq"):
        return Finding("DHCP", "dnsmasq is installed")
    return Finding("DHCP", "the bench file asks for it, and dnsmasq is not installed", "sudo apt install dnsmasq-base")


def _group(file: Path) -> str:
    """The group that a port belongs to: `dialout` on Debian, `uucp` on Arch."""
    try:
        return file.group()
    except (KeyError, OSError):
        return "dialout"
