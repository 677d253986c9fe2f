"""This host's address on the interface that faces the board, and what is said where there is none."""

import json
from ipaddress import IPv4Interface

import pytest

from rig.bench.device import Network
from rig.errors import BenchError
from rig.network import interface
from rig.network.interface import Interface, facing, interfaces, read_interfaces


def link(name: str, flags: str, *addresses: str) -> dict[str, object]:
    """An interface as `ip -json address show` prints it (iproute2 6.1), as far as it is read."""
    parts = [address.split("/") for address in addresses]
    told = [{"family": "inet6" if ":" in ip else "inet", "local": ip, "prefixlen": int(length)} for ip, length in parts]
    return {"ifname": name, "flags": flags.split(), "operstate": "UP", "addr_info": told}


LISTING = json.dumps(
    [
        link("lo", "LOOPBACK UP LOWER_UP", "127.0.0.1/8", "::1/128"),
        link("wlan0", "BROADCAST MULTICAST UP LOWER_UP", "10.0.0.7/24"),
        link("eth0", "BROADCAST MULTICAST UP LOWER_UP", "fe80::1/64", "192.0.2.1/24", "198.51.100.1/24"),
        link("eth1", "BROADCAST MULTICAST"),
        link("eth2", "NO-CARRIER BROADCAST MULTICAST UP", "192.0.2.129/25"),
        link("eth3", "BROADCAST MULTICAST UP LOWER_UP", "fe80::3/64"),
        {},  # what `ip` prints for an interface that it was told to leave out
    ]
)


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host of `LISTING`."""
    monkeypatch.setattr(interface, "run_in", lambda *_: LISTING)


def test_interfaces_are_read_with_their_ipv4_addresses() -> None:
    there = {each.name: each for each in read_interfaces(LISTING)}
    assert list(there) == ["lo", "wlan0", "eth0", "eth1", "eth2", "eth3"]
    both = (IPv4Interface("192.0.2.1/24"), IPv4Interface("198.51.100.1/24"))
    assert there["eth0"] == Interface("eth0", up=True, carrier=True, addresses=both)
    assert (there["eth1"].up, there["eth2"].carrier, there["eth3"].addresses) == (False, False, ())


@pytest.mark.parametrize(
    ("network", "address"),
    [
        (Network("wlan0"), "10.0.0.7/24"),
        (Network("eth0"), "192.0.2.1/24"),
        (Network("eth0", "198.51.100.1"), "198.51.100.1/24"),
        (Network(None, "192.0.2.1"), "192.0.2.1/24"),
    ],
    ids=["by name", "the first of several", "another one of several", "by address"],
)
def test_the_bench_file_names_interface_or_address(network: Network, address: str) -> None:
    found, its = facing(network)
    assert its == IPv4Interface(address)
    assert its in found.addresses


@pytest.mark.parametrize(
    ("network", "problem", "cure"),
    [
        (Network(), "nothing says which interface faces the board; this host has: lo (127.0.0.1/8), wlan0", "name it"),
        (Network("eth9"), "there is no interface eth9; this host has: lo (127.0.0.1/8), wlan0", "name it"),
        (Network("eth0", "192.0.2.9"), "there is no interface eth0 with 192.0.2.9", "name it"),
        (Network("eth1"), "the interface eth1 is down", "sudo ip link set eth1 up"),
        (Network("eth3"), "the interface eth3 has no IPv4 address", "sudo ip address add 192.0.2.1/24 dev eth3"),
        (
            Network("eth1", namespace="lab"),
            "the interface eth1 is down in the network namespace lab",
            "sudo ip netns exec lab ip link set eth1 up",
        ),
    ],
    ids=["nothing named", "missing", "another address", "down", "no address", "down elsewhere"],
)
def test_what_is_wrong_with_an_interface_is_said_with_its_cure(network: Network, problem: str, cure: str) -> None:
    with pytest.raises(BenchError) as error:
        facing(network)
    assert error.value.message.startswith(problem)
    assert error.value.cure.startswith(cure)


def test_a_link_that_is_not_there_yet_is_no_error() -> None:
    found, _ = facing(Network("eth2"))
    assert not found.carrier


def test_this_host_has_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    loopback = next(each for each in interfaces() if each.name == "lo")
    assert IPv4Interface("127.0.0.1/8") in loopback.addresses


def test_without_iproute2_the_cure_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BenchError, match="ip is not installed"):
        interfaces()
