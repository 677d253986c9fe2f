"""A real dnsmasq on the rig's end of a cable in a network namespace."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from rig.bench.device import Dhcp, Network
from rig.errors import BenchError
from rig.network.dhcp import dhcp_server
from rig.network.namespace import run_in
from rig.programs import which
from tests.namespaces import network_namespace

RIG, BOARD = "rig0", "board0"
HOST = IPv4Interface("192.0.2.1/24")
DHCP = Dhcp("192.0.2.100", "192.0.2.110", names={"central-system.test": "192.0.2.1"})

ASK_NAMES = """
import socket, struct, sys
for name in sys.argv[1:]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0"
        client.sendto(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!2H", 1, 1), ("192.0.2.1", 53))
        answer = client.recv(512)
    print(name, socket.inet_ntoa(answer[-4:]) if struct.unpack("!H", answer[6:8])[0] else "unknown")
"""
"""A DNS client (RFC 1035 §4.1): A records of the names on its command line."""

ASK_ADDRESS = """
import socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(5)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
    client.bind(("", 68))
    head = struct.pack("!4B I 2H 16x 6s 10x 192x", 1, 1, 6, 0, 7, 0, 0x8000, bytes.fromhex("02005e005301"))
    client.sendto(head + bytes.fromhex("63825363 350101 ff"), ("255.255.255.255", 67))
    print(socket.inet_ntoa(client.recv(1500)[16:20]))
"""
"""A DHCP client's DHCPDISCOVER (RFC 2131 §4.4.1) on the interface on its command line; prints what it is offered."""


@pytest.fixture
def network() -> Iterator[Network]:
    """The rig's end of a cable, with an address, and the board's end, without."""
    for program in ("dnsmasq", "ip"):
        if not which(program):
            pytest.skip(f"{program} is not installed")
    with network_namespace() as namespace:
        for command in (
            f"link add {RIG} type veth peer name {BOARD}",
            f"address add {HOST} dev {RIG}",
            f"link set {RIG} up",
            f"link set {BOARD} up",
        ):
            run_in(namespace, ["ip", *command.split()])
        yield Network(RIG, namespace=namespace, dhcp=DHCP)


def listening(network: Network) -> set[str]:
    """What is listened on there."""
    return {line.split()[4] for line in run_in(network.namespace, ["ss", "-Hlntu"]).splitlines()}


def test_it_serves_on_the_facing_interface_alone_and_is_gone_afterwards(network: Network) -> None:
    said: list[str] = []

    async def scenario() -> tuple[int, set[str]]:
        async with dhcp_server(network, said.append) as pid:
            return pid, listening(network)

    pid, served = asyncio.run(scenario())
    assert served == {f"{HOST.ip}:53", f"0.0.0.0%{RIG}:67"}
    assert any("started, version" in line for line in said)
    assert not Path(f"/proc/{pid}").exists()
    assert not listening(network)


def test_it_answers_the_names_of_the_bench_file_and_no_others(network: Network) -> None:
    async def scenario() -> str:
        async with dhcp_server(network, lambda _: None):
            names = ["central-system.test", "localhost", "www.example.com"]
            return await asyncio.to_thread(run_in, network.namespace, [sys.executable, "-c", ASK_NAMES, *names])

    told = dict(line.split() for line in asyncio.run(scenario()).splitlines())
    assert told == {"central-system.test": str(HOST.ip), "localhost": "unknown", "www.example.com": "unknown"}


def test_a_board_at_the_other_end_is_offered_an_address_of_the_range(network: Network) -> None:
    if os.geteuid() != 0:
        pytest.skip("a cable between two network namespaces takes root")
    said: list[str] = []

    async def scenario(board: str) -> str:
        async with dhcp_server(network, said.append):
            return await asyncio.to_thread(run_in, board, [sys.executable, "-c", ASK_ADDRESS, BOARD])

    with network_namespace() as board:
        run_in(network.namespace, ["ip", "link", "set", BOARD, "netns", board])
        run_in(board, ["ip", "link", "set", BOARD, "up"])
        offered = asyncio.run(scenario(board)).strip()
    assert offered in {f"192.0.2.{last}" for last in range(100, 111)}
    assert any(f"DHCPOFFER({RIG}) {offered}" in line for line in said), "its log is delivered"


def refused(network: Network) -> BenchError:
    """Why it does not serve."""

    async def scenario() -> None:
        async with dhcp_server(network, lambda _: None):
            pytest.fail("it serves")

    with pytest.raises(BenchError) as error:
        asyncio.run(scenario())
    return error.value


def test_a_second_server_on_the_segment_is_refused_with_the_first_ones_port(network: Network) -> None:
    async def scenario() -> BenchError:
        async with dhcp_server(network, lambda _: None):
            return await asyncio.to_thread(refused, network)

    error = asyncio.run(scenario())
    assert "Address already in use" in error.message
    assert "sport = :67" in error.cure


def test_a_range_outside_the_segments_network_is_refused(network: Network) -> None:
    error = refused(replace(network, dhcp=Dhcp("10.0.0.1", "10.0.0.9")))
    assert "10.0.0.1 is not in 192.0.2.0/24" in error.message


def test_an_interface_that_is_not_there_is_refused(network: Network) -> None:
    error = refused(replace(network, interface="rig1"))
    assert f"no interface rig1; this host has in the network namespace {network.namespace}: lo" in error.message


def test_without_dnsmasq_the_cure_is_to_install_it(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rig.network.dhcp.which", lambda _: None)
    error = refused(network)
    assert (error.message, error.cure) == (
        "dnsmasq is not installed: nobody can serve DHCP",
        "apt-get install dnsmasq-base",
    )


def test_a_server_that_is_killed_is_a_lost_bench(network: Network) -> None:
    async def scenario() -> BenchError:
        lost: asyncio.Future[BenchError] = asyncio.get_running_loop().create_future()
        async with dhcp_server(network, lambda _: None, lost.set_result) as pid:
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(5):
                return await lost

    assert "dnsmasq ended by itself with exit code -9" in asyncio.run(scenario()).message


def test_it_ends_with_the_rig_whatever_kills_that(network: Network) -> None:
    rig = (
        "import asyncio, sys; from rig.network.dhcp import *\n"
        "async def main():\n"
        f"    network = Network({RIG!r}, namespace={network.namespace!r}, dhcp=Dhcp({DHCP.first!r}, {DHCP.last!r}))\n"
        "    async with dhcp_server(network, lambda _: None) as pid:\n"
        "        print(pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", rig], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        server = os.pidfd_open(int(process.stdout.readline()))
        process.kill()
    assert select.select([server], [], [], 5)[0], "it is readable when the process has ended (pidfd_open(2))"
    os.close(server)
    assert not listening(network)
