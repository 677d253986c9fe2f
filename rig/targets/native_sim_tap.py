"""The real firmware as a process of this host with an Ethernet of its own: DHCP, DNS and SNTP without a board."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

from firmware_build import Firmware, find_workspace, read_sample
from rig.bench.device import Dhcp, Network
from rig.network.dhcp import dhcp_server
from rig.network.namespace import command_in
from rig.network.segment import CABLE, TAP, make_segment
from rig.targets.base import Endpoints, Sink
from rig.targets.firmware import built_firmware
from rig.targets.native_sim import NativeSim
from rig.targets.wish import Wish

FRAGMENTS = ("tap-ethernet", "dns-resolver", "larger-heap")
"""Kconfig fragments that give the image Zephyr's own IP stack on a TAP interface."""
NETWORK_S = 20.0
"""Device seconds: Zephyr waits 1 to 10 s before DHCP (CONFIG_NET_DHCPV4_INITIAL_DELAY_MAX)."""

ADDRESS = IPv4Interface("192.0.2.1/24")
"""The rig's, on a segment that nobody else is on (RFC 5737: for documentation, never routed)."""
LEASES = ("192.0.2.100", "192.0.2.110")
CENTRAL_SYSTEM, TIME = "central-system.test", "time.test"
"""The names of the rig's servers there, where the sample can look names up (RFC 6761: `test` is nobody's)."""


def on_tap(wish: Wish, ratio: float) -> "NativeSimOnTap":
    """Real Zephyr with its own IP stack, built for a segment that is made for the run, in its network namespace.

    Raises:
        BuildError: it cannot be built.
    """
    host = str(ADDRESS.ip)
    by_name = read_sample(find_workspace()).ocpp_path_configurable  # the generation that asks DNS
    servers = (CENTRAL_SYSTEM, TIME) if by_name else (host, host)
    symbols = ("CONFIG_NET_SAMPLE_OCPP_SERVER", "CONFIG_NET_SAMPLE_SNTP_SERVER")
    wish = replace(wish, fragments=(*FRAGMENTS, *wish.fragments))
    firmware, source = built_firmware(wish, "native_sim", dict(zip(symbols, servers, strict=True)))
    network = Network(CABLE, dhcp=Dhcp(*LEASES, names={CENTRAL_SYSTEM: host, TIME: host}))
    return NativeSimOnTap(firmware, ratio=ratio, build_source=source, network=network, host=host, segment=ADDRESS)


class NativeSimOnTap(NativeSim):
    """Runs `zephyr.exe`, built with `FRAGMENTS`, on the board's side of `rig.network.segment.make_segment`.

    Args:
        firmware: The image.
        ratio: Device seconds in a second of the host; the firmware holds up to 50, as on the host's sockets.
        build_source: See `DeviceFacts`.
        network: The rig's side of the segment.
        host: The rig's address there.
        board: The network namespace of the board's side; None: that of the rig.
        segment: Make the segment for the run, with this address of the rig's; None: it is there.
    """

    def __init__(
        self,
        firmware: Firmware,
        *,
        ratio: float,
        build_source: str,
        network: Network,
        host: str,
        board: str | None = None,
        segment: IPv4Interface | None = None,
    ) -> None:
        super().__init__(firmware, ratio=ratio, build_source=build_source)
        endpoints = replace(self.facts.endpoints, host=host, namespace=network.namespace)
        self.facts = replace(
            self.facts,
            has_dhcp=True,
            network_s=NETWORK_S,
            endpoints=endpoints,
            needs_namespace=segment is not None,
            facts={**self.facts.facts, "network": f"Zephyr's own IP stack on {TAP}; the rig serves DHCP and DNS"},
        )
        self._network = network
        self._board = board
        self._segment = segment
        self._stack = AsyncExitStack()

    @contextmanager
    def reserved(self, say: Callable[[str], object]) -> Iterator[None]:
        """The segment lies in the namespace of the run, and is gone with it. See `Target.reserved`."""
        if self._segment:
            make_segment(self._segment)
            say(f"network: a segment of the run's own, the rig is {self._segment}, the charge point asks DHCP and DNS")
        yield

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        """The executable on the TAP interface (Zephyr's drivers/ethernet/eth_native_tap.c)."""
        return command_in(self._board, [*super().command(folder, endpoints, console), f"--eth-if={TAP}"])

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        """Start the DHCP server where `network` asks for one, then the board. See `Target.start`."""
        if self._network.dhcp:
            await self._stack.enter_async_context(dhcp_server(self._network, sink.noise, sink.lost))
        return await super().start(folder, endpoints, sink)

    async def stop(self) -> None:
        """The board first. See `Target.stop`."""
        await super().stop()
        await self._stack.aclose()
