"""What the doctor finds out about a bench: each fault has a finding of its own, with its cure."""

import dataclasses
import errno
import os
import socket
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from central_system.ports import PortUnavailableError
from firmware_build.flash import FlashError, Probe
from rig.bench.device import Device, Dhcp, Network, Power
from rig.bench.doctor import examine
from rig.bench.host import Host
from rig.bench.lock import device_lock
from rig.bench.port_holders import holders_of_port
from rig.bench.port_users import PortUser
from rig.finding import Finding
from rig.network.interface import Interface
from tests.unit.rig.bench.machine import BY_ID, NODE, SERIAL, Machine, a_probe

DISCO = Device(
    SERIAL,
    "stm32f769i_disco",
    serial=BY_ID,
    network=Network("eth1", dhcp=Dhcp("192.0.2.10", "192.0.2.20")),
    power=Power(hub="1-1", port=2),
)


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCPP_RIG_LOCKS", str(tmp_path / "locks"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "machine")
    machine.plug()
    return machine


def found(machine: Machine, device: Device = DISCO) -> dict[str, Finding]:
    [(_, findings)] = examine([device], machine.host())
    return {finding.what: finding for finding in findings}


def lacking(machine: Machine, device: Device = DISCO) -> dict[str, Finding]:
    return {what: finding for what, finding in found(machine, device).items() if finding.cure}


def test_a_bench_where_all_is_well_lacks_nothing(machine: Machine) -> None:
    findings = found(machine)
    assert [finding for finding in findings.values() if finding.cure] == []
    assert findings["lock"].state == "free"
    assert findings["probe"].state == "STM32 STLink at USB 1-1"
    assert findings["probe firmware"].state == "V2J43M30"
    assert findings["console"].state == f"{BY_ID} at 115200 baud, free"
    assert findings["network"].state == "eth1, this host is 192.0.2.1 there"
    assert findings["TCP 8180"].state == "free on 192.0.2.1"
    assert findings["DHCP"].state == "dnsmasq is installed"


def test_who_has_the_board_is_told_and_is_no_fault(machine: Machine) -> None:
    with device_lock(SERIAL):
        finding = found(machine)["lock"]
    assert f"in use by process {os.getpid()}" in finding.state
    assert finding.cure == ""


def test_a_board_that_is_not_connected_is_not_examined(machine: Machine) -> None:
    assert list(found(machine, dataclasses.replace(DISCO, connected=False, serial="/dev/gone"))) == ["lock"]


class TestTheProbe:
    """There, usable, new enough."""

    def test_one_that_is_not_plugged_in(self, machine: Machine) -> None:
        finding = lacking(machine, dataclasses.replace(DISCO, id="GONE"))["probe"]
        assert finding.state == "no probe with the serial number GONE"
        assert f"probes that are here: {SERIAL}" in finding.cure

    def test_one_that_only_pyocd_knows_is_there(self, machine: Machine) -> None:
        machine.probes = lambda: [a_probe("VIRTUAL", firmware=None)]
        assert "probe" not in lacking(machine, dataclasses.replace(DISCO, id="VIRTUAL"))

    def test_one_that_this_user_may_not_open(self, machine: Machine) -> None:
        machine.denied.add(NODE)
        machine.probes = list
        finding = lacking(machine)["probe rights"]
        assert NODE in finding.state
        assert "udevadm control --reload" in finding.cure

    def test_one_that_another_program_has(self, machine: Machine) -> None:
        machine.probes = lambda: [a_probe(firmware=None, problem="the probe is in use by another program")]
        assert lacking(machine)["probe use"].state == "the probe is in use by another program"

    @pytest.mark.parametrize(
        ("version", "old"), [("V2J27M15", True), ("V2J28M15", False), ("V3J1", True), ("V3J15M7", False)]
    )
    def test_one_with_an_old_firmware(self, version: str, old: bool, machine: Machine) -> None:
        machine.probes = lambda: [a_probe(firmware=version)]
        assert ("probe firmware" in lacking(machine)) is old
        assert version in found(machine)["probe firmware"].state

    def test_pyocd_that_cannot_be_asked(self, machine: Machine) -> None:
        def broken() -> list[Probe]:
            raise FlashError("libusb is missing", cure="install it")

        machine.probes = broken
        assert lacking(machine)["pyOCD"] == Finding("pyOCD", "libusb is missing", "install it")
        assert "probe" not in lacking(machine)


class TestTheConsole:
    """There, usable, free."""

    def test_one_that_is_not_there(self, machine: Machine) -> None:
        finding = lacking(machine, dataclasses.replace(DISCO, serial="/dev/ttyACM7"))["console"]
        assert finding.state == "/dev/ttyACM7 does not exist"

    def test_one_that_the_bench_file_does_not_name(self, machine: Machine) -> None:
        assert "bench scan" in lacking(machine, dataclasses.replace(DISCO, serial=None))["console"].cure

    def test_one_that_this_user_may_not_open(self, machine: Machine) -> None:
        machine.denied.add(BY_ID)
        finding = lacking(machine)["console"]
        assert "may not read and write" in finding.state
        group = (machine.root / "dev/ttyACM0").group()
        assert finding.cure == f"sudo usermod -aG {group} $USER, and log in again"

    def test_one_that_another_program_has_open(self, machine: Machine) -> None:
        machine.users = [PortUser(4711, "alice", "picocom /dev/ttyACM0")]
        finding = lacking(machine)["console"]
        assert "in use by process 4711 of alice (picocom /dev/ttyACM0)" in finding.state
        assert finding.cure == "end it: kill 4711"

    @pytest.mark.parametrize("where", ["rfc2217://lab:4000", "socket://lab:4001", SERIAL])
    def test_one_that_is_no_file_is_looked_for_when_it_is_opened(self, where: str, machine: Machine) -> None:
        assert "console" not in lacking(machine, dataclasses.replace(DISCO, serial=where))


class TestThePower:
    """The programs that switch it."""

    def test_uhubctl_that_is_not_installed(self, machine: Machine) -> None:
        del machine.programs["uhubctl"]
        assert lacking(machine)["power"] == Finding("power", "uhubctl is not installed", "sudo apt install uhubctl")

    def test_a_command_that_does_not_exist(self, machine: Machine) -> None:
        device = dataclasses.replace(DISCO, power=Power(on=("relais", "on"), off=("relais", "off")))
        assert lacking(machine, device)["power"].state == "relais is not installed"

    def test_a_reset_by_a_supply_that_nobody_can_switch(self, machine: Machine) -> None:
        assert (
            "names no power" in lacking(machine, dataclasses.replace(DISCO, power=None, reset="power"))["power"].state
        )


class TestTheNetwork:
    """An address that faces the board, free ports there, DHCP where it is asked for."""

    def test_none_that_the_bench_file_names(self, machine: Machine) -> None:
        assert "interface: NAME" in lacking(machine, dataclasses.replace(DISCO, network=Network()))["network"].cure

    def test_an_interface_without_a_carrier(self, machine: Machine) -> None:
        address = IPv4Interface("192.0.2.1/24")
        machine.facing = lambda _: (Interface("eth1", up=True, carrier=False, addresses=(address,)), address)
        found = lacking(machine)["network"]
        assert found.state.startswith("the interface eth1 has no carrier")
        assert found.cure.startswith("plug the cable")

    def test_a_port_that_is_taken_is_told_with_the_process_that_has_it(self, machine: Machine) -> None:
        def taken(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
            if kind is socket.SOCK_DGRAM:
                return socket.socket()
            raise PortUnavailableError(errno.EADDRINUSE, f"TCP port {port} on {host}: another program has it", "see ss")

        machine.bind = taken
        assert lacking(machine)["TCP 8180"] == Finding(
            "TCP 8180", "TCP port 8180 on 192.0.2.1: another program has it", "see ss"
        )
        machine.file("/proc/net/tcp", f"{HEADER}\n   0: 010200C0:1FF4 00000000:0000 0A 0:0 00:0 0 1000 0 4242 1\n")
        holding(machine, 815, "socket:[4242]", "steve\x00--port\x008180\x00")
        finding = lacking(machine)["TCP 8180"]
        assert finding.state == f"192.0.2.1 port 8180 is taken by process 815 of {USER} (steve --port 8180)"
        assert finding.cure == "end it: kill 815"

    def test_a_port_that_this_user_may_not_bind(self, machine: Machine) -> None:
        def denied(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
            if kind is socket.SOCK_STREAM:
                return socket.socket()
            raise PortUnavailableError(errno.EACCES, f"UDP port {port} on {host}: not for this user", "sudo sysctl …")

        machine.bind = denied
        assert lacking(machine)["UDP 123"].cure == "sudo sysctl …"

    def test_the_port_that_the_bench_file_names(self, machine: Machine) -> None:
        device = dataclasses.replace(DISCO, network=Network("eth1", port=9000))
        assert "TCP 9000" in found(machine, device)

    def test_dhcp_without_a_server_for_it(self, machine: Machine) -> None:
        del machine.programs["dnsmasq"]
        assert lacking(machine)["DHCP"].cure == "sudo apt install dnsmasq-base"
        assert "DHCP" not in found(machine, dataclasses.replace(DISCO, network=Network("eth1")))

    def test_a_firewall_that_lets_nothing_in_is_told_for_each_port_that_the_board_needs(self, machine: Machine) -> None:
        machine.programs["iptables-save"] = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"
        ports = ["TCP 8180", "UDP 123", "UDP 67", "UDP 53"]
        assert list(lacking(machine)) == [f"firewall, {port}" for port in ports]
        without = dataclasses.replace(DISCO, network=Network("eth1"))
        assert list(lacking(machine, without)) == [f"firewall, {port}" for port in ports[:2]]

    def test_of_a_board_in_a_farm_only_the_network_is_this_machines(self, machine: Machine) -> None:
        findings = found(machine, dataclasses.replace(DISCO, id="GONE", serial=None, place="shelf-1"))
        assert list(findings)[:2] == ["place", "network"]


HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
USER = Path("/").owner()


def holding(machine: Machine, pid: int, what: str, command: str) -> None:
    """A process of root with an open descriptor, as procfs shows it."""
    machine.file(f"/proc/{pid}/cmdline", command)
    machine.file(f"/proc/{pid}/status", "Name:\tx\nUid:\t0\t0\t0\t0\n")
    (machine.root / f"proc/{pid}/fd").mkdir()
    (machine.root / f"proc/{pid}/fd/7").symlink_to(what)


class TestWhoHasAPort:
    """By /proc/net and the descriptors of processes."""

    @pytest.mark.parametrize(
        ("table", "local", "state", "held"),
        [
            ("tcp", "010200C0:1FF4", "0A", True),
            ("tcp", "00000000:1FF4", "0A", True),
            ("tcp6", "0" * 32 + ":1FF4", "0A", True),
            ("tcp", "0100007F:1FF4", "0A", False),
            ("tcp", "010200C0:1FF5", "0A", False),
            ("tcp", "010200C0:1FF4", "01", False),
        ],
    )
    def test_a_listener_on_this_address_or_on_all(
        self, table: str, local: str, state: str, held: bool, machine: Machine
    ) -> None:
        machine.file(f"/proc/net/{table}", f"{HEADER}\n   0: {local} 00000000:0000 {state} 0:0 00:0 0 0 0 99 1\n")
        holding(machine, 12, "socket:[99]", "x\0")
        assert bool(holders_of_port(machine.host(), "tcp", "192.0.2.1", 0x1FF4)) is held

    def test_this_very_machine(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.bind(("127.0.0.1", 0))
            [holder] = holders_of_port(Host(), "udp", "127.0.0.1", bound.getsockname()[1])
        assert holder.pid == os.getpid()
        assert Path("/proc/self/cmdline").read_text(encoding="utf-8").split("\0")[0] in holder.command
