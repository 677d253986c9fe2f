"""The bench file: a hardware map of twister, with the rig's own keys; mistakes are named with their place."""

import json
import textwrap
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rig.bench.bench_file import default_bench, load_bench
from rig.bench.device import Dhcp, Network, Power
from rig.errors import UsageError

ENTRY = """\
- connected: true
  id: 066BFF303435554157121019
  platform: stm32f769i_disco
  product: STM32 STLink
  runner: pyocd
  serial: /dev/ttyACM0
"""

# Zephyr's documentation, "Executing tests on multiple devices", its examples one after the other.
OF_TWISTER = """\
- connected: true
  id: OSHW000032254e4500128002ab98002784d1000097969900
  platform: reel_board
  product: DAPLink CMSIS-DAP
  runner: pyocd
  serial: /dev/cu.usbmodem146114202
  baud: 9600
- connected: true
  id: 000683759358
  platform: nrf52840dk/nrf52840
  product: J-Link
  runner: nrfjprog
  serial: /dev/cu.usbmodem0006837593581
  baud: 9600
- connected: true
  id: None
  platform: intel_adsp/cavs25
  product: None
  runner: intel_adsp
  serial_pty: path/to/script.py
  runner_params:
    - --remote-host=remote_host_ip_addr
    - --key=/path/to/key.pem
- connected: true
  fixtures:
    - gpio_loopback
  id: 0240000026334e450015400f5e0e000b4eb1000097969900
  platform: frdm_k64f
  product: DAPLink CMSIS-DAP
  runner: pyocd
  serial: /dev/ttyACM9
- connected: false
  fixtures:
    - gpio_loopback
  id: 000683290670
  notes: An nrf5340dk/nrf5340 is detected as an nrf52840dk/nrf52840 with no serial
    port, and three serial ports with an unknown platform.
  platform: nrf52840dk/nrf52840
  product: J-Link
  runner: jlink
  serial: null
- connected: false
  id: 0229000005d9ebc600000000000000000000000097969905
  platform: mimxrt1060_evk
  probe_id: 000609301751
  product: DAPLink CMSIS-DAP
  runner: jlink
  serial: null
- connected: true
  id: '001234567890'
  platform:
  - nrf5340dk/nrf5340/cpuapp
  - nrf5340dk/nrf5340/cpuapp/ns
  product: J-Link
  runner: nrfjprog
  serial: /dev/ttyACM1
"""


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return tmp_path / "bench.yaml"


def refused(path: Path, text: str) -> str:
    """What is said about a bench file with this text."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_bench(path)
    return str(error.value)


def test_the_maps_of_twisters_documentation_load_as_they_are(bench: Path) -> None:
    bench.write_text(OF_TWISTER, encoding="utf-8")
    reel, nrf, adsp, frdm, lost, external, variants = load_bench(bench)
    assert (reel.platform, reel.baud, reel.runner) == ("reel_board", 9600, "pyocd")
    assert nrf.id == "000683759358"
    assert adsp.runner_params == ("--remote-host=remote_host_ip_addr", "--key=/path/to/key.pem")
    assert frdm.fixtures == ("gpio_loopback",)
    assert (lost.connected, lost.serial) == (False, None)
    assert (external.probe, reel.probe) == ("000609301751", reel.id)
    assert variants.platforms == ("nrf5340dk/nrf5340/cpuapp", "nrf5340dk/nrf5340/cpuapp/ns")


@pytest.mark.parametrize(
    "line",
    [
        "available: true",
        "serial_pty: null",
        "pre_script: ./on.sh",
        "post_script: ./off.sh",
        "post_flash_script: ./wait.sh",
        "script_param: {pre_script_timeout: 5}",
        "hooks: [{type: pre, script: ./on.sh, args: [], timeout: 60}]",
        "flash_timeout: 90",
        "flash_with_test: true",
        "flash_before: true",
        "west_flash_cmd: ./flash.sh",
        "serial_baud: 9600",
        "a_key_of_a_twister_to_come: 1",
    ],
)
def test_every_key_of_twister_is_let_be(line: str, bench: Path) -> None:
    bench.write_text(f"{ENTRY}  {line}\n", encoding="utf-8")
    assert len(load_bench(bench)) == 1


def test_without_the_rigs_own_keys_the_defaults_of_twister_and_of_the_rig_hold(bench: Path) -> None:
    bench.write_text(ENTRY, encoding="utf-8")
    [device] = load_bench(bench)
    assert (device.baud, device.flash_timeout_s, device.reset) == (115200, 120, "probe")
    assert (device.network, device.power, device.place, device.target) == (Network(), None, None, None)


def test_the_rigs_own_keys_stand_below_one_key(bench: Path) -> None:
    own = """\
      flash_timeout: 30
      ocpp_rig:
        network:
          interface: enp3s0
          address: 192.0.2.1
          namespace: lab
          port: 9000
          dhcp: {first: 192.0.2.10, last: 192.0.2.20, lease_s: 600, names: {ntp.lab: 192.0.2.1}}
        power: {hub: 1-1.4, port: 2}
        reset: power
        place: shelf-1
        target: stm32f769nihx
    """
    bench.write_text(ENTRY + textwrap.indent(textwrap.dedent(own), "  "), encoding="utf-8")
    [device] = load_bench(bench)
    assert device.flash_timeout_s == 30
    assert device.network == Network(
        "enp3s0", "192.0.2.1", "lab", 9000, Dhcp("192.0.2.10", "192.0.2.20", 600, {"ntp.lab": "192.0.2.1"})
    )
    assert device.power == Power(hub="1-1.4", port=2)
    assert (device.reset, device.place, device.target) == ("power", "shelf-1", "stm32f769nihx")


def test_the_keys_on_and_off_are_words_although_they_are_booleans_to_yaml_1_1(bench: Path) -> None:
    own = "  ocpp_rig:\n    power: {on: relay 'port 1' on, off: [relay, port 1, 'off']}\n    reset: [relay, pulse]\n"
    bench.write_text(ENTRY + own, encoding="utf-8")
    [device] = load_bench(bench)
    assert device.power == Power(on=("relay", "port 1", "on"), off=("relay", "port 1", "off"))
    assert device.reset == ("relay", "pulse")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "platfrom: x",
            "bench.yaml:7: entry 1 (id 066BFF303435554157121019): platfrom: no such key; did you mean platf",
        ),
        (
            "probe_id: 123",
            "bench.yaml:7: entry 1 (id 066BFF303435554157121019): probe_id: YAML reads this as the number",
        ),
        ("baud: fast", "baud: is text; it must be bits per second"),
        ("fixtures: none", "fixtures: is text; it must be a list"),
        ("ocpp_rig: [1]", "ocpp_rig: is a list; it must be the rig's own keys: network, power"),
        ("ocpp_rig: {netwrok: {}}", "no such key: netwrok, did you mean network? Allowed: network, power, reset"),
        ("ocpp_rig: {network: {address: 192.0.2.300}}", '"192.0.2.300" is not allowed; it must be this host\'s IPv4'),
        (
            "ocpp_rig: {network: {port: 0}}",
            "network.port: 0 is not allowed; it must be TCP port of the central system, 1",
        ),
        ("ocpp_rig: {network: {dhcp: {first: 192.0.2.9, last: 192.0.2.9}}}", "dhcp needs interface beside it"),
        (
            "ocpp_rig: {network: {interface: e, dhcp: {first: 192.0.2.9, last: 192.0.2.1}}}",
            "bench.yaml:7: entry 1 (id 066BFF303435554157121019): network.dhcp: first (192.0.2.9) comes after last",
        ),
        (
            "ocpp_rig: {network: {interface: e, dhcp: {first: 192.0.2.9}}}",
            "network.dhcp: lacks last; it needs first, last",
        ),
        ("ocpp_rig: {power: {hub: 1-1}}", "power: hub needs port beside it"),
        ("ocpp_rig: {power: {hub: 1-1, on: relay}}", "hub needs port beside it; on needs off beside it"),
        ("ocpp_rig: {reset: prob}", 'reset: "prob" is not allowed; it must be probe, power, or a command as a list'),
    ],
)
def test_a_mistake_is_told_with_its_place_and_with_what_is_allowed(line: str, said: str, bench: Path) -> None:
    assert said in refused(bench, f"{ENTRY}  {line}\n")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(bench: Path) -> None:
    text = ENTRY.replace("connected: true", "connected: maybe") + "- id: x\n- 5\n"
    lines = refused(bench, text).splitlines()
    assert [line.split("bench.yaml:")[1].split(":")[0] for line in lines] == ["1", "7", "8"]
    assert "lacks connected, platform, product, runner" in lines[1]
    assert "entry 3: is a number" in lines[2]


def test_a_file_that_is_no_list_is_told(bench: Path) -> None:
    assert "bench.yaml:1: is keys and values; it must be a list of devices" in refused(bench, "connected: true\n")


def test_what_is_no_yaml_is_told_with_its_line(bench: Path) -> None:
    assert "bench.yaml:2: no YAML" in refused(bench, "- id: x\n  y: ]\n")


def test_an_empty_file_is_told_with_the_command_that_fills_it(bench: Path) -> None:
    assert "ocpp-rig bench scan --out" in refused(bench, "# nothing yet\n")


def test_a_file_that_is_not_there_is_told(bench: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_bench(bench)


def test_the_schema_that_the_wheel_brings_is_one_and_describes_every_key() -> None:
    schema = json.loads(files("rig.bench").joinpath("hardware_map.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert all("description" in key for key in schema["items"]["properties"].values())


class TestTheBenchInUse:
    """--bench, then the variable, then here, then the user's own."""

    def test_a_named_one_comes_first(self, bench: Path, tmp_path: Path) -> None:
        bench.touch()
        other = tmp_path / "other.yaml"
        other.touch()
        assert default_bench(other, {"OCPP_RIG_BENCH": str(bench)}, tmp_path) == other
        assert default_bench(None, {"OCPP_RIG_BENCH": str(other)}, tmp_path) == other
        assert default_bench(None, {}, tmp_path) == bench

    def test_the_users_own_is_the_last(self, tmp_path: Path) -> None:
        own = tmp_path / ".config/ocpp-rig/bench.yaml"
        own.parent.mkdir(parents=True)
        own.touch()
        assert default_bench(None, {"HOME": str(tmp_path)}, tmp_path / "elsewhere") == own

    def test_there_may_be_none(self, tmp_path: Path) -> None:
        assert default_bench(None, {"HOME": str(tmp_path)}, tmp_path) is None

    @pytest.mark.parametrize("named", [Path("gone.yaml"), None])
    def test_one_that_was_asked_for_must_be_there(self, named: Path | None, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"gone\.yaml: no such bench file; `ocpp-rig bench scan --out"):
            default_bench(named, {"OCPP_RIG_BENCH": "gone.yaml"}, tmp_path)
