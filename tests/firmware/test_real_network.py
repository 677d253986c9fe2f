"""The real firmware on an Ethernet of its own: its address by DHCP, its servers by DNS, its time by SNTP.

Three parties, as on a bench: this process; the rig's side of the cable, a network namespace that this process only has
sockets in; and the board's side, a namespace that nothing but the board runs in.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from central_system.events import ConnectionOpened, SntpExchange
from firmware_build import Firmware
from rig.bench.device import Dhcp, Network
from rig.checks.judge import broken, judge
from rig.checks.verdict import Outcome, Verdict
from rig.journal.events import Noise
from rig.journal.recording import Recording
from rig.lifecycle import lifecycle
from rig.network.interface import facing
from rig.network.segment import CABLE, make_segment
from rig.run import record
from rig.targets.native_sim_tap import FRAGMENTS, NativeSimOnTap
from tests.namespaces import network_namespace

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

HOST = IPv4Interface("192.0.2.1/24")
FIRST, LAST = IPv4Address("192.0.2.100"), IPv4Address("192.0.2.110")
CENTRAL_SYSTEM, TIME = "central-system.test", "time.test"
DHCP = Dhcp(str(FIRST), str(LAST), names={CENTRAL_SYSTEM: str(HOST.ip), TIME: str(HOST.ip)})


@pytest.fixture(scope="module")
def firmware(build: Callable[..., Firmware]) -> Firmware:
    servers = {"CONFIG_NET_SAMPLE_OCPP_SERVER": CENTRAL_SYSTEM, "CONFIG_NET_SAMPLE_SNTP_SERVER": TIME}
    return build("native_sim", fragments=FRAGMENTS, kconfig=servers)


@pytest.fixture
def sides() -> Iterator[tuple[str, str]]:
    """The namespaces of the rig's side and of the board's, with the cable between them."""
    for program in ("dnsmasq", "ip"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("a cable between two network namespaces takes root")
    try:
        Path("/dev/net/tun").open("rb").close()
    except OSError as error:
        pytest.skip(f"no TAP interface here: /dev/net/tun: {error.strerror}")
    with network_namespace() as rig, network_namespace() as board:
        make_segment(HOST, rig=rig, board=board)
        yield rig, board


def run_on_tap(
    firmware: Firmware, sides: tuple[str, str], ratio: float, folder: Path, dhcp: Dhcp | None = DHCP
) -> Recording:
    rig, board = sides
    network = Network(CABLE, namespace=rig, dhcp=dhcp)
    _, address = facing(network)
    device = NativeSimOnTap(
        firmware, ratio=ratio, build_source="a test", network=network, host=str(address.ip), board=board
    )
    record(device, folder, lifecycle)
    return Recording.load(folder)


def verdicts_of(recording: Recording) -> dict[str, Verdict]:
    """The verdicts; a run that the host was too late to judge by is skipped, and says so."""
    assert not broken(recording)
    verdicts = {verdict.check: verdict for verdict in judge(recording)}
    if {verdicts["bench.host"].outcome, verdicts["bench.answers"].outcome} != {Outcome.PASS}:
        pytest.skip("this host was too late to judge a device by: see bench.host and bench.answers")
    return verdicts


def test_the_lifecycle_with_dhcp_dns_and_sntp(firmware: Firmware, sides: tuple[str, str], tmp_path: Path) -> None:
    recording = run_on_tap(firmware, sides, 20, tmp_path)
    verdicts = verdicts_of(recording)

    special = {check: each.outcome for check, each in verdicts.items() if each.outcome is not Outcome.PASS}
    assert special == {"meter.register": Outcome.KNOWN_DEFECT, "bench.flash": Outcome.NOT_APPLICABLE}
    # The address is the one that dnsmasq lent, and the one that the servers saw.
    leased = IPv4Address(verdicts["network.address"].measured)
    assert FIRST <= leased <= LAST
    dnsmasq = [noise.text for _, noise in recording.all(Noise)]
    assert any(f"DHCPACK({CABLE}) {leased}" in line for line in dnsmasq)
    opened = [event.peer for _, event in recording.all(ConnectionOpened)]
    asked = [event.peer for _, event in recording.all(SntpExchange)]
    assert {peer.rpartition(":")[0] for peer in opened + asked} == {str(leased)}
    assert verdicts["network.server"].measured == f"cs server {CENTRAL_SYSTEM} 8180, resolved to {HOST.ip}"


def test_without_a_dhcp_server_the_board_gets_no_address_and_that_is_a_failure(
    firmware: Firmware, sides: tuple[str, str], tmp_path: Path
) -> None:
    verdict = verdicts_of(run_on_tap(firmware, sides, 20, tmp_path, dhcp=None))["network.address"]

    assert (verdict.outcome, verdict.measured) == (Outcome.FAIL, "no address on the console")


def test_a_name_that_dns_does_not_know_is_a_failure(firmware: Firmware, sides: tuple[str, str], tmp_path: Path) -> None:
    dhcp = Dhcp(str(FIRST), str(LAST), names={TIME: str(HOST.ip)})
    verdicts = verdicts_of(run_on_tap(firmware, sides, 20, tmp_path, dhcp))

    assert verdicts["network.address"].outcome is Outcome.PASS
    assert (verdicts["network.server"].outcome, verdicts["network.server"].measured) == (
        Outcome.FAIL,
        "no line `IPv4 Address …`",
    )
