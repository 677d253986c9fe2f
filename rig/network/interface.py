"""This host's address on the interface that faces the board."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface

from rig.bench.device import Network
from rig.errors import BenchError
from rig.network.namespace import run_in


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of this host.

    Attributes:
        name: `enp3s0`.
        up: whether it is switched on.
        carrier: whether the cable is in and the other end is alive (`LOWER_UP` in `ip link`).
        addresses: its IPv4 addresses with their networks.
    """

    name: str
    up: bool
    carrier: bool
    addresses: tuple[IPv4Interface, ...]

    def __str__(self) -> str:
        addresses = ", ".join(map(str, self.addresses)) or "no IPv4 address"
        return f"{self.name} ({addresses}{'' if self.up else ', down'}{'' if self.carrier else ', no carrier'})"


def interfaces(namespace: str | None = None) -> list[Interface]:
    """All interfaces, loopback too, of `namespace`; None: of the one that the rig is in. Needs no root there.

    Raises:
        BenchError: iproute2 is not installed, or the namespace does not exist or may not be entered.
    """
    return read_interfaces(run_in(namespace, ["ip", "-json", "address", "show"]))


def read_interfaces(listing: str) -> list[Interface]:
    """What `ip -json address show` prints (ip-address(8))."""
    return [
        Interface(
            name=link["ifname"],
            up="UP" in link["flags"],
            carrier="LOWER_UP" in link["flags"],
            addresses=tuple(
                IPv4Interface(f"{each['local']}/{each['prefixlen']}")
                for each in link["addr_info"]
                if each.get("family") == "inet"
            ),
        )
        for link in json.loads(listing)
        if "ifname" in link
    ]


def facing(network: Network) -> tuple[Interface, IPv4Interface]:
    """The interface that faces the board, and this host's address there: where the board finds its servers.

    Nothing is guessed: the bench file names the interface, the address, or both. That there is no carrier yet is no
    error: a board that was just reset takes 2 to 3 s for its link, and a blank one may have none.

    Raises:
        BenchError: there is no such interface or address, the interface is down or has no IPv4 address, or the
            namespace cannot be entered.
    """
    where = f" in the network namespace {network.namespace}" if network.namespace else ""
    there = interfaces(network.namespace)
    having = f"this host has{where}: {', '.join(map(str, there))}"
    if not network.interface and not network.address:
        raise BenchError(f"nothing says which interface faces the board; {having}", _NAME_IT)
    found = _find(there, network)
    if not found:
        wanted = " with ".join(filter(None, (network.interface, network.address)))
        raise BenchError(f"there is no interface {wanted}; {having}", _NAME_IT)
    within = f"ip netns exec {network.namespace} " if network.namespace and "/" not in network.namespace else ""
    if not found.up:
        raise BenchError(f"the interface {found.name} is down{where}", f"sudo {within}ip link set {found.name} up")
    if not found.addresses:
        address = network.address or "192.0.2.1"
        cure = f"sudo {within}ip address add {address}/24 dev {found.name}, or that of any other free network"
        raise BenchError(f"the interface {found.name} has no IPv4 address{where}", cure)
    return found, next(each for each in found.addresses if network.address in {None, str(each.ip)})


_NAME_IT = "name it in the bench file: `network: {interface: NAME}` under `ocpp_rig` (`ip address` lists them)"


def _find(there: Iterable[Interface], network: Network) -> Interface | None:
    """The interface of that name, and with that address, as far as either is named."""
    for each in there:
        named = network.interface in {None, each.name}
        # A named interface without any address is a case of its own, with a cure of its own.
        addressed = not network.address or network.address in {str(address.ip) for address in each.addresses}
        if named and (addressed or (network.interface and not each.addresses)):
            return each
    return None
