"""Which process has a TCP or UDP port (proc_pid_net(5))."""

import pwd
import re
import shlex
from ipaddress import IPv4Address

from rig.bench.host import Host
from rig.bench.port_users import PortUser

LISTEN = "0A"
ANYWHERE = IPv4Address(0)
IPV4, IPV6 = 8, 32
"""Hexadecimal digits of an address."""


def holders_of_port(host: Host, protocol: str, address: str, port: int) -> list[PortUser]:
    """Who has a port (`tcp`: listens there) of an IPv4 address, as far as this user may see."""
    sockets = _sockets(host, protocol, IPv4Address(address), port)
    holders = set()
    for link in host.path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        try:
            target = str(link.readlink())
        except OSError:  # it is closed by now, or belongs to another user
            continue
        if target in sockets:
            holders.add(int(link.parent.parent.name))
    return [_user(host, pid) for pid in sorted(holders)]


def _sockets(host: Host, protocol: str, address: IPv4Address, port: int) -> set[str]:
    """Sockets bound there, as /proc/PID/fd shows them; one of IPv6 that is bound to every address takes IPv4's too."""
    found = set()
    for table, digits in ((protocol, IPV4), (f"{protocol}6", IPV6)):
        for line in host.lines(f"/proc/net/{table}")[1:]:
            words = line.split()
            bound, number = words[1].split(":")
            here = bound == "0" * digits or (digits == IPV4 and address in {ANYWHERE, _address(bound)})
            if here and int(number, 16) == port and (protocol == "udp" or words[3] == LISTEN):
                found.add(f"socket:[{words[9]}]")
    return found


def _address(hexadecimal: str) -> IPv4Address:
    """The kernel prints the four bytes as one number; the hosts of boards are little-endian."""
    return IPv4Address(bytes.fromhex(hexadecimal)[::-1])


def _user(host: Host, pid: int) -> PortUser:
    command = shlex.join(word for word in "\n".join(host.lines(f"/proc/{pid}/cmdline")).split("\0") if word)
    uid = re.search(r"^Uid:\s+(\d+)", "\n".join(host.lines(f"/proc/{pid}/status")), re.MULTILINE)
    try:
        return PortUser(pid, pwd.getpwuid(int(uid[1])).pw_name if uid else "?", command or "ended meanwhile")
    except KeyError:
        return PortUser(pid, f"uid {uid and uid[1]}", command)
