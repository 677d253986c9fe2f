"""`ocpp-rig run` on a board of a bench file: reserved, flashed, reset, judged; and how what breaks is told."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from firmware_build import Firmware
from rig.checks.judge import broken, judge
from rig.checks.verdict import Outcome
from rig.journal.events import FlashAttempt, Noise, RunEnded
from rig.network.namespace import run_in
from rig.virtual_board import BOARD, PRODUCT
from rig.virtual_board.process import VirtualBoard, virtual_board
from tests.benches import FAULTS, RATIO, Bench, assert_passed, assert_told_as_error, until

MakeFirmware = Callable[..., Firmware]


@pytest.fixture
def firmware(make_firmware: MakeFirmware) -> Firmware:
    return make_firmware()


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCPP_RIG_LOCKS", str(tmp_path / "locks"))
    return tmp_path / "locks"


def test_a_board_is_flashed_reset_and_judged_and_the_next_run_finds_the_image_there(bench: Bench) -> None:
    code, said = bench.run("first")
    assert_passed(bench, "first", code, said)
    assert "a VIRTUAL BOARD" in said
    assert {v.outcome for v in judge(bench.recording("first"))} == {Outcome.PASS}
    code, said = bench.run("second")
    assert_passed(bench, "second", code, said)
    attempts = [event for out in ("first", "second") for _, event in bench.recording(out).all(FlashAttempt)]
    assert [each.outcome for each in attempts] == ["verified", "identical"]
    assert attempts[0].sha256 == attempts[1].sha256


@pytest.mark.parametrize(("fault", "value", "told"), [*FAULTS, ("unplug", None, r"there is no serial port")])
def test_a_fault_of_the_bench_is_error_with_its_cause_and_a_cure(
    bench: Bench, board: VirtualBoard, fault: str, value: int | None, told: str
) -> None:
    board.fault(fault, value)
    assert_told_as_error(bench, told)


def test_a_probe_that_is_not_there_is_error_and_those_that_are_there_are_named(
    bench: Bench, board: VirtualBoard
) -> None:
    bench.change(probe_id="066DFF123456")
    code, said = bench.run("run")
    assert code == 3
    assert re.search(r"066DFF123456.*" + re.escape(board.facts.id), said, re.DOTALL), said


def test_what_a_scan_writes_of_a_virtual_board_is_enough_to_run_it(bench: Bench, board: VirtualBoard) -> None:
    bench.file.unlink()
    scan = [sys.executable, "-m", "rig.cli", "bench", "scan", "--platform", BOARD, "--out", str(bench.file)]
    subprocess.run(scan, check=True, timeout=60)
    entries = yaml.safe_load(bench.file.read_text())
    assert {"id": board.id, "product": PRODUCT}.items() <= next(e for e in entries if e["id"] == board.id).items()
    code, said = bench.run("run", "--device", board.id)
    assert_passed(bench, "run", code, said)


def test_a_virtual_board_never_passes_for_a_real_one(bench: Bench) -> None:
    bench.change(product="STM32 STLink")
    code, said = bench.run("run", "--ratio", "1")
    assert code == 3
    assert "is a virtual board, and the bench file does not say so" in said


def test_a_console_of_garbage_is_error_that_names_the_baud_rate(bench: Bench, board: VirtualBoard) -> None:
    board.fault("garbage")
    code, said = bench.run("run")
    assert code == 3, said
    assert "the device is silent" in said
    assert "correct `baud` in the bench file" in said


def control(board: VirtualBoard, fault: str, *, on: bool) -> list[str]:
    """The command that lets a fault of the board begin or end."""
    program = f"from rig.virtual_board.control import change; change({board.id!r}, {fault!r}, on={on})"
    return [sys.executable, "-c", program]


def test_a_board_is_reset_by_its_supply_where_the_bench_file_says_so(bench: Bench, board: VirtualBoard) -> None:
    power = {"off": control(board, "no-power", on=True), "on": control(board, "no-power", on=False)}
    bench.change_own(reset="power", power=power)
    code, said = bench.run("run")
    assert_passed(bench, "run", code, said)


def test_a_board_is_reset_by_a_command_where_the_bench_file_says_so(bench: Bench, board: VirtualBoard) -> None:
    reset = [sys.executable, "-P", "-m", "pyocd", "reset", "--no-wait", "-u", board.id, "-t", "stm32f767zi"]
    bench.change_own(reset=[*reset, "-O", "connect_mode=attach"])
    code, said = bench.run("run")
    assert_passed(bench, "run", code, said)


def test_a_reset_command_that_fails_is_error_with_its_own_words(bench: Bench) -> None:
    bench.change_own(reset=[sys.executable, "-c", "raise SystemExit('the relay is on fire')"])
    code, said = bench.run("run")
    assert code == 3
    assert "the relay is on fire" in said


def test_the_rig_serves_dhcp_to_a_board_where_the_bench_file_asks_for_it(
    tmp_path: Path, make_firmware: MakeFirmware
) -> None:
    """Whether a client is content with it, real Zephyr tells (tests/firmware/test_real_network.py)."""
    if not shutil.which("dnsmasq", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("dnsmasq is not installed (apt-get install dnsmasq-base)")
    config = {"CONFIG_NET_SAMPLE_OCPP_SERVER": "192.0.2.1", "CONFIG_NET_SAMPLE_SNTP_SERVER": "192.0.2.1"}
    firmware = replace(make_firmware(), config=config)
    firmware.save()
    with virtual_board(ratio=RATIO, images=[firmware.folder], namespace=True) as board:
        cable = "link add eth9 type veth peer name eth10"
        for command in (cable, "address add 192.0.2.1/24 dev eth9", "link set eth9 up", "link set eth10 up"):
            run_in(board.facts.namespace, ["ip", *command.split()])
        bench = Bench(tmp_path, board, firmware)
        dhcp = {"first": "192.0.2.100", "last": "192.0.2.110"}
        bench.change_own(network={"interface": "eth9", "namespace": board.facts.namespace, "dhcp": dhcp})
        code, said = bench.run("run")
    assert_passed(bench, "run", code, said)
    told = [each.text for _, each in bench.recording("run").all(Noise)]
    assert any("DHCP, IP range 192.0.2.100 -- 192.0.2.110" in line for line in told), told


def test_a_console_unplugged_in_mid_run_ends_the_run_within_two_seconds(bench: Bench, board: VirtualBoard) -> None:
    with bench.start("run") as process:
        until(process, "StartTransaction: connector 2")
        board.fault("unplug")
        began = time.monotonic()
        said, _ = process.communicate(timeout=60)
    recording = bench.recording("run")
    assert process.returncode == 3, said
    assert "bench lost: the console" in broken(recording)
    end = next(entry for entry in recording.entries if isinstance(entry.event, RunEnded))
    last = max(entry.t for entry, _ in recording.console)
    assert end.t - last < 2
    assert time.monotonic() - began < 10


def test_a_second_run_on_a_board_is_refused_with_the_owners_name(bench: Bench, locks: Path) -> None:
    with bench.start("first") as first:
        until(first, "BootNotification")
        code, said = bench.run("second")
        first.communicate(timeout=60)
    assert code == 3
    assert re.search(rf"is in use by process {first.pid} of \S+ on \S+, since .*running", said), said
    assert not (bench.folder / "second" / "journal.jsonl").exists()
    assert_passed(bench, "first", first.returncode, "")
    assert list(locks.glob("*.lock")) == []


def test_a_second_run_that_may_wait_follows_the_first(bench: Bench) -> None:
    with bench.start("first") as first:
        until(first, "BootNotification")
        code, said = bench.run("second", "--wait", "60")
        first.communicate(timeout=60)
    assert_passed(bench, "first", first.returncode, "")
    assert_passed(bench, "second", code, said)
    assert f"is in use by process {first.pid}" in said


def test_a_killed_run_frees_its_board_and_the_next_one_says_so(bench: Bench) -> None:
    with bench.start("first") as first:
        until(first, "StartTransaction")
        first.kill()
    code, said = bench.run("second")
    assert_passed(bench, "second", code, said)
    assert f"taken over from process {first.pid}" in said
    assert "the journal has no end" in broken(bench.recording("first"))
