"""The bench file's entry of a virtual board, which tells itself where its console and its network are."""

import contextlib
from dataclasses import replace

from rig.bench.device import Device, Network
from rig.errors import BenchError
from rig.virtual_board import is_virtual
from rig.virtual_board.control import facts_of
from rig.virtual_board.main import LOOPBACK


def completed(device: Device) -> Device:
    """With what the entry leaves open, where it is a virtual board that runs now; anything else as it is."""
    if not is_virtual(device.product):
        return device
    with contextlib.suppress(BenchError):  # it does not run: its probe will not be found, which is told then
        facts = facts_of(device.id)
        named = device.network.interface or device.network.address
        network = device.network if named else Network(address=LOOPBACK, namespace=facts.namespace)
        return replace(device, serial=device.serial or facts.console, network=network)
    return device
