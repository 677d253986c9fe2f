"""A board of the bench, as its entry in the bench file describes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from rig.errors import UsageError

BAUD = 115_200
"""Console speed where the entry names none, in bits per second; twister's default."""
FLASH_TIMEOUT_S = 120.0
"""Budget for flashing and reading back where the entry names no `flash_timeout`, in seconds."""
LEASE_S = 3600

Command = tuple[str, ...]
"""A program and its arguments; no shell reads it."""


@dataclass(frozen=True, slots=True)
class Dhcp:
    """What the rig's DHCP server gives to the board."""

    first: str
    """First IPv4 address of the range."""
    last: str
    """Last IPv4 address of the range."""
    lease_s: int = LEASE_S
    """Seconds that an address is lent for."""
    names: Mapping[str, str] = field(default_factory=dict)
    """DNS names that the server answers, with their IPv4 addresses."""


@dataclass(frozen=True, slots=True)
class Network:
    """The network segment that the board lies in; None: the rig finds it out, or does without."""

    interface: str | None = None
    """This host's interface that faces the board (`enp3s0`)."""
    address: str | None = None
    """This host's IPv4 address on that segment: the central system's and the SNTP server's."""
    namespace: str | None = None
    """Network namespace that the interface lies in: a name of `ip netns`, or a path (`/proc/123/ns/net`)."""
    port: int | None = None
    """TCP port of the central system; None: the one that the image asks for, 8180."""
    dhcp: Dhcp | None = None
    """Run a DHCP and DNS server there; None: the segment has one, or the board has a fixed address."""


@dataclass(frozen=True, slots=True)
class Power:
    """How the board's supply is switched: a port of a USB hub (uhubctl), or two commands."""

    hub: str | None = None
    """Location of the hub as uhubctl shows it (`1-1.4`)."""
    port: int | None = None
    """Port of the hub, from 1."""
    on: Command = ()
    off: Command = ()


@dataclass(frozen=True, slots=True)
class Device:
    """One board: twister's keys of its entry, then the rig's own."""

    id: str
    """Serial number of the probe (USB `iSerial`); names the device in commands and in its lock."""
    platform: str
    """Zephyr's board name; several, separated by spaces, where one board serves several variants."""
    product: str = "unknown"
    runner: str = "pyocd"
    """What flashes it: `pyocd`, or a runner of `west flash`."""
    serial: str | None = None
    """Console: a path, or a URL of pyserial (`rfc2217://`, `socket://`); None: none is known."""
    baud: int = BAUD
    """Bits per second."""
    connected: bool = True
    fixtures: tuple[str, ...] = ()
    probe_id: str | None = None
    """Serial number of an external probe that flashes the board instead of `id`; see `probe`."""
    runner_params: tuple[str, ...] = ()
    """Further arguments of `west flash`."""
    flash_timeout_s: float = FLASH_TIMEOUT_S
    """Budget for flashing, in seconds."""
    target: str | None = None
    """pyOCD's name of the chip; None: the one that belongs to the platform."""
    network: Network = Network()
    power: Power | None = None
    reset: Literal["probe", "power"] | Command = "probe"
    """Reset through the probe, by switching the power off and on, or by a command."""
    place: str | None = None
    """Place in a labgrid farm; the board is then reserved and reached through labgrid."""

    @property
    def probe(self) -> str:
        """Serial number of the probe to flash through."""
        return self.probe_id or self.id

    @property
    def platforms(self) -> tuple[str, ...]:
        """The names of `platform`, one by one."""
        return tuple(self.platform.split())

    def is_a(self, platform: str) -> bool:
        """Whether it serves this board name; `a` and `a/soc` mean the same board (Zephyr's board qualifiers)."""
        return any(
            name == platform or name.startswith(f"{platform}/") or platform.startswith(f"{name}/")
            for name in self.platforms
        )


def find_device(
    devices: Iterable[Device],
    platform: str | None = None,
    id: str | None = None,  # noqa: A002
    place: str | None = None,
) -> Device:
    """The one connected device that is meant; its `platform` is then the one asked for.

    Raises:
        UsageError: none or several are meant; it lists what there is.
    """
    there = list(devices)
    meant = [
        device
        for device in there
        if device.connected
        and (id is None or device.id == id)
        and (place is None or device.place == place)
        and (platform is None or device.is_a(platform))
    ]
    told = (platform and f"platform {platform}", id and f"id {id}", place and f"place {place}")
    wish = " and ".join(filter(None, told)) or "a device"
    if not meant:
        listing = _listing(there) or "  no entry at all"
        raise UsageError(f"the bench has no connected device for {wish}. It has:\n{listing}")
    if len(meant) > 1:
        raise UsageError(
            f"{len(meant)} connected devices of the bench fit {wish}; name one by its id:\n{_listing(meant)}"
        )
    if platform is None and len(meant[0].platforms) > 1:
        raise UsageError(f"device {meant[0].id} serves several platforms; name one: {', '.join(meant[0].platforms)}")
    return replace(meant[0], platform=platform or meant[0].platform)


def _listing(devices: Iterable[Device]) -> str:
    return "\n".join(
        f"  {device.id}  {device.platform}  {device.product}" + ("" if device.connected else "  (not connected)")
        for device in devices
    )
