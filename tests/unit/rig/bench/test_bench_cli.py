"""`ocpp-rig bench`: scan, show, locks; and the doctor's part of it."""

import dataclasses
import os
from pathlib import Path

import pytest

from rig.bench.device import Device, Dhcp, Network, Power
from rig.bench.lock import device_lock
from rig.bench.show import picture
from rig.cli import bench, doctor
from rig.cli.main import main
from rig.finding import Finding
from tests.unit.rig.bench.machine import BY_ID, SERIAL, Machine

LAB = """\
- connected: true
  id: GONE
  platform: stm32f769i_disco
  product: STM32 STLink
  runner: pyocd
  serial: /dev/ttyACM9
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without a bench file, with an ST-LINK plugged in, who stands in an empty folder."""
    for name, value in {"HOME": str(tmp_path / "home"), "OCPP_RIG_LOCKS": str(tmp_path / "locks")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OCPP_RIG_BENCH", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    machine = Machine(tmp_path / "machine")
    machine.plug()
    monkeypatch.setattr(bench, "Host", machine.host)
    monkeypatch.setattr(doctor, "Host", machine.host)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_scan_prints_a_map_and_says_what_is_to_be_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "scan"]) == 0
    said = capsys.readouterr()
    assert said.out == (
        f"- connected: true\n  id: {SERIAL}\n  platform: unknown\n  product: STM32 STLink\n  runner: pyocd\n"
        f"  serial: {BY_ID}\n"
    )
    assert "scan with --platform" in said.err


def test_scan_writes_a_file_and_brings_it_up_to_date(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = nowhere / "bench.yaml"
    file.write_text("# my lab\n" + LAB, encoding="utf-8")
    assert main(["bench", "scan", "--out", "bench.yaml", "--platform", "stm32f769i_disco"]) == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# my lab\n- connected: false\n  id: GONE\n")
    assert f"id: {SERIAL}\n  platform: stm32f769i_disco\n" in text
    assert f"{SERIAL}: new" in capsys.readouterr().err
    assert main(["bench", "scan", "--out", "bench.yaml"]) == 0
    assert file.read_text(encoding="utf-8") == text
    assert "nothing new" in capsys.readouterr().err


def test_show_draws_the_bench_in_use(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nowhere / "bench.yaml").write_text(LAB, encoding="utf-8")
    with device_lock("GONE"):
        assert main(["bench"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("bench bench.yaml\n\nstm32f769i_disco  GONE  in use by process ")
    assert "missing" not in shown, "what is in use is no fault"
    assert main(["bench"]) == 0
    assert "missing: probe: no probe with the serial number GONE" in capsys.readouterr().out


def test_without_a_bench_file_the_command_that_writes_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "show"]) == 2
    assert "`ocpp-rig bench scan --out bench.yaml`" in capsys.readouterr().err


def test_locks_tells_who_has_which_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "locks"]) == 0
    assert "no board is in use" in capsys.readouterr().out
    with device_lock(SERIAL):
        assert main(["bench", "locks"]) == 0
    assert capsys.readouterr().out.startswith(f"{SERIAL}  process {os.getpid()} of ")


def test_a_bench_file_with_mistakes_is_a_wrong_command(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nowhere / "bench.yaml").write_text(LAB.replace("runner", "runer"), encoding="utf-8")
    for command in (["bench", "show"], ["doctor"], ["bench", "scan", "--out", "bench.yaml"]):
        assert main(command) == 2
        assert "bench.yaml:5: entry 1 (id GONE): runer: no such key; did you mean runner?" in capsys.readouterr().err


def test_the_doctor_examines_the_bench_and_a_board_that_lacks_something_is_exit_code_3(
    nowhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "lab.yaml").write_text(LAB, encoding="utf-8")
    machine_of_the_doctor = [Finding("x", "can be built and run")]
    monkeypatch.setattr(doctor, "_boards", lambda: machine_of_the_doctor)
    monkeypatch.setattr(doctor, "_workspace", lambda: Finding("Zephyr workspace", "here"))
    assert main(["doctor"]) == 0
    assert main(["doctor", "--bench", "lab.yaml"]) == 3
    said = capsys.readouterr().out
    assert "\nstm32f769i_disco GONE of lab.yaml\nlock                   free\n" in said
    assert "cure: plug the board in at its ST-LINK connector" in said


class TestThePicture:
    """Host and board, with the links between them."""

    DEVICE = Device(
        SERIAL,
        "stm32f769i_disco",
        product="STM32 STLink",
        serial="/dev/ttyACM0",
        target="stm32f767zi",
        network=Network("eth1", "192.0.2.1", dhcp=Dhcp("192.0.2.10", "192.0.2.20")),
        power=Power(hub="1-1", port=2),
    )

    def test_a_whole_board(self) -> None:
        findings = [Finding("lock", "free"), Finding("probe firmware", "V2J43M30")]
        board = "─ board: flashed by pyocd as stm32f767zi, reset through the probe"
        assert list(picture(self.DEVICE, findings)) == [
            f"stm32f769i_disco  {SERIAL}  free",
            f"  host ─┬─ probe   ─ STM32 STLink {SERIAL}, firmware V2J43M30 ─┬{board}",
            "        ├─ console ─ /dev/ttyACM0, 115200 baud                                ─┤",
            "        ├─ network ─ eth1, 192.0.2.1, DHCP 192.0.2.10 – 192.0.2.20            ─┤",
            "        └─ power   ─ hub 1-1 port 2 (uhubctl)                                 ─┘",
        ]

    @pytest.mark.parametrize(
        ("what", "link"),
        [
            ("probe rights", "probe"),
            ("pyOCD", "probe"),
            ("console", "console"),
            ("TCP 8180", "network"),
            ("firewall, UDP 123", "network"),
            ("DHCP", "network"),
            ("power", "power"),
        ],
    )
    def test_a_link_that_lacks_something_is_crossed_out(self, what: str, link: str) -> None:
        lines = list(picture(self.DEVICE, [Finding(what, "broken", "mend it")]))
        assert [f"─ {link:<7} ✗" in line for line in lines if "✗" in line] == [True]
        assert lines[-2:] == [f"  missing: {what}: broken", "     cure: mend it"]

    def test_a_board_of_a_farm_switched_by_commands(self) -> None:
        device = dataclasses.replace(
            self.DEVICE,
            place="shelf-1",
            power=Power(on=("relay", "on"), off=("relay", "off")),
            reset=("relay", "pulse"),
        )
        drawn = "\n".join(picture(device, []))
        assert "place shelf-1 of the farm" in drawn
        assert "`relay on` / `relay off`" in drawn
        assert "reset `relay pulse`" in drawn

    def test_one_that_is_not_connected(self) -> None:
        [first, *_] = picture(dataclasses.replace(self.DEVICE, connected=False), [Finding("lock", "free")])
        assert first == f"stm32f769i_disco  {SERIAL}  not connected"
