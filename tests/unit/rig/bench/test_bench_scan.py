"""What is plugged in becomes a hardware map; one that exists is brought up to date and loses nothing."""

import json
from pathlib import Path

import pytest
import yaml

from rig.bench.bench_file import load_bench
from rig.bench.merge import fresh, merged
from rig.bench.scan import Scan, scan
from rig.bench.yaml_edit import write
from rig.bench.yaml_text import YamlText
from rig.errors import UsageError
from tests.unit.rig.bench.machine import BY_ID, SERIAL, Machine, a_probe

OTHER = "0671FF494851877267084325"
LAB = f"""\
# The lab on the second floor. Ask Alice.
- connected: true
  id: {OTHER}   # the one with the blue cable
  notes: do not unplug
  platform: stm32f769i_disco
  product: STM32 STLink
  runner: pyocd
  serial: /dev/ttyACM3
  ocpp_rig:
    power: {{on: relay on, off: relay off}}

- connected: false
  id: {SERIAL}
  platform: unknown
  product: STM32 STLink
  runner: openocd
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def found(machine: Machine) -> Scan:
    return scan(machine.host(), [])


def updated(text: str, scanned: Scan, platform: str = "unknown") -> str:
    return merged(YamlText.parse(Path("bench.yaml"), text), scanned, platform).text


class TestWhatIsPluggedIn:
    """By USB ids and serial numbers in sysfs."""

    def test_an_st_link_is_found_with_its_console_by_the_name_that_stays(self, machine: Machine) -> None:
        machine.plug()
        [probe] = found(machine).probes
        assert (probe.id, probe.product, probe.serial) == (SERIAL, "STM32 STLink", BY_ID)

    def test_without_udevs_links_the_kernels_name_must_do(self, machine: Machine) -> None:
        machine.plug(by_id=False)
        assert found(machine).probes[0].serial == "/dev/ttyACM0"

    @pytest.mark.parametrize(
        "product_id", [0x3748, 0x374A, 0x374B, 0x374D, 0x374E, 0x374F, 0x3752, 0x3753, 0x3754, 0x3757]
    )
    def test_each_kind_of_st_link_is_known(self, product_id: int, machine: Machine) -> None:
        machine.plug(product_id=product_id, port=None)
        assert [probe.id for probe in found(machine).probes] == [SERIAL]

    def test_the_binary_serial_number_of_an_old_st_link_is_written_as_pyocd_writes_it(self, machine: Machine) -> None:
        machine.plug("R\xffu\x06IqS3f\x12\x10g", product_id=0x3748, port=None)
        assert found(machine).probes[0].id == "52FF75064971533366121067"

    def test_other_usb_devices_are_no_probes(self, machine: Machine) -> None:
        machine.plug("A50285BI", vendor_id=0x0403, product_id=0x6001, product="FT232R")
        assert found(machine).probes == ()
        assert found(machine).serials == {"A50285BI"}

    def test_an_adapter_with_a_driver_of_its_own_has_its_port_a_level_deeper(self, machine: Machine) -> None:
        machine.plug(port=None)
        (machine.root / "sys/bus/usb/devices/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0").mkdir(parents=True)
        assert found(machine).probes[0].serial == "/dev/ttyUSB0"

    def test_probes_that_only_pyocd_knows_are_added_such_as_virtual_boards(self, machine: Machine) -> None:
        machine.plug()
        scanned = scan(machine.host(), [a_probe(), a_probe("VIRTUAL-1")])
        assert [probe.id for probe in scanned.probes] == [SERIAL, "VIRTUAL-1"]
        assert scanned.probes[1].serial is None

    def test_a_machine_without_usb_has_nothing(self, machine: Machine) -> None:
        assert found(machine) == Scan((), frozenset())


class TestANewFile:
    """As twister writes one."""

    def test_it_has_twisters_keys_and_loads(self, machine: Machine, tmp_path: Path) -> None:
        machine.plug()
        write(tmp_path / "new/bench.yaml", fresh(found(machine)).text)
        entries = yaml.safe_load((tmp_path / "new/bench.yaml").read_text(encoding="utf-8"))
        assert entries == [
            {
                "connected": True,
                "id": SERIAL,
                "platform": "unknown",
                "product": "STM32 STLink",
                "runner": "pyocd",
                "serial": BY_ID,
            }
        ]
        assert load_bench(tmp_path / "new/bench.yaml")[0].id == SERIAL

    def test_a_serial_number_of_digits_stays_text(self, machine: Machine) -> None:
        machine.plug("00123456701")
        assert yaml.safe_load(fresh(found(machine)).text)[0]["id"] == "00123456701"


class TestAFileThatExists:
    """Twister's rules, without its losses."""

    def test_only_what_is_different_is_changed_in_its_text(self, machine: Machine) -> None:
        machine.plug()
        text = updated(LAB, found(machine), "stm32f769i_disco")
        assert text == (
            LAB.replace("connected: true", "connected: no longer")
            .replace("connected: false", f"serial: {BY_ID}\n  connected: true")
            .replace("connected: no longer", "connected: false")
            .replace("/dev/ttyACM3", "null")
            .replace("unknown", "stm32f769i_disco")
        )

    def test_what_changed_is_told(self, machine: Machine) -> None:
        machine.plug()
        machine.plug("NEW", location="1-2", port="ttyACM1")
        told = merged(YamlText.parse(Path("bench.yaml"), LAB), found(machine)).news
        assert told[0] == f"{OTHER}: connected false, serial null"
        assert told[1] == f"{SERIAL}: connected true, serial {BY_ID}"
        assert told[2].startswith("NEW: new, STM32 STLink, console /dev/serial/by-id/")

    def test_the_port_of_another_adapter_stays_the_console(self, machine: Machine) -> None:
        machine.plug()
        text = f"- connected: true\n  id: {SERIAL}\n  platform: stm32f769i_disco\n  product: p\n  runner: pyocd\n"
        text += "  serial: /dev/serial/by-id/usb-FTDI_FT4XYZ-if00\n"
        assert updated(text, found(machine)) == text

    def test_a_second_look_changes_nothing(self, machine: Machine) -> None:
        machine.plug()
        once = updated(LAB, found(machine))
        again = merged(YamlText.parse(Path("bench.yaml"), once), found(machine))
        assert (again.text, again.news) == (once, ())

    @pytest.mark.parametrize("margin", ["", "  "])
    def test_new_devices_come_at_the_end(self, margin: str, machine: Machine) -> None:
        lab = "".join(f"{margin}{line}" for line in LAB.splitlines(keepends=True)).rstrip("\n")
        machine.plug(OTHER, port="ttyACM3", by_id=False)
        machine.plug("NEW", location="1-2", port="ttyACM1", by_id=False)
        entries = yaml.safe_load(updated(lab, found(machine)))
        assert [(entry["id"], entry["connected"]) for entry in entries] == [
            (OTHER, True),
            (SERIAL, False),
            ("NEW", True),
        ]
        assert entries[0]["ocpp_rig"] == yaml.safe_load(LAB)[0]["ocpp_rig"]

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n", "# nothing\n[]  # yet\n"])
    def test_an_empty_list_is_filled(self, text: str, machine: Machine) -> None:
        machine.plug()
        assert [entry["id"] for entry in yaml.safe_load(updated(text, found(machine)))] == [SERIAL]
        assert updated(text, Scan((), frozenset())).startswith(text[:5])

    def test_a_list_in_brackets_is_kept_in_brackets(self, machine: Machine) -> None:
        machine.plug()
        gone = {"id": "GONE", "connected": True, "platform": "x", "product": "y", "runner": "z"}
        entries = yaml.safe_load(updated(json.dumps([gone]), found(machine)))
        assert entries[0] == gone | {"connected": False}
        assert entries[1]["id"] == SERIAL

    def test_keys_that_entries_share_are_changed_in_one_of_them_only(self, machine: Machine) -> None:
        machine.plug(by_id=False)
        shared = "- &disco {connected: false, id: GONE, platform: x, product: y, runner: z}\n"
        entries = yaml.safe_load(updated(f"{shared}- <<: *disco\n  id: {SERIAL}\n", found(machine)))
        assert [entry["connected"] for entry in entries] == [False, True]

    @pytest.mark.parametrize(
        "change",
        [
            ("serial: /dev/ttyACM3", "serial: rfc2217://lab:4000"),
            ("serial: /dev/ttyACM3", "serial_pty: ./script.py"),
            ("product: STM32 STLink", "product: BOOT-SERIAL"),
            ("  ocpp_rig:\n", "  ocpp_rig:\n    place: shelf-1\n"),
        ],
    )
    def test_what_a_scan_cannot_see_stays_connected(self, change: tuple[str, str], machine: Machine) -> None:
        first = LAB.partition("\n\n")[0].replace(*change, 1) + "\n"
        assert updated(first, found(machine)) == first

    def test_a_board_that_its_user_may_not_open_and_one_of_another_maker_count_as_there(self, machine: Machine) -> None:
        machine.plug(OTHER, vendor_id=0x1366, product_id=0x1015, product="J-Link", port="ttyACM3", by_id=False)
        assert yaml.safe_load(updated(LAB, found(machine)))[0] == yaml.safe_load(LAB)[0]

    def test_a_board_with_an_external_probe_is_there_when_that_is(self, machine: Machine) -> None:
        machine.plug(port=None)
        lab = LAB.partition("\n\n")[0] + f"\n  probe_id: {SERIAL}\n"
        scanned = found(machine)
        assert updated(lab, scanned) == lab

    def test_one_with_mistakes_is_left_alone(self, machine: Machine) -> None:
        with pytest.raises(UsageError, match="platfrom: no such key"):
            updated(LAB.replace("platform:", "platfrom:"), found(machine))

    def test_one_that_cannot_be_edited_is_left_alone(self, machine: Machine) -> None:
        machine.plug()
        with pytest.raises(UsageError, match="cannot be edited; nothing was changed"):
            updated(LAB + "...\n", scan(machine.host(), [a_probe("NEW")]))

    def test_its_rights_stay_and_a_link_stays_a_link(self, tmp_path: Path) -> None:
        real, link = tmp_path / "real.yaml", tmp_path / "bench.yaml"
        real.write_text(LAB, encoding="utf-8")
        real.chmod(0o660)
        link.symlink_to(real)
        write(link, "[]\n")
        assert link.is_symlink()
        assert (real.read_text(encoding="utf-8"), real.stat().st_mode & 0o777) == ("[]\n", 0o660)
        assert {file.name for file in tmp_path.iterdir()} == {"real.yaml", "bench.yaml"}

    def test_where_nothing_can_be_written_that_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match="cannot be written"):
            write(tmp_path / "file/bench.yaml", "[]\n")
