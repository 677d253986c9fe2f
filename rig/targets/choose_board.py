"""Which board of which bench a command means, with an image that looks for this rig on the board's network."""

import dataclasses
from pathlib import Path

from firmware_build import Firmware
from firmware_build.flash import DISCO
from rig.bench.bench_file import default_bench, load_bench
from rig.bench.device import Device, Dhcp, find_device
from rig.errors import UsageError
from rig.farm.place import acquired
from rig.network.interface import facing
from rig.targets.attach import locked, virtual
from rig.targets.attached import Attach
from rig.targets.base import DeviceFacts, Endpoints
from rig.targets.board import Board
from rig.targets.firmware import built_firmware, given_firmware
from rig.targets.image import facts_of_image
from rig.targets.wish import VIRTUAL, Choice, Wish
from rig.virtual_board import is_virtual
from rig.virtual_board.entry import completed

FAST = 20.0
NETWORK_S = 20.0
"""Device seconds to an address: Zephyr waits 1 to 10 s before DHCP, the link's autonegotiation takes 2 to 4."""


def choose_board(wish: Wish) -> Choice:
    """The board that was asked for, free or not, with its image built or taken.

    Raises:
        UsageError: there is no such board, or the bench file does not say enough of it.
        BuildError: its image cannot be built or taken.
        BenchError: its network is not there.
    """
    if wish.bench == VIRTUAL:
        if wish.device or wish.place:
            raise UsageError("--bench virtual makes a board of its own: leave out --device and --place")
        return _virtual(wish)
    path = default_bench(Path(wish.bench).expanduser() if wish.bench else None)
    if path is None:
        raise UsageError(
            "no bench file: name one with --bench (`ocpp-rig bench scan --out bench.yaml` writes what is plugged in), "
            "or take the virtual board with --bench virtual"
        )
    platform = None if wish.target == "auto" else wish.target
    device = completed(find_device(load_bench(path), platform=platform, id=wish.device, place=wish.place))
    fake = is_virtual(device.product)
    if wish.ratio not in {None, 1.0} and not fake:
        raise UsageError(f"--ratio {wish.ratio:g}: {device.id} is a board, in real time only")
    endpoints_of_network = _network(device, path)
    wish = dataclasses.replace(wish, port=wish.port or device.network.port)
    firmware, source = _firmware(wish, device.platform, endpoints_of_network, device.network.dhcp)
    facts = _facts(firmware, source, endpoints_of_network, virtual=fake, ratio=wish.ratio or 1.0)
    facts = dataclasses.replace(facts, facts={**facts.facts, "device": device.id, "bench": str(path)})
    return Choice(Board(firmware, _attach(device, wish), facts), f"{device.id} of {path}")


def _attach(device: Device, wish: Wish) -> Attach:
    if device.place:
        return acquired(device, wait_s=wish.wait_s, token=wish.token)
    return locked(device, wait_s=wish.wait_s)


def _virtual(wish: Wish) -> Choice:
    ratio = wish.ratio or FAST
    endpoints = Endpoints("127.0.0.1", 0, "", 0)
    firmware, source = _firmware(wish, wish.target if wish.target != "auto" else DISCO, endpoints)
    facts = _facts(firmware, source, endpoints, virtual=True, ratio=ratio)
    facts = dataclasses.replace(facts, has_network_of_its_own=False)
    return Choice(Board(firmware, virtual(firmware, ratio, wish.defects), facts), "a virtual board, made for this run")


def _network(device: Device, path: Path) -> Endpoints:
    """Where this host is on the board's network; ports and path come with the image."""
    network = device.network
    if not network.interface and not network.address:
        raise UsageError(
            f"{path}: {device.id} has no network. Name the interface of this host that faces the board: "
            "`ocpp_rig: {network: {interface: eth1}}` (`ip -brief address` lists them)"
        )
    host = str(facing(network)[1].ip)
    return Endpoints(host, 0, "", 0, host=host, namespace=network.namespace)


def _firmware(wish: Wish, board: str, network: Endpoints, dhcp: Dhcp | None = None) -> tuple[Firmware, str]:
    if not wish.firmware:
        servers = ("CONFIG_NET_SAMPLE_OCPP_SERVER", "CONFIG_NET_SAMPLE_SNTP_SERVER")
        return built_firmware(wish, board, dict.fromkeys(servers, network.address))
    firmware, source = given_firmware(wish, board)
    names = {name for name, address in dhcp.names.items() if address == network.address} if dhcp else set()
    if firmware.server_address not in {"", network.address, *names}:
        raise UsageError(
            f"{wish.firmware} looks for its central system at {firmware.server_address}, but on this board's network "
            f"the rig is {network.address}: build it for that, or leave out --firmware and let the rig build it"
        )
    return firmware, source


def _facts(firmware: Firmware, source: str, network: Endpoints, *, virtual: bool, ratio: float) -> DeviceFacts:
    facts = facts_of_image(
        firmware,
        target="virtual_board" if virtual else "board",
        ratio=ratio,
        build_source=source,
        address=firmware.server_address or network.address,
        has_dhcp=True,
        network_s=NETWORK_S,
        # A board without a crystal runs by its chip's own oscillator, good to about 1 %.
        clock_error=0.001 if virtual else 0.01,
    )
    endpoints = dataclasses.replace(facts.endpoints, host=network.host, namespace=network.namespace)
    return dataclasses.replace(facts, endpoints=endpoints, has_network_of_its_own=True)
