"""The twin as the rig runs it: a process of its own with a pseudo-terminal for its console."""

import asyncio
import os
import pty
import signal
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rig.twin.charge_point import ChargePoint
from rig.twin.config import TwinConfig
from rig.twin.defects import Defect
from rig.twin.device import RestartError
from rig.twin.main import _run_until_terminated
from tests.unit.twin.bench import Bench, servers

TWIN = (sys.executable, "-m", "rig.twin")


class Console:
    """The reading end of the twin's pseudo-terminal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.text = ""

    def read_until(self, text: str) -> str:
        """Read until ``text`` has come; an EOFError when the twin ended before."""
        while text not in self.text:
            try:
                self.text += os.read(self._fd, 4096).decode()
            except OSError as error:
                raise EOFError(self.text) from error
        return self.text


@contextmanager
def twin_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Console]]:
    reading, writing = pty.openpty()
    tty.setraw(writing)
    process = subprocess.Popen([*TWIN, *arguments], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    try:
        yield process, Console(reading)
    finally:
        process.kill()
        process.communicate()
        os.close(reading)


def test_boots_on_its_terminal_and_ends_quietly_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "prj.conf").write_text('CONFIG_BOARD="bench"\n')
    with twin_process("--config", str(tmp_path / "prj.conf"), "--build", "v1-nonce") as (process, console):
        text = console.read_until("Waiting for network...\x1b[0m\r\n")
        assert text.startswith("*** Booting Zephyr OS build v1-nonce ***\r\n")
        assert "\r\nOCPP sample bench\r\n" in text
        process.terminate()
        _, errors = process.communicate(timeout=5)
        assert (process.returncode, errors) == (0, b"")


def test_dead_prints_nothing() -> None:
    with twin_process("--defect", "dead") as (process, console):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.terminate()
        assert process.wait(timeout=5) == 0
        with pytest.raises(EOFError, match=r"^$"):
            console.read_until("anything")


def test_crash_dies_of_a_segmentation_fault_in_mid_transaction(tmp_path: Path) -> None:
    async def scenario() -> None:
        bench = Bench()
        async with servers(bench) as config:
            prj = tmp_path / "prj.conf"
            prj.write_text(
                f"CONFIG_NET_SAMPLE_OCPP_PORT={config.port}\nCONFIG_NET_SAMPLE_SNTP_SERVER_PORT={config.sntp_port}\n"
            )
            with twin_process("--config", str(prj), "--time-scale", "100", "--defect", "crash") as (process, console):
                text = await asyncio.to_thread(console.read_until, "Halting system\x1b[0m\r\n")
                assert "\x1b[1;31m<err> os: ***** USAGE FAULT *****" in text
                assert await asyncio.to_thread(process.wait, 5) == -signal.SIGSEGV
        assert len(bench.of("MeterValues", connectorId=1)) == 2
        assert not bench.of("StopTransaction")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--defect", "nonsense"], "unknown defect 'nonsense'; --list-defects names them all"),
        (["--profile", "nonsense"], "unknown profile 'nonsense'; there are core, firmware-management,"),
        (["--time-scale", "0"], "'0' is no positive number"),
        (["--time-scale", "nan"], "'nan' is no positive number"),
        (["--config", "/nowhere/prj.conf"], "cannot read /nowhere/prj.conf"),
    ],
)
def test_usage_errors_go_to_stderr_with_exit_code_2(arguments: list[str], complaint: str) -> None:
    done = subprocess.run([*TWIN, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_lists_its_defects() -> None:
    done = subprocess.run([*TWIN, "--list-defects"], capture_output=True, text=True, check=True)
    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert listed == {str(defect): defect.description for defect in Defect}


def test_starts_without_the_rigs_heavy_libraries() -> None:
    code = "import sys, rig.twin.main; print(*{'ocpp', 'pytest', 'jsonschema'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_an_end_that_comes_together_with_a_restart_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM right at a Reset: a task group that ends by an error forgets that it was cancelled."""
    restarts = 0

    async def restart_when_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise RestartError

    async def power_on(*_: object) -> None:
        nonlocal restarts
        async with asyncio.TaskGroup() as tasks:
            if restarts == 0:
                tasks.create_task(restart_when_cancelled())
            restarts += 1
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

    async def scenario() -> None:
        async with asyncio.timeout(5):
            await _run_until_terminated(ChargePoint(TwinConfig(), "build", 1000, lambda _: None))

    monkeypatch.setattr(ChargePoint, "_power_on", power_on)
    asyncio.run(scenario())
    assert restarts == 2, "it restarted, for that came first, and then it ended"
