"""Which board a command means, and what its image and its network must be for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
import yaml

from firmware_build import Firmware, Footprint
from rig.bench.device import Network
from rig.errors import BenchError, UsageError
from rig.network.interface import Interface
from rig.prepare import Prepared
from rig.targets import choose_board as choosing
from rig.targets.choose import choose
from rig.targets.wish import Wish
from rig.virtual_board import PRODUCT

BOARD = "stm32f769i_disco"
FACING = IPv4Interface("192.0.2.1/24")
FIRMWARE = Firmware(
    board=BOARD,
    image=Path("/images/zephyr.hex"),
    elf=Path("/images/zephyr.elf"),
    hex=Path("/images/zephyr.hex"),
    build="0123456789ab",
    zephyr_version="4.3.0",
    zephyr_revision="abc",
    config={"CONFIG_NET_SAMPLE_OCPP_SERVER": "192.0.2.1", "CONFIG_NET_SAMPLE_OCPP_PORT": "8180"},
    footprint=Footprint(144_316, 105_304),
    folder=Path("/images"),
)
Lab = Callable[..., str]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Write a bench file; its one board is faced by 192.0.2.1."""

    def facing(network: Network) -> tuple[Interface, IPv4Interface]:
        if network.interface == "eth9":
            raise BenchError("there is no interface eth9", "name another")
        return Interface("eth1", up=True, carrier=True, addresses=(FACING,)), FACING

    def write(own: Mapping[str, object] | None = None, **keys: object) -> str:
        own = {"network": {"interface": "eth1"}} if own is None else own
        entry = {"connected": True, "id": "066DFF", "platform": BOARD, "product": "STM32 STLink", "runner": "pyocd"}
        path = tmp_path / "bench.yaml"
        path.write_text(yaml.safe_dump([{**entry, "serial": "/dev/ttyACM0", **keys, "ocpp_rig": own}]))
        return str(path)

    monkeypatch.setattr(choosing, "facing", facing)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return write


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str], int | None]]:
    """What is built: board, Kconfig values, port."""
    calls: list[tuple[str, dict[str, str], int | None]] = []

    def build(wish: Wish, board: str, kconfig: dict[str, str]) -> tuple[Firmware, str]:
        calls.append((board, kconfig, wish.port))
        return FIRMWARE, "the image just built"

    monkeypatch.setattr(choosing, "built_firmware", build)
    return calls


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Wish]:
    """A wish for an image that somebody built for this central system."""

    def give(server: str) -> Wish:
        firmware = replace(FIRMWARE, config={"CONFIG_NET_SAMPLE_OCPP_SERVER": server} if server else {})
        monkeypatch.setattr(choosing, "given_firmware", lambda *_: (firmware, "read from the image"))
        return Wish(target=BOARD, firmware=Path("zephyr.hex"))

    return give


def test_the_image_is_built_for_the_address_that_faces_the_board(
    lab: Lab, built: list[tuple[str, dict[str, str], int | None]]
) -> None:
    choice = choose(Wish(bench=lab({"network": {"interface": "eth1", "port": 8181, "namespace": "lab1"}})))
    servers = ("CONFIG_NET_SAMPLE_OCPP_SERVER", "CONFIG_NET_SAMPLE_SNTP_SERVER")
    assert built == [(BOARD, dict.fromkeys(servers, "192.0.2.1"), 8181)]
    facts = choice.target.facts
    assert (facts.target, facts.board, facts.ratio, facts.has_dhcp) == ("board", BOARD, 1.0, True)
    assert (facts.endpoints.host, facts.endpoints.namespace) == ("192.0.2.1", "lab1")
    assert facts.facts["device"] == "066DFF"


@pytest.mark.usefixtures("built")
def test_a_board_is_met_on_its_own_network_not_in_a_namespace_of_the_run(lab: Lab, tmp_path: Path) -> None:
    said = Prepared(choose(Wish(bench=lab())), tmp_path)._isolate()
    assert said == "network: the board's own, 192.0.2.1 ports 8180 and 123"


@pytest.mark.usefixtures("built")
def test_a_virtual_board_in_a_bench_file_is_told_as_one(lab: Lab) -> None:
    choice = choose(Wish(bench=lab(product=PRODUCT), ratio=20))
    assert (choice.target.facts.target, choice.target.facts.ratio) == ("virtual_board", 20)


@pytest.mark.usefixtures("built")
def test_a_real_board_runs_in_real_time_only(lab: Lab) -> None:
    with pytest.raises(UsageError, match="066DFF is a board, in real time only"):
        choose(Wish(bench=lab(), ratio=20))


def test_a_virtual_bench_has_no_other_board_to_choose() -> None:
    with pytest.raises(UsageError, match="leave out --device and --place"):
        choose(Wish(bench="virtual", place="disco1"))


def test_without_a_bench_file_the_two_ways_to_have_one_are_named(lab: Lab) -> None:
    del lab
    with pytest.raises(UsageError, match=r"bench scan --out bench\.yaml.*--bench virtual"):
        choose(Wish(target=BOARD))


def test_the_bench_file_in_the_folder_is_taken(lab: Lab, built: list[tuple[str, dict[str, str], int | None]]) -> None:
    lab()
    assert choose(Wish(target=BOARD)).why == "066DFF of bench.yaml"
    assert len(built) == 1


def test_a_board_without_a_network_is_refused_with_the_line_to_write(lab: Lab) -> None:
    with pytest.raises(UsageError, match=r"066DFF has no network.*interface: eth1"):
        choose(Wish(bench=lab({})))


def test_an_interface_that_is_not_there_is_a_broken_bench(lab: Lab) -> None:
    with pytest.raises(BenchError, match="there is no interface eth9"):
        choose(Wish(bench=lab({"network": {"interface": "eth9"}})))


def test_an_image_that_looks_elsewhere_is_refused_before_it_is_flashed(lab: Lab, given: Callable[[str], Wish]) -> None:
    with pytest.raises(
        UsageError, match=r"looks for its central system at 10\.0\.0\.9, but .* the rig is 192\.0\.2\.1"
    ):
        choose(replace(given("10.0.0.9"), bench=lab()))


@pytest.mark.parametrize("server", ["192.0.2.1", "", "central-system.test"])
def test_an_image_that_looks_here_is_taken_by_address_by_name_or_unknown(
    lab: Lab, given: Callable[[str], Wish], server: str
) -> None:
    dhcp = {"first": "192.0.2.10", "last": "192.0.2.20", "names": {"central-system.test": "192.0.2.1"}}
    choice = choose(replace(given(server), bench=lab({"network": {"interface": "eth1", "dhcp": dhcp}})))
    assert choice.target.facts.endpoints.address == (server or "192.0.2.1")
