"""From power-on to ``ocpp init``: banner, network, addresses, time."""

import asyncio
import socket
from collections.abc import Collection

from rig.twin import sntp
from rig.twin.clock import DeviceClock
from rig.twin.config import TwinConfig
from rig.twin.console import Console
from rig.twin.defects import Defect

_DHCP_SECONDS = 1.0
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - printed, never bound
_OTHER_SERVER = "192.0.2.1"
_OTHER_BUILD = "v0.0.0-another-build"
_HOUR = 3600


class BootError(Exception):
    """The sample's ``main`` returned early: the charge point stays idle for good."""


def banner(console: Console, build: str, defects: Collection[Defect]) -> None:
    """Print Zephyr's boot banner, which tells the build that runs."""
    shown = _OTHER_BUILD if Defect.WRONG_BUILD in defects else build
    for _ in range(2 if Defect.BANNER_TWICE in defects else 1):
        console.printk(f"*** Booting Zephyr OS build {shown} ***")


async def network_up(console: Console, clock: DeviceClock, board: str, defects: Collection[Defect]) -> None:
    """Go through what DHCP shows on the console."""
    await clock.sleep_until(0.010)
    console.info("net_config", "Initializing network")
    console.info("net_config", "Running dhcpv4 client...")
    console.printk(f"{'Echo' if Defect.WRONG_SAMPLE in defects else 'OCPP'} sample {board}")
    console.info("net_samples_common", "Waiting for network...")
    await clock.sleep(_DHCP_SECONDS)
    address = _NO_ADDRESS if Defect.NO_ADDRESS in defects else "127.0.0.1"
    console.info("net_dhcpv4", f"Received: {address}")
    console.info("net_config", f"IPv4 address: {address}")
    console.info("net_config", "Lease time: 86400 seconds")
    console.info("net_config", "Subnet: 255.0.0.0")
    console.info("net_config", "Router: 127.0.0.1")
    console.info("net_samples_common", "Network connectivity established and IP address assigned")


async def central_system_address(console: Console, config: TwinConfig, defects: Collection[Defect]) -> str:
    """Look up the central system; returns its IPv4 address.

    Raises:
        BootError: its name cannot be resolved.
    """
    wrong = Defect.WRONG_SERVER_LINE in defects
    console.info("main", f"cs server {_OTHER_SERVER if wrong else config.server} {config.port}")
    try:
        address = await _resolve(config.server)
    except socket.gaierror as error:
        console.error("main", f"ERROR: getaddrinfo failed {error.errno}")
        raise BootError(f"no address of {config.server}; see CONFIG_NET_SAMPLE_OCPP_SERVER") from error
    console.info("main", f"IPv4 Address {_OTHER_SERVER if wrong else address}")
    return address


async def set_time(console: Console, clock: DeviceClock, config: TwinConfig, defects: Collection[Defect]) -> None:
    """Ask the time server; without an answer the clock stays in 1970."""
    if Defect.NO_SNTP in defects:
        return
    try:
        address = await _resolve(config.sntp_server)
    except socket.gaierror as error:
        console.error("main", f"Failed to lookup SNTP server ({error.errno})")
        return
    console.info("main", f"{config.sntp_server} -> {address}")
    # As Zephyr's client: the time since boot is as good a token as any.
    seconds, fraction = divmod(clock.now(), 1)
    transmit = sntp.Timestamp(int(seconds), int(fraction * 2**32))
    try:
        epoch = await sntp.query(address, config.sntp_port, transmit, clock.wall(sntp.TIME_LIMIT))
    except sntp.SntpError as error:
        console.error("main", f"SNTP IPv4 request failed: -{error.errno}")
        return
    clock.set_realtime(epoch)
    shown = epoch - _HOUR if Defect.SNTP_IGNORED_LINE in defects else epoch
    console.info("main", f"SNTP success, epoch seconds: {shown}\n")


async def _resolve(host: str) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET)
    return str(found[0][4][0])
