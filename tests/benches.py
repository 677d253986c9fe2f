"""A bench with one virtual board, and `ocpp-rig run` on it, as a user calls it; needs a fixture `firmware`."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from firmware_build import Firmware
from rig.checks.judge import EXIT_CODES, judge
from rig.checks.verdict import Outcome
from rig.journal.events import DeviceEvent
from rig.journal.recording import Recording
from rig.virtual_board import BOARD, PRODUCT
from rig.virtual_board.process import VirtualBoard, virtual_board
from tests.skipping import skip_if_late

RATIO = 10
"""At which the board plays the twin: a host that is busy with other tests has 50 ms to answer."""
FAULTS = [
    ("bad-cell", 0x0800_1000, r"0x0800100[0-3]"),
    ("locked", None, r"read[- ]protect"),
    ("wrong-chip", None, r"0x449"),
    ("no-power", None, r"supply|power"),
    ("unplug-after", 16_384, r"went away|lost"),
]
"""Faults of the bench while a chip is flashed, with their value, and a pattern of the words that tell of each."""


@pytest.fixture(name="board")
def board_on_its_own_segment(firmware: Firmware) -> Iterator[VirtualBoard]:
    """A board with a network segment of its own, as if a cable went from it to this machine."""
    if not shutil.which("ip"):
        pytest.skip("the rig asks `ip` for the interface that faces a board, which is not installed (iproute2)")
    with virtual_board(ratio=RATIO, images=[firmware.folder], namespace=True) as board:
        yield board


@pytest.fixture(name="bench")
def bench_with_it(tmp_path: Path, board: VirtualBoard, firmware: Firmware) -> "Bench":
    """The bench with that board."""
    return Bench(tmp_path, board, firmware)


class Bench:
    """A bench file with one board, and `ocpp-rig run` on it."""

    def __init__(self, folder: Path, board: VirtualBoard, firmware: Firmware) -> None:
        self.folder = folder
        self.file = folder / "bench.yaml"
        self._firmware = firmware
        self._entry: dict[str, object] = {
            "connected": True,
            "id": board.facts.id,
            "platform": BOARD,
            "product": PRODUCT,
            "runner": "pyocd",
            "serial": board.facts.console,
            "ocpp_rig": {"network": {"address": "127.0.0.1", "namespace": board.facts.namespace}},
        }
        self.change()

    def change(self, **keys: object) -> None:
        self._entry |= keys
        self.file.write_text(yaml.safe_dump([self._entry]))

    def change_own(self, **keys: object) -> None:
        """Change keys of the rig's own."""
        own = self._entry["ocpp_rig"]
        assert isinstance(own, dict)
        self.change(ocpp_rig={**own, **keys})

    def start(self, out: str, *options: str) -> subprocess.Popen[str]:
        image = ["--firmware", str(self._firmware.hex), "--bench", str(self.file), "--ratio", str(RATIO)]
        command = [sys.executable, "-m", "rig.cli", "run", "--target", BOARD, *image, "--out", str(self.folder / out)]
        return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, out: str, *options: str) -> tuple[int, str]:
        with self.start(out, *options) as process:
            said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def recording(self, out: str) -> Recording:
        return Recording.load(self.folder / out)


def until(process: subprocess.Popen[str], sign: str) -> list[str]:
    """What it says until a line has this sign."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if sign in line:
            return said
    raise AssertionError(f"never said {sign!r}: {''.join(said)}")


def assert_passed(bench: Bench, out: str, code: int, said: str) -> None:
    """The run in the folder `out` passed; where this host was too late to judge by, the test is skipped by name."""
    skip_if_late(bench.folder / out)
    assert code == 0, said


def assert_told_as_error(bench: Bench, told: str) -> None:
    """A run ends as ERROR, with a cause in these words and a cure; nothing of the device is judged."""
    code, said = bench.run("run")
    assert code == EXIT_CODES[Outcome.ERROR], said
    assert re.search(told, said), said
    assert "cure: " in said
    recording = bench.recording("run")
    assert {verdict.outcome for verdict in judge(recording)} == {Outcome.ERROR}
    assert not recording.all(DeviceEvent), "what could not be flashed never started"
