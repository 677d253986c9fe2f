"""What is plugged in: probes with their consoles, as USB and pyOCD tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_build.flash import Probe
from rig.bench.host import Host
from rig.bench.usb import usb_devices

UNKNOWN = "unknown"
"""The platform of a new entry: USB does not tell it; twister writes the same."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """A probe that is plugged in."""

    id: str
    """Serial number."""
    product: str
    consoles: tuple[str, ...]
    """Serial ports of the same USB device."""

    @property
    def serial(self) -> str | None:
        """The one that is taken for the console: the first, which on an ST-LINK is the board's."""
        return next(iter(self.consoles), None)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at this machine found."""

    probes: tuple[Plugged, ...]
    serials: frozenset[str]
    """Serial numbers of all USB devices, probes or not."""


def scan(host: Host, probes: Sequence[Probe]) -> Scan:
    """ST-LINKs by their USB ids, whether this user may open them or not; then what pyOCD knows beside them."""
    devices = usb_devices(host)
    found = {
        device.serial: Plugged(device.serial, device.product, device.consoles)
        for device in devices
        if device.is_st_link and device.serial
    }
    consoles = {device.serial: device.consoles for device in devices if device.serial}
    for probe in probes:
        known = Plugged(probe.unique_id, probe.product, consoles.get(probe.unique_id, ()))
        found.setdefault(probe.unique_id, known)
    return Scan(tuple(found.values()), frozenset(consoles) | frozenset(found))
