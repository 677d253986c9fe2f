"""Draw the bench: one picture for each device, with what it lacks right now."""

from collections.abc import Iterator, Sequence

from rig.bench.device import Command, Device
from rig.finding import Finding

LINKS = ("probe", "console", "network", "power")
LEFT, RIGHT = "┬├├└", "┬┤┤┘"


def picture(device: Device, findings: Sequence[Finding]) -> Iterator[str]:
    """The lines of a device's picture: who has it, its links to this host, those that lack something crossed out."""
    lacks = [finding for finding in findings if finding.cure]
    states = {finding.what: finding.state for finding in findings}
    free = states.get("lock", "") if device.connected else "not connected"
    yield f"{device.platform}  {device.id}  {free}".rstrip()
    broken = {_link(finding) for finding in lacks}
    texts = (_probe(device, states), _console(device), _network(device), _power(device))
    width = max(map(len, texts))
    for link, text, left, right in zip(LINKS, texts, LEFT, RIGHT, strict=True):
        host, board = ("host ─", f"─ board: {_board(device)}") if link == LINKS[0] else ("      ", "")
        yield f"  {host}{left}─ {link:<7} {'✗' if link in broken else '─'} {text:<{width}} ─{right}{board}"
    for finding in lacks:
        yield f"  missing: {finding.what}: {finding.state}"
        yield f"     cure: {finding.cure}"


def _link(finding: Finding) -> str:
    """The link that a finding is about; ports, firewall and DHCP are the network's."""
    first = finding.what.split()[0]
    return first if first in LINKS else "probe" if first == "pyOCD" else "network"


def _probe(device: Device, states: dict[str, str]) -> str:
    if device.place:
        return f"place {device.place} of the farm"
    firmware = states.get("probe firmware", "")
    return f"{device.product} {device.probe}{firmware and f', firmware {firmware}'}"


def _board(device: Device) -> str:
    chip = f" as {device.target}" if device.target else ""
    reset = {"probe": "through the probe", "power": "by its supply"}
    how = _words(device.reset) if isinstance(device.reset, tuple) else reset[device.reset]
    return f"flashed by {device.runner}{chip}, reset {how}"


def _console(device: Device) -> str:
    return f"{device.serial}, {device.baud} baud" if device.serial else "none named"


def _network(device: Device) -> str:
    network = device.network
    parts = (
        network.interface,
        network.address,
        network.port and f"port {network.port}",
        network.namespace and f"in namespace {network.namespace}",
        network.dhcp and f"DHCP {network.dhcp.first} – {network.dhcp.last}",
    )
    return ", ".join(str(part) for part in parts if part) or "none named"


def _power(device: Device) -> str:
    if not device.power:
        return "always on"
    if device.power.hub:
        return f"hub {device.power.hub} port {device.power.port} (uhubctl)"
    return f"{_words(device.power.on)} / {_words(device.power.off)}"


def _words(command: Command) -> str:
    return f"`{' '.join(command)}`"
