"""The real sample's image for the STM32F769I-DISCO: built, flashed by pyOCD to the virtual board, read back, run."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from intelhex import IntelHex
from pyocd.core.helpers import ConnectHelper

from firmware_build import Firmware
from rig.checks.judge import judge
from rig.checks.verdict import Outcome
from rig.journal.events import FlashAttempt
from rig.virtual_board.process import VirtualBoard
from tests.benches import FAULTS, Bench, assert_passed, assert_told_as_error

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

SERVERS = ("CONFIG_NET_SAMPLE_OCPP_SERVER", "CONFIG_NET_SAMPLE_SNTP_SERVER")


@pytest.fixture(scope="module")
def firmware(build: Callable[..., Firmware]) -> Firmware:
    """With the addresses that `ocpp-rig run` builds in for a board whose network is this host's loopback."""
    return build("stm32f769i_disco", kconfig=dict.fromkeys(SERVERS, "127.0.0.1"))


def read_back(probe: str, image: IntelHex) -> bytes:
    """Every byte of the image's range, read by pyOCD alone."""
    options = {"target_override": "stm32f767zi", "connect_mode": "under-reset", "no_config": True, "project_dir": "/"}
    session = ConnectHelper.session_with_chosen_probe(unique_id=probe, blocking=False, options=options)
    assert session
    with session:
        assert session.target
        blocks = [session.target.read_memory_block8(begin, end - begin) for begin, end in image.segments()]
    return b"".join(map(bytes, blocks))


def test_the_real_image_runs_on_the_board_and_is_on_its_chip_byte_for_byte(
    bench: Bench, board: VirtualBoard, firmware: Firmware
) -> None:
    code, said = bench.run("run")
    assert_passed(bench, "run", code, said)
    assert {verdict.outcome for verdict in judge(bench.recording("run"))} == {Outcome.PASS}
    content = IntelHex(str(firmware.hex))
    wanted = b"".join(content.tobinstr(begin, end - 1) for begin, end in content.segments())
    assert len(wanted) > 100_000
    assert read_back(board.facts.id, content) == wanted
    [(_, attempt)] = bench.recording("run").all(FlashAttempt)
    assert (attempt.outcome, attempt.size) == ("verified", len(wanted))


@pytest.mark.parametrize(("fault", "value", "told"), FAULTS)
def test_a_fault_while_the_real_image_is_flashed_is_error_with_its_own_words(
    bench: Bench, board: VirtualBoard, fault: str, value: int | None, told: str
) -> None:
    board.fault(fault, value)
    assert_told_as_error(bench, told)


def test_one_command_builds_flashes_verifies_resets_and_judges(firmware: Firmware, tmp_path: Path) -> None:
    del firmware  # it is in the cache now
    command = [sys.executable, "-m", "rig.cli", "run", "--target", "stm32f769i_disco", "--bench", "virtual"]
    finished = subprocess.run(
        [*command, "--out", str(tmp_path / "run")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "a VIRTUAL BOARD" in finished.stdout
    assert "PASS: 36 PASS" in finished.stdout
