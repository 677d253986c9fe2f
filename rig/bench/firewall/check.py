"""Find out which packet filter this machine has, and whether it lets a board through."""

from collections.abc import Sequence

from rig.bench.firewall.iptables import fate_by_iptables
from rig.bench.firewall.nft import fate_by_nft
from rig.bench.firewall.rules import Fate, Packet
from rig.bench.host import Host
from rig.finding import Finding
from rig.network.namespace import command_in

NFT = ("nft", "--json", "list", "ruleset")
IPTABLES = ("iptables-save", "-t", "filter")
UFW = "/etc/ufw/ufw.conf"
"""Everybody may read it; the rules themselves only root."""


def firewall(host: Host, packet: Packet, namespace: str | None = None) -> Finding:
    """Whether the packet filter lets a board through to a port.

    Raises:
        BenchError: the network namespace does not exist.
    """
    what = f"firewall, {packet.protocol.upper()} {packet.port}"
    there = [command for command in (NFT, IPTABLES) if host.installed(command[0])]
    if not there:
        return Finding(what, "no nft and no iptables here, so no rule that they could have made")
    look = f"`sudo {' '.join(there[0])}`"
    match _fate(_listing(host, NFT, namespace), _listing(host, IPTABLES, namespace), packet):
        case Fate.ACCEPTED:
            return Finding(what, "lets the board through")
        case Fate.DROPPED:
            return Finding(what, "drops what the board sends to it", _opening(host, packet, namespace))
        case Fate.UNKNOWN:
            why = f"it depends on what is not known here, such as the board's address; see {look}"
            return Finding(what, f"cannot tell: {why}")
    ufw = "ufw is switched on; " if "ENABLED=yes" in host.lines(UFW) else ""
    return Finding(what, f"cannot tell without root: {ufw}run `sudo ocpp-rig doctor`, or look with {look}")


def _listing(host: Host, command: Sequence[str], namespace: str | None) -> str | None:
    return host.output_of(command_in(namespace, command)) if host.installed(command[0]) else None


def _fate(nft: str | None, iptables: str | None, packet: Packet) -> Fate | None:
    """What all filters together do, each of which must let the packet in; None: none could be read.

    Where iptables works through nftables, it knows its own rules better: nft shows some of them as `xt` only.
    """
    fates = []
    if iptables is not None:
        fates.append(fate_by_iptables(iptables, packet))
    if nft is not None:
        fates.append(fate_by_nft(nft, packet, without=("ip", "filter") if "(nf_tables)" in (iptables or "") else None))
    return next((fate for fate in (Fate.DROPPED, Fate.UNKNOWN, Fate.ACCEPTED) if fate in fates), None)


def _opening(host: Host, packet: Packet, namespace: str | None) -> str:
    """The command that lets the board through, of the program that rules the filter here."""
    on = packet.interface
    if namespace:
        return f"accept {packet.protocol} port {packet.port} in the network namespace {namespace}"
    if "ENABLED=yes" in host.lines(UFW):
        return f"sudo ufw allow {f'in on {on} ' if on else ''}proto {packet.protocol} to any port {packet.port}"
    if (host.output_of(("firewall-cmd", "--state")) or "").strip() == "running":
        zone = f"--zone=$(firewall-cmd --get-zone-of-interface={on}) " if on else ""
        return f"sudo firewall-cmd {zone}--add-port={packet.port}/{packet.protocol}"
    if host.installed("iptables"):
        return f"sudo iptables -I INPUT {f'-i {on} ' if on else ''}-p {packet.protocol} --dport {packet.port} -j ACCEPT"
    where = f"iifname {on} " if on else ""
    return f"add `{where}{packet.protocol} dport {packet.port} accept` to the chain of /etc/nftables.conf that drops it"
