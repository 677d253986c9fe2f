"""DHCP and DNS for the board's segment: a dnsmasq of the rig's own, without files, which ends with the rig."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from ipaddress import IPv4Address, IPv4Interface

from rig.bench.device import Dhcp, Network
from rig.errors import BenchError
from rig.interrupt import to_its_end
from rig.network.enter import NOT_ENTERED
from rig.network.interface import facing
from rig.network.namespace import command_in, not_entered
from rig.programs import which
from rig.targets.process import DeviceProcess, Lines

START_S = 10.0
"""Wall seconds within which dnsmasq has said that it is started; it takes some 0.05."""
STARTED = "started, version"
"""What dnsmasq says once it has all its ports."""


@contextlib.asynccontextmanager
async def dhcp_server(
    network: Network, on_line: Callable[[str], None], lost: Callable[[BenchError], None] = lambda _: None
) -> AsyncIterator[int]:
    """Serve DHCP and DNS on the interface that faces the board, and nowhere else; gives dnsmasq's process id.

    Args:
        network: The segment, with its `dhcp`.
        on_line: Gets each line that dnsmasq says, its log of DHCP among them.
        lost: Gets the error where it ends by itself later on.

    Raises:
        BenchError: dnsmasq is not installed, lacks rights or a port that it needs, or the segment is not as described.
    """
    if not network.dhcp:
        raise BenchError("the bench file asks for no DHCP server here", "give `network` a `dhcp`")
    interface, address = facing(network)
    _check(network.dhcp, address, interface.name)
    command = command_in(network.namespace, arguments(interface.name, network.dhcp))
    said: list[str] = []
    ready: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    def line(text: str) -> None:
        said.append(text)
        on_line(text)
        if STARTED in text and not ready.done():
            ready.set_result(None)

    def exited(code: int) -> None:
        if ready.done():
            problem = f"dnsmasq ended by itself with exit code {code}: nobody serves DHCP and DNS on {interface.name}"
            lost(BenchError(problem, "see its last lines in the journal (kind `noise`)"))
        else:
            ready.set_result(code)

    with contextlib.closing(Lines(line)) as output:
        process = DeviceProcess(command, stdout=output.write_end, stderr=output.write_end)
        process.exited = exited
        try:
            code = await _within(ready, START_S)
            if code is None:
                yield process.pid
        finally:
            await to_its_end(process.stop())
    if code is not None:
        raise _not_started(code, said, interface.name)


def arguments(interface: str, dhcp: Dhcp) -> list[str]:
    """The dnsmasq that serves `dhcp` on `interface` (dnsmasq(8)).

    It reads no file of the host and leaves none, keeps the rig's user, so that the kernel ends it with the rig
    (prctl(2): a change of user would undo that), and knows only the names that it is given.
    """
    return [
        _dnsmasq(),
        *("--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--log-dhcp"),
        *(("--user=root", "--group=root") if os.geteuid() == 0 else ()),
        *("--bind-interfaces", f"--interface={interface}", "--except-interface=lo"),
        # The board is the only client: nobody else's leases to respect, no ping of 3 s before an address is given.
        *("--dhcp-authoritative", "--no-ping", "--leasefile-ro", "--dhcp-leasefile=/dev/null"),
        f"--dhcp-range={dhcp.first},{dhcp.last},{dhcp.lease_s}",
        *("--no-resolv", "--no-hosts"),
        *(f"--host-record={name},{address}" for name, address in dhcp.names.items()),
    ]


def _dnsmasq() -> str:
    program = which("dnsmasq")
    if not program:
        raise BenchError("dnsmasq is not installed: nobody can serve DHCP", "apt-get install dnsmasq-base")
    return program


def _check(dhcp: Dhcp, address: IPv4Interface, interface: str) -> None:
    """DHCP can only give addresses of the network that it is on; dnsmasq would start and then give none."""
    for each in (dhcp.first, dhcp.last):
        if IPv4Address(each) not in address.network:
            raise BenchError(
                f"DHCP range {dhcp.first} – {dhcp.last}: {each} is not in {address.network}, which {interface} is in",
                "correct `dhcp` in the bench file, or the interface's address",
            )


async def _within(ready: "asyncio.Future[int | None]", seconds: float) -> int | None:
    try:
        async with asyncio.timeout(seconds):
            return await ready
    except TimeoutError:
        raise BenchError(
            f"dnsmasq has not started within {seconds:g} s", "see its lines in the journal (kind `noise`)"
        ) from None


CURES = {
    "address already in use": "another DHCP or DNS server is on this interface: see `ss -lnpu 'sport = :67 or sport = "
    ":53'` and end it, or leave `dhcp` out of the bench file and use that one",
    "unknown interface": "correct `interface` in the bench file (`ip address` lists them)",
    "permission denied": "run the rig as root: a DHCP server needs the ports 53 and 67 and raw sockets",
    "not permitted": "run the rig as root: a DHCP server needs the ports 53 and 67 and raw sockets",
    "capability": "run the rig as root: a DHCP server needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE",
}
"""What helps, by what dnsmasq says."""


def _not_started(code: int, said: Sequence[str], interface: str) -> BenchError:
    """Why dnsmasq ended before it served: its own last words."""
    words = [each for each in said if each] or ["it said nothing"]
    if code == NOT_ENTERED:
        return not_entered(words[-1])
    cure = next((cure for sign, cure in CURES.items() if sign in words[-1].lower()), "read dnsmasq(8) on what it said")
    return BenchError(f"dnsmasq on {interface} ended with exit code {code}: {words[-1]}", cure)
