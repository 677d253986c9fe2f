"""Find out which packet filter this machine has, and whether it lets a board through."""

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
    tools = {NFT: fate_by_nft, IPTABLES: fate_by_iptables}
    there = [command for command in tools if host.installed(command[0])]
    fate = Fate.UNKNOWN
    readable = False
    for command in there:
        if fate is Fate.UNKNOWN and (listing := host.output_of(command_in(namespace, command))):
            readable = True
            fate = tools[command](listing, packet)
    match fate:
        case Fate.ACCEPTED:
            return Finding(what, "lets the board through")
        case Fate.DROPPED:
            return Finding(what, "drops what the board sends to it", _opening(host, packet, namespace))
    if not there:
        return Finding(what, "no nft and no iptables here, so no rule that they could have made")
    look = f"`sudo {' '.join(there[0])}`"
    if readable:
        return Finding(
            what, f"cannot tell: it depends on what is not known here, such as the board's address; see {look}"
        )
    ufw = "ufw is switched on; " if "ENABLED=yes" in host.lines(UFW) else ""
    return Finding(what, f"cannot tell without root: {ufw}run `sudo ocpp-rig doctor`, or look with {look}")


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
