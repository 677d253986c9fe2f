"""`firmware_build.flash` and `ocpp-rig flash` with pyOCD's own code on a board that can break in every way."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyocd.core.target import Target

from firmware_build.flash import (
    BadCell,
    ChipLocked,
    FlashCancelled,
    Flashed,
    FlashError,
    FlashJob,
    FlashTimeout,
    NoPower,
    NoProbe,
    ProbeBusy,
    ProbeLost,
    Progress,
    WrongChip,
    flash_firmware,
    list_probes,
    reset_board,
)
from rig.bench.lock import device_lock
from rig.cli.main import main
from rig.virtual_board.process import VirtualBoard, virtual_board
from tests.hex_firmware import content, firmware_of
from tests.virtual_board.conftest import (
    ENTRY,
    FLASH,
    SIZE,
    MakeFirmware,
    children,
    console_of,
    image_of,
    pyocd,
    read_flash,
)

pytest.importorskip("unicorn", reason="the virtual board needs Unicorn: pip install 'zephyr-ocpp-rig[virtual-board]'")

OLD, NEW = "00c0ffee0001", "00c0ffee0002"


@pytest.fixture
def board() -> Iterator[VirtualBoard]:
    with virtual_board() as board:
        yield board


def on_the_chip(board: VirtualBoard) -> bytes:
    """What a pyOCD of the test's own reads."""
    with pyocd(board.id) as session:
        return read_flash(session)


def errors(flashed: Flashed) -> list[str | None]:
    return [attempt.error for attempt in flashed.attempts]


# ---- what it does where nothing is wrong


def test_every_byte_is_on_the_chip_afterwards(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(NEW)

    flashed = flash_firmware(firmware, probe=board.id)

    assert on_the_chip(board) == image_of(NEW)
    assert (flashed.skipped, flashed.bytes, flashed.probe, flashed.target) == (False, SIZE, board.id, "stm32f767zi")
    assert errors(flashed) == [None]


def test_progress_goes_through_all_phases_in_their_order(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    seen: list[Progress] = []

    flash_firmware(make_firmware(NEW), probe=board.id, on_progress=seen.append)

    phases = list(dict.fromkeys(progress.phase for progress in seen))
    assert phases == ["connect", "compare", "erase", "program", "verify"]
    for phase in phases:
        fractions = [progress.fraction for progress in seen if progress.phase == phase]
        assert fractions == sorted(fractions)
        assert fractions[-1] <= 1
    assert seen[-1] == Progress("verify", 1.0)


def test_an_image_that_is_there_already_is_read_and_not_written(
    board: VirtualBoard, make_firmware: MakeFirmware
) -> None:
    firmware = make_firmware(NEW)
    first = flash_firmware(firmware, probe=board.id)
    seen: list[Progress] = []

    second = flash_firmware(firmware, probe=board.id, on_progress=seen.append)

    assert second.skipped
    assert second.sha256 == first.sha256
    assert list(dict.fromkeys(progress.phase for progress in seen)) == ["connect", "compare"]
    assert seen[-1] == Progress("compare", 1.0)


def test_force_writes_it_all_the_same(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(NEW)
    flash_firmware(firmware, probe=board.id)

    again = flash_firmware(firmware, probe=board.id, force=True)

    assert not again.skipped
    assert on_the_chip(board) == image_of(NEW)


def test_one_other_bit_on_the_chip_is_seen_and_mended(
    board: VirtualBoard, make_firmware: MakeFirmware, tmp_path: Path
) -> None:
    last = FLASH + SIZE - 1
    wanted = image_of(NEW)
    flash_firmware(firmware_of(tmp_path / "other.hex", (FLASH, wanted[:-1] + bytes([wanted[-1] ^ 1]))), probe=board.id)

    flashed = flash_firmware(make_firmware(NEW), probe=board.id)

    assert not flashed.skipped
    assert on_the_chip(board)[last - FLASH] == wanted[-1]


def test_what_an_older_image_left_behind_the_new_one_is_erased(board: VirtualBoard, tmp_path: Path) -> None:
    flash_firmware(firmware_of(tmp_path / "long.hex", (FLASH, content(SIZE))), probe=board.id)

    flash_firmware(firmware_of(tmp_path / "short.hex", (FLASH, content(1000, seed=2))), probe=board.id)

    assert on_the_chip(board)[:0x8000] == content(1000, seed=2).ljust(0x8000, b"\xff")


def test_sectors_that_the_image_does_not_need_keep_what_is_in_them(board: VirtualBoard, tmp_path: Path) -> None:
    settings = (FLASH + 0x8000, content(64))
    flash_firmware(firmware_of(tmp_path / "settings.hex", settings), probe=board.id)

    flash_firmware(firmware_of(tmp_path / "code.hex", (FLASH, content(100, seed=2))), probe=board.id)

    assert on_the_chip(board)[0x8000:0x8040] == content(64)


def test_an_image_with_a_gap_is_compared_without_it(board: VirtualBoard, tmp_path: Path) -> None:
    firmware = firmware_of(tmp_path / "gap.hex", (FLASH, content(333)), (FLASH + 0x8001, content(777, seed=2)))

    flash_firmware(firmware, probe=board.id)

    assert flash_firmware(firmware, probe=board.id).skipped
    assert on_the_chip(board)[0x8001 : 0x8001 + 777] == content(777, seed=2)


@pytest.mark.parametrize("before", [None, NEW])
def test_the_chip_is_halted_before_its_first_instruction(
    board: VirtualBoard, make_firmware: MakeFirmware, before: str | None
) -> None:
    firmware = make_firmware(NEW)
    if before:
        flash_firmware(firmware, probe=board.id)

    assert flash_firmware(firmware, probe=board.id).skipped == bool(before)

    with pyocd(board.id, "attach") as debugger:
        assert debugger.target.get_state() == Target.State.HALTED
        assert debugger.target.read_core_register("pc") == ENTRY & ~1


def test_a_reset_lets_it_run(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(NEW)
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        flash_firmware(firmware, probe=board.id)

        reset_board(probe=board.id)

        assert f"OS build {NEW} " in console.read_until("OCPP sample")


def test_a_probe_is_listed_with_what_it_tells(board: VirtualBoard) -> None:
    (probe,) = [probe for probe in list_probes() if probe.unique_id == board.id]

    assert "STM32F769I-DISCO" in probe.description
    assert probe.problem is None


def test_it_works_through_a_probe_server(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(NEW)
    with probe_server(board) as (probe, _):
        flashed = flash_firmware(firmware, probe=probe)
        reset_board(probe=probe)

        assert (flashed.skipped, flashed.probe) == (False, probe)
        assert flash_firmware(firmware, probe=probe).skipped
    assert on_the_chip(board) == image_of(NEW)


# ---- what it says where something is wrong


def test_a_bad_cell_is_told_with_its_address(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    address = FLASH + 0x8123
    board.fault("bad-cell", f"0x{address:x}")

    with pytest.raises(BadCell, match=f"0x{address:08x} \\(sector 1\\) should be .*; 1 of 40,000 bytes differ") as bad:
        flash_firmware(make_firmware(NEW), probe=board.id)

    wanted = image_of(NEW)[0x8123]
    assert (bad.value.address, bad.value.wanted) == (address, wanted)
    assert (bad.value.found ^ wanted).bit_count() == 1
    assert len(bad.value.attempts) == 1
    assert "--force" in bad.value.cure


def test_a_bad_cell_is_found_even_where_the_image_was_there_before(
    board: VirtualBoard, make_firmware: MakeFirmware
) -> None:
    firmware = make_firmware(NEW)
    flash_firmware(firmware, probe=board.id)
    board.fault("bad-cell", f"0x{FLASH + 0x1000:x}")

    with pytest.raises(BadCell):
        flash_firmware(firmware, probe=board.id)


@pytest.mark.parametrize(
    ("fault", "meaning", "said"),
    [
        ("locked", ChipLocked, "RDP is 0x.., not 0xaa"),
        ("wrong-chip", WrongChip, "DEV_ID is 0x449 .* has 0x451"),
        ("no-power", NoPower, "measures 0.00 V at the chip, which needs 1.7 V"),
    ],
)
def test_a_chip_that_cannot_be_flashed_is_told_at_once(
    board: VirtualBoard, make_firmware: MakeFirmware, fault: str, meaning: type[FlashError], said: str
) -> None:
    board.fault(fault)

    with pytest.raises(meaning, match=said) as failed:
        flash_firmware(make_firmware(NEW), probe=board.id)

    assert type(failed.value) is meaning
    assert len(failed.value.attempts) == 1
    assert failed.value.cure


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("no-such-probe", "there is no probe no-such-probe; plugged in: .*"),
        ("remote:127.0.0.1:9", "no pyOCD server answers at 127.0.0.1:9: Connection refused"),
        ("bluetooth:1", "'bluetooth:1' names no probe: unknown debug probe type"),
    ],
)
def test_a_probe_that_is_not_there_is_no_probe(make_firmware: MakeFirmware, probe: str, said: str) -> None:
    with pytest.raises(NoProbe, match=said):
        flash_firmware(make_firmware(NEW), probe=probe, budget_s=20)


def test_of_several_probes_one_must_be_named(make_firmware: MakeFirmware) -> None:
    with virtual_board() as one, virtual_board() as other:
        with pytest.raises(NoProbe, match="probes are plugged in") as failed:
            flash_firmware(make_firmware(NEW), probe=None)

        assert f"{one.id} (" in failed.value.message
        assert f"{other.id} (" in failed.value.message


def test_a_busy_probe_is_told(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    with pyocd(board.id), pytest.raises(ProbeBusy, match=f"{board.id} is in use by another program"):
        flash_firmware(make_firmware(NEW), probe=board.id)


def test_a_busy_probe_is_listed_with_its_problem(board: VirtualBoard) -> None:
    with pyocd(board.id):
        problems = {probe.unique_id: probe.problem for probe in list_probes()}

        left = {probe.unique_id: probe.problem for probe in list_probes(leave=[board.id])}

    assert "in use by another program" in (problems[board.id] or "")
    assert left[board.id] is None, "it was not opened"


def test_a_probe_that_is_lost_in_mid_flash_is_told_and_the_next_flash_mends_it(
    board: VirtualBoard, make_firmware: MakeFirmware
) -> None:
    firmware = make_firmware(NEW)
    board.fault("unplug-after", 10_000)

    with pytest.raises(ProbeLost, match="went away in phase program: No such device") as failed:
        flash_firmware(firmware, probe=board.id)

    assert len(failed.value.attempts) == 1
    board.heal("unplug")
    assert not flash_firmware(firmware, probe=board.id).skipped
    assert on_the_chip(board) == image_of(NEW)


def test_a_probe_server_that_dies_in_mid_flash_is_a_lost_probe(
    board: VirtualBoard, make_firmware: MakeFirmware
) -> None:
    with probe_server(board) as (probe, server):

        def die(progress: Progress) -> None:
            if progress.phase == "program":
                server.kill()

        with pytest.raises(ProbeLost, match="went away in phase program: ") as failed:
            flash_firmware(make_firmware(NEW), probe=probe, on_progress=die, budget_s=30)

    assert "pyocd server" in failed.value.cure


def test_a_transient_failure_is_tried_again_and_every_attempt_is_kept(
    board: VirtualBoard, make_firmware: MakeFirmware
) -> None:
    board.fault("transient", 2)

    flashed = flash_firmware(make_firmware(NEW), probe=board.id)

    *failures, done = errors(flashed)
    assert len(failures) == 2
    assert all("waiting" in (failure or "") for failure in failures)
    assert done is None
    assert on_the_chip(board) == image_of(NEW)


def test_a_failure_that_stays_is_tried_three_times(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    board.fault("transient", 99)

    with pytest.raises(FlashError, match="waiting") as failed:
        flash_firmware(make_firmware(NEW), probe=board.id)

    assert len(failed.value.attempts) == 3
    assert "TransferTimeoutError" in failed.value.log


def test_a_target_that_pyocd_does_not_know_is_told(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    with pytest.raises(FlashError, match="Target type stm32f9 not recognized") as failed:
        flash_firmware(make_firmware(NEW), probe=board.id, target="stm32f9")

    assert "pyocd pack install" in failed.value.cure


# ---- ended from outside


def test_a_budget_that_is_too_small_ends_it_and_the_next_flash_mends_it(board: VirtualBoard, tmp_path: Path) -> None:
    firmware = firmware_of(tmp_path / "large.hex", (FLASH, content(1_500_000)))

    with pytest.raises(FlashTimeout, match=r"not done within 3 s: ended in phase (erase|program|verify)"):
        flash_firmware(firmware, probe=board.id, budget_s=3)

    small = firmware_of(tmp_path / "small.hex", (FLASH, content(SIZE, seed=2)))
    assert not flash_firmware(small, probe=board.id).skipped
    assert on_the_chip(board) == content(SIZE, seed=2)


def test_cancelling_in_mid_flash_frees_the_probe_at_once(board: VirtualBoard, make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(NEW)
    programming = threading.Event()

    def note(now: Progress) -> None:
        if now.phase == "program":
            programming.set()

    def cancel() -> None:
        programming.wait()
        job.cancel()

    job = FlashJob(firmware, probe=board.id, on_progress=note)
    canceller = threading.Thread(target=cancel)
    canceller.start()

    with pytest.raises(FlashCancelled, match="in phase program"):
        job.run()
    canceller.join()

    assert not flash_firmware(firmware, probe=board.id).skipped
    assert on_the_chip(board) == image_of(NEW)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_whatever_kills_the_rig_in_mid_flash_frees_the_probe(
    board: VirtualBoard, make_firmware: MakeFirmware, by: signal.Signals
) -> None:
    firmware = make_firmware(NEW)
    program = (
        "import pathlib, sys; from firmware_build import load_firmware; from firmware_build.flash import *\n"
        "show = lambda progress: print(progress.phase, flush=True)\n"
        "flash_firmware(load_firmware(pathlib.Path(sys.argv[1])), probe=sys.argv[2], on_progress=show)"
    )
    command = [sys.executable, "-c", program, str(firmware.folder), board.id]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2]
    ) as rig:
        assert rig.stdout
        assert any(line == "program\n" for line in rig.stdout)
        (supervisor,) = children(rig.pid)
        supervisor_fd = os.pidfd_open(supervisor)
        rig.send_signal(by)
        rig.wait(10)
    ended = select.select([supervisor_fd], [], [], 10)[0]
    os.close(supervisor_fd)

    assert ended
    assert not flash_firmware(firmware, probe=board.id).skipped
    assert on_the_chip(board) == image_of(NEW)


# ---- the command


def test_the_command_flashes_resets_and_tells_what_it_did(
    make_firmware: MakeFirmware, capsys: pytest.CaptureFixture[str]
) -> None:
    firmware = make_firmware(NEW)
    flash = ["flash", "--firmware", str(firmware.hex), "--board", firmware.board]
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        assert main([*flash, "--probe", board.id]) == 0
        first = capsys.readouterr()
        assert main([*flash, "--probe", board.id, "--reset"]) == 0
        second = capsys.readouterr()
        assert f"OS build {NEW} " in console.read_until("OCPP sample")

    assert "40,000 bytes written, read back and equal" in first.out
    assert "halted before its first instruction" in first.out
    assert first.err.splitlines() == ["connect", "compare", "erase", "program", "verify"]
    assert "40,000 bytes read: it was there already" in second.out
    assert "state      runs" in second.out


def test_the_command_takes_the_board_of_a_bench_file(
    board: VirtualBoard, make_firmware: MakeFirmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firmware = make_firmware(NEW)
    bench = tmp_path / "bench.yaml"
    bench.write_text(
        f"- {{id: {board.id}, platform: {firmware.board}, product: x, runner: pyocd, connected: true, "
        "ocpp_rig: {target: stm32f767zi}}\n"
    )

    code = main(["flash", "--bench", str(bench), "--device", board.id, "--firmware", str(firmware.hex)])

    assert code == 0
    assert f"probe      {board.id}" in capsys.readouterr().out


def test_the_command_says_what_broke_and_what_to_do(
    board: VirtualBoard, make_firmware: MakeFirmware, capsys: pytest.CaptureFixture[str]
) -> None:
    firmware = make_firmware(NEW)
    board.fault("locked")

    code = main(["flash", "--probe", board.id, "--firmware", str(firmware.hex), "--board", firmware.board])

    said = capsys.readouterr().err
    assert code == 3
    assert "the bench broke: the chip is read-protected" in said
    assert "cure: reset its option bytes with STM32CubeProgrammer" in said


def test_the_command_leaves_a_board_alone_that_somebody_else_has(
    board: VirtualBoard,
    make_firmware: MakeFirmware,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OCPP_RIG_LOCKS", str(tmp_path / "locks"))
    firmware = make_firmware(NEW)

    with device_lock(board.id):
        code = main(["flash", "--probe", board.id, "--firmware", str(firmware.hex), "--board", firmware.board])

    assert code == 3
    assert f"device {board.id} is in use by process {os.getpid()}" in capsys.readouterr().err
    assert on_the_chip(board) == b"\xff" * SIZE


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--probe", "x", "--device", "y"], "leave out --bench and --device"),
        (["--device", "y"], "there is no bench file; name one with --bench"),
        (["--bench", "no-such.yaml"], "no such bench file"),
    ],
)
def test_a_wrong_command_is_exit_code_2(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("OCPP_RIG_BENCH", raising=False)

    assert main(["flash", *options]) == 2
    assert said in capsys.readouterr().err


@contextlib.contextmanager
def probe_server(board: VirtualBoard) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """PyOCD's own server of a board's probe: its unique id for a client, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pyocd", "server", "-W", "--local-only", "-u", board.id, "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            assert "Serving debug probe" in server.stderr.readline()
            yield f"remote:127.0.0.1:{port}", server
        finally:
            server.kill()
