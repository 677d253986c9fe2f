"""However a run ends, no process and no port is left, and the journal can be read to its last event."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rig.checks.judge import judge, overall
from rig.checks.verdict import Outcome
from rig.journal.recording import Recording

GONE_S = 5.0
"""Wall seconds within which the kernel ends what belongs to a rig that was killed."""


@dataclass
class Running:
    """`ocpp-rig run` in mid-run: a transaction is metering."""

    process: subprocess.Popen[str]
    device: int
    device_fd: int
    port: int
    folder: Path

    def device_is_gone(self) -> bool:
        """Whether the device has ended, within GONE_S (pidfd_open(2): readable when the process ends)."""
        return bool(select.select([self.device_fd], [], [], GONE_S)[0])

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self.port))
            return True


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "rig.cli", "run", "--target", "twin", "--ratio", "5", "--out", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        told = ""
        assert process.stdout
        for line in process.stdout:
            told += line
            if "MeterValues" in line:
                break
        device, port = re.search(r"device started \(pid (\d+)\)", told), re.search(r"system on port (\d+)", told)
        assert device, told
        assert port, told
        device_fd = os.pidfd_open(int(device[1]))
        try:
            yield Running(process, int(device[1]), device_fd, int(port[1]), folder)
        finally:
            os.close(device_fd)
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_the_rig_ends_everything(running: Running, number: signal.Signals) -> None:
    running.process.send_signal(number)
    told = running.process.communicate(timeout=20)[0]
    assert running.process.returncode == 130
    assert "interrupted" in told
    assert running.device_is_gone()
    assert running.port_is_free()
    recording = Recording.load(running.folder)
    assert recording.end is not None
    assert recording.end.error == "interrupted"
    assert overall(judge(recording)) is Outcome.ERROR


def test_killing_the_rig_ends_the_device_too(running: Running) -> None:
    running.process.kill()
    running.process.wait(timeout=20)
    assert running.device_is_gone()
    assert running.port_is_free()
    recording = Recording.load(running.folder)
    assert recording.calls_from_charge_point("MeterValues")
    assert recording.end is None
    assert overall(judge(recording)) is Outcome.ERROR


def test_killing_the_device_is_a_finding_and_ends_the_run_at_once(running: Running) -> None:
    os.kill(running.device, signal.SIGKILL)
    told = running.process.communicate(timeout=20)[0]
    assert running.process.returncode == 1
    assert running.port_is_free()
    assert re.search(r"FAIL +device\.alive +it ended by itself, exit code -9", told)
    recording = Recording.load(running.folder)
    assert recording.end is not None
    assert recording.end.error is None


def test_a_run_leaves_only_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "rig.cli", "run", "--target", "twin", "--ratio", "50", "--out", str(folder)]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, timeout=60)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(each.name for each in folder.iterdir()) == [
        *("console.log", "frames.jsonl", "journal.jsonl", "junit.xml", "prj.conf", "report.html"),
    ]
