"""The rig on real Zephyr: the whole lifecycle on every board that this machine can run, and what must not pass."""

import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_build import Firmware
from rig import netns
from rig.checks.judge import broken, judge
from rig.checks.verdict import Outcome
from rig.console.milestones import Milestone
from rig.journal.events import DeviceEvent
from rig.journal.recording import Recording
from rig.lifecycle import WrongImageError, lifecycle, request
from rig.run import Run, record
from rig.targets.native_sim import NativeSim
from rig.targets.qemu import GUEST_CAPTURE, MACHINES, Qemu
from tests.skipping import skip_if_late

pytestmark = [pytest.mark.zephyr, pytest.mark.timeout(900)]

Build = Callable[..., Firmware]


def rig(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`ocpp-rig`, as a user calls it."""
    command = [sys.executable, "-m", "rig.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


def outcomes(folder: Path) -> dict[str, Outcome]:
    return {verdict.check: verdict.outcome for verdict in judge(Recording.load(folder))}


def expected(board: str) -> dict[Outcome, set[str]]:
    """What of the lifecycle is not plainly PASS on the real firmware."""
    absent = {"bench.flash", "network.address"} if board.startswith("native_sim") else {"bench.flash"}
    return {Outcome.KNOWN_DEFECT: {"meter.register"}, Outcome.NOT_APPLICABLE: absent}


def special(folder: Path) -> dict[Outcome, set[str]]:
    """What is not plainly PASS, by outcome; a run that the host was too late to judge by is skipped, and says so."""
    assert not broken(Recording.load(folder))
    skip_if_late(folder)
    found = outcomes(folder)
    return {o: {c for c, each in found.items() if each is o} for o in set(found.values()) if o is not Outcome.PASS}


@pytest.fixture(scope="module")
def emulated(build: Build, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int, str]]:
    """Folder, exit code and output of a run of each emulated board: real time, so all at once."""
    boards = [board for board in MACHINES if shutil.which(MACHINES[board].program)]
    for board in boards:
        build(board)
    running = {}
    for board in boards:
        folder = tmp_path_factory.mktemp(board.replace("/", "_"))
        command = [sys.executable, "-m", "rig.cli", "run", "--target", board, "--out", str(folder / "run")]
        running[board] = folder / "run", subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    said = {board: process.communicate(timeout=300)[0] for board, (_, process) in running.items()}
    return {board: (folder, process.returncode, said[board]) for board, (folder, process) in running.items()}


@pytest.mark.parametrize("board", MACHINES)
def test_the_lifecycle_on_an_emulated_board(board: str, emulated: dict[str, tuple[Path, int, str]]) -> None:
    if board not in emulated:
        pytest.skip(f"{board}: {MACHINES[board].program} is not installed")
    folder, code, said = emulated[board]
    assert special(folder) == expected(board), said
    assert code == 0
    assert (folder / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(("board", "ratio"), [("native_sim", 20), ("native_sim", 50), ("native_sim/native/64", 20)])
def test_the_lifecycle_on_native_sim(board: str, ratio: int, build: Build, tmp_path: Path) -> None:
    build(board)
    finished = rig("run", "--target", board, "--ratio", ratio, "--out", tmp_path / "run", cwd=tmp_path)
    assert special(tmp_path / "run") == expected(board), finished.stdout
    assert finished.returncode == 0


def test_runs_at_once_do_not_disturb_each_other(build: Build, tmp_path: Path) -> None:
    image = build("native_sim").image
    command = [sys.executable, "-m", "rig.cli", "run", "--firmware", str(image), "--ratio", "5", "--out"]
    running = [
        subprocess.Popen([*command, str(tmp_path / str(n))], cwd=tmp_path, stdout=subprocess.DEVNULL) for n in range(4)
    ]
    codes = [process.wait(timeout=120) for process in running]
    assert all(special(tmp_path / str(n)) == expected("native_sim") for n in range(4))
    assert codes == [0] * 4


def test_another_build_than_the_one_under_test_is_error(build: Build, tmp_path: Path) -> None:
    image = build("native_sim").image
    finished = rig(
        "run", "--firmware", image, "--expect-build", "0123456789ab", "--out", tmp_path / "run", cwd=tmp_path
    )
    assert finished.returncode == 3
    assert "not 0123456789ab" in finished.stderr


def in_namespace(work: Callable[[], object]) -> int:
    """Do it in a child of this process, for a network namespace is entered for good; returns its exit code."""

    def enter_and_work() -> None:
        netns.enter()
        work()

    child = multiprocessing.get_context("fork").Process(target=enter_and_work)
    child.start()
    child.join()
    return child.exitcode if child.exitcode is not None else -1


def test_a_device_that_boots_another_build_than_its_image_is_error(build: Build, tmp_path: Path) -> None:
    """As a board does that was not flashed."""
    firmware = replace(build("native_sim"), build="0123456789ab")
    device = NativeSim(firmware, ratio=20, build_source="the image just built")

    def refused() -> None:
        with pytest.raises(WrongImageError, match="expected 0123456789ab"):
            record(device, tmp_path, lifecycle)

    assert in_namespace(refused) == 0
    assert set(outcomes(tmp_path).values()) == {Outcome.ERROR}


async def _faults(run: Run) -> None:
    """Reset the machine, pull its cable for a moment, stop it for a moment: each seen on console or wire."""
    device = run.target
    assert isinstance(device, Qemu)
    booted = request("BootNotification")
    first = await run.must_see("BootNotification", booted, device_s=30)
    await device.reset()
    second = await run.must_see("BootNotification after the reset", booted, device_s=30, after=first.n)
    beat = request("Heartbeat")
    await run.must_see("Heartbeat", beat, device_s=12, after=second.n)
    await device.set_link(up=False)
    silent_from = len(run.journal.entries)
    assert await run.see("nothing while the cable is out", beat, device_s=10, after=silent_from) is None
    await device.set_link(up=True)
    plugged = len(run.journal.entries)
    await run.must_see("a message after it is back", beat, device_s=40, after=plugged)
    await device.pause()
    paused = len(run.journal.entries)
    assert await run.see("nothing while it is stopped", beat, device_s=10, after=paused) is None
    await device.resume()
    await run.must_see("Heartbeat after it goes on", beat, device_s=20, after=paused)


def test_qemu_can_be_reset_unplugged_and_stopped(build: Build, tmp_path: Path) -> None:
    if not shutil.which("qemu-system-arm"):
        pytest.skip("qemu-system-arm is not installed")
    device = Qemu(build("qemu_cortex_m3"), build_source="a test")
    assert in_namespace(lambda: record(device, tmp_path, _faults)) == 0
    recording = Recording.load(tmp_path)
    assert len(recording.seen(Milestone.BOOT)) == 2
    faults = ["reset", "link down", "link up", "paused", "resumed"]
    assert [event.what for _, event in recording.all(DeviceEvent)] == ["started", *faults, "stopped"]
    assert (tmp_path / GUEST_CAPTURE).read_bytes()[:4] in {b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"}
