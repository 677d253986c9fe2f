"""A board as a process, and pyOCD's own code on it."""

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pyocd.core import exceptions
from pyocd.core.helpers import ConnectHelper
from usb.core import USBError

from rig.errors import BenchError, UsageError
from rig.virtual_board.process import VirtualBoard, virtual_board
from tests.virtual_board.conftest import (
    FLASH,
    SIZE,
    MakeFirmware,
    children,
    console_of,
    flash_and_run,
    image_of,
    program,
    pyocd,
    read_flash,
)

pytest.importorskip("unicorn", reason="the virtual board needs Unicorn: pip install 'zephyr-ocpp-rig[virtual-board]'")

OPTCR, DBGMCU_IDCODE = 0x4002_3C14, 0xE004_2000
BANNER = "*** Booting Zephyr OS build {} ***"
GONE_S = 10.0


def listed() -> list[str]:
    return [probe.unique_id for probe in ConnectHelper.get_all_connected_probes(blocking=False)]


def gone(pid_fd: int) -> bool:
    """Whether the process ends within GONE_S (pidfd_open(2): readable when it ends)."""
    return bool(select.select([pid_fd], [], [], GONE_S)[0])


# ---- from the blank chip to the running program


def test_flashed_image_reads_back_and_boots_with_its_own_nonce(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware("00c0ffee0001")
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        assert flash_and_run(board.id, firmware) == image_of("00c0ffee0001")
        text = console.read_until("OCPP sample stm32f769i_disco")
        assert text.startswith(BANNER.format("00c0ffee0001"))


@pytest.mark.parametrize("connect_mode", ["halt", "pre-reset", "under-reset", "attach"])
def test_any_way_to_connect_will_do(make_firmware: MakeFirmware, connect_mode: str) -> None:
    firmware = make_firmware()
    with virtual_board() as board, pyocd(board.id, connect_mode) as debugger:
        program(debugger, firmware)
        assert read_flash(debugger) == image_of("0123456789ab")


def test_another_image_takes_the_place_of_the_first(make_firmware: MakeFirmware) -> None:
    first, second = make_firmware("first0000000"), make_firmware("second000000")
    with virtual_board(images=[first.folder, second.folder]) as board, console_of(board.console) as console:
        flash_and_run(board.id, first)
        console.read_until(BANNER.format("first0000000"))
        flash_and_run(board.id, second)
        console.read_until(BANNER.format("second000000"))


def test_each_reset_boots_anew(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        flash_and_run(board.id, firmware)
        console.read_until(BANNER.format("0123456789ab"))
        console.data = b""
        with pyocd(board.id, "attach") as debugger:
            debugger.probe.reset()
        console.read_until(BANNER.format("0123456789ab"))
        assert len(children(board.facts.pid)) == 1


def test_halting_pauses_the_program_and_resuming_lets_it_go_on(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        flash_and_run(board.id, firmware)
        console.read_until("OCPP sample")
        (twin,) = children(board.facts.pid)
        with pyocd(board.id, "attach") as debugger:
            debugger.target.halt()
            assert "(stopped)" in Path(f"/proc/{twin}/status").read_text()
            debugger.target.resume()
            board.now()  # has been answered after all that was asked before
            assert "(stopped)" not in Path(f"/proc/{twin}/status").read_text()


def test_image_of_the_build_cache_is_known(make_firmware: MakeFirmware, cached_builds: Path) -> None:
    firmware = make_firmware(folder=cached_builds / "stm32f769i_disco-0")
    with virtual_board() as board, console_of(board.console) as console:
        flash_and_run(board.id, firmware)
        console.read_until(BANNER.format("0123456789ab"))


def test_flash_file_keeps_the_image_over_restarts(make_firmware: MakeFirmware, tmp_path: Path) -> None:
    firmware = make_firmware()
    kept = tmp_path / "flash.bin"
    with virtual_board(images=[firmware.folder], flash=kept) as board:
        flash_and_run(board.id, firmware)
    with virtual_board(images=[firmware.folder], flash=kept) as board:
        board.now()  # is answered when it has been powered on
        assert len(children(board.facts.pid)) == 1
        with pyocd(board.id, "attach") as debugger:
            assert read_flash(debugger) == image_of("0123456789ab")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0123456789ab", "flash.bin"]


# ---- what runs, and what stays silent


def test_blank_chip_is_silent() -> None:
    with virtual_board() as board, pyocd(board.id) as debugger:
        assert read_flash(debugger, 64) == b"\xff" * 64
        debugger.target.reset()
        assert children(board.facts.pid) == []


def test_one_wrong_bit_is_silence(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder], faults=[f"bad-cell={FLASH + 20_000:#x}"]) as board:
        content = flash_and_run(board.id, firmware)  # pyOCD sees nothing wrong
        expected = bytearray(image_of("0123456789ab"))
        expected[20_000] ^= 1
        assert content == expected
        assert children(board.facts.pid) == []


def test_image_that_is_not_known_is_silence(make_firmware: MakeFirmware) -> None:
    with virtual_board() as board:
        assert flash_and_run(board.id, make_firmware()) == image_of("0123456789ab")
        assert children(board.facts.pid) == []


def test_image_of_another_board_is_silence(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware(board="mps2/an385")
    with virtual_board(images=[firmware.folder]) as board:
        flash_and_run(board.id, firmware)
        assert children(board.facts.pid) == []


# ---- faults, as pyOCD shows them


def test_locked_chip_tells_its_protection_and_hides_its_flash(make_firmware: MakeFirmware) -> None:
    with virtual_board(faults=["locked"]) as board, pyocd(board.id) as debugger:
        assert debugger.target.read32(OPTCR) >> 8 & 0xFF != 0xAA
        with pytest.raises(exceptions.TransferFaultError) as caught:
            read_flash(debugger, 4)
        assert caught.value.fault_address == FLASH
        with pytest.raises(exceptions.TransferFaultError):
            program(debugger, make_firmware())


def test_wrong_chip_tells_another_device_id_and_has_less_flash() -> None:
    with virtual_board(faults=["wrong-chip"]) as board, pyocd(board.id) as debugger:
        assert debugger.target.read32(DBGMCU_IDCODE) & 0xFFF == 0x449
        with pytest.raises(exceptions.TransferFaultError):
            debugger.target.read32(FLASH + (1 << 20))


def test_chip_without_power_is_not_detected() -> None:
    with virtual_board(faults=["no-power"]) as board:
        with pytest.raises(exceptions.Error, match="Target not detected") as caught, pyocd(board.id):
            pass
        assert "Get IDCODE error" in str(caught.value.__cause__)
        assert board.id in listed()
        board.heal("no-power")
        with pyocd(board.id) as debugger:
            assert debugger.target.read32(DBGMCU_IDCODE) & 0xFFF == 0x451


def test_power_that_fails_in_a_session_leaves_transfers_without_acknowledge() -> None:
    with virtual_board() as board, pyocd(board.id) as debugger:
        board.fault("no-power")
        with pytest.raises(exceptions.TransferError, match="DP error"):
            debugger.target.dp.read_reg(0)
        board.heal("no-power")


def test_transient_failure_passes() -> None:
    with virtual_board(faults=["transient=2"]) as board:
        for _ in range(2):
            with pytest.raises(exceptions.TransferTimeoutError), pyocd(board.id):
                pass
        with pyocd(board.id) as debugger:
            assert debugger.target.read32(DBGMCU_IDCODE) & 0xFFF == 0x451


def test_probe_lost_in_mid_flash_leaves_half_an_image(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board:
        board.fault("unplug-after", 10_000)
        with pytest.raises(exceptions.ProbeError, match="No such device"), pyocd(board.id) as debugger:
            program(debugger, firmware)
        assert board.id not in listed()
        assert board.now().console is None
        board.heal("unplug")
        with pyocd(board.id) as debugger:
            content = read_flash(debugger)
        assert content[:10_000] == image_of("0123456789ab")[:10_000]
        assert content[10_000:] == b"\xff" * (SIZE - 10_000)
        assert children(board.facts.pid) == []


def test_second_debugger_finds_the_probe_busy() -> None:
    with virtual_board() as board, pyocd(board.id):
        with pytest.raises(USBError) as caught, pyocd(board.id):
            pass
        assert caught.value.errno == errno.EBUSY


def test_killed_board_is_a_lost_probe_and_takes_its_program_with_it(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board, console_of(board.console) as console:
        flash_and_run(board.id, firmware)
        console.read_until("OCPP sample")
        (twin,) = children(board.facts.pid)
        twin_fd = os.pidfd_open(twin)
        with pyocd(board.id, "attach") as debugger:
            board.process.kill()
            with pytest.raises(exceptions.ProbeError, match="No such device"):
                read_flash(debugger)
        assert gone(twin_fd)
        os.close(twin_fd)
        assert board.id not in listed()


def test_wrong_baud_rate_is_garbage(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder], faults=["garbage"]) as board, console_of(board.console) as console:
        flash_and_run(board.id, firmware)
        while len(console.data) < 200:
            console.read()
        assert b"Zephyr" not in console.data
        board.heal("garbage")
        with pyocd(board.id, "attach") as debugger:
            debugger.probe.reset()
        console.read_until(BANNER.format("0123456789ab"))


def test_pulled_cable_closes_the_console_and_replugging_boots_the_board(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board:
        with console_of(board.console) as console:
            flash_and_run(board.id, firmware)
            console.read_until("OCPP sample")
            board.fault("unplug")
            with pytest.raises(EOFError):
                console.read_until("never said")
            assert board.id not in listed()
            assert children(board.facts.pid) == []
            plugged = board.heal("unplug")
        assert board.id in listed()
        with console_of(plugged.console) as console:
            console.read_until("Waiting for network")


def test_unknown_faults_are_refused() -> None:
    with virtual_board() as board:
        with pytest.raises(UsageError, match="there is no fault 'bad-sell'; there are: bad-cell, locked"):
            board.fault("bad-sell")
        with pytest.raises(UsageError, match="the fault bad-cell takes ADDRESS"):
            board.fault("bad-cell")


# ---- as a process


def test_command_prints_one_line_and_ends_without_a_word(tmp_path: Path) -> None:
    name = f"by-hand-{os.getpid()}"
    command = [sys.executable, "-P", "-m", "rig.virtual_board", "--id", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as board:
        assert board.stdout
        facts = json.loads(board.stdout.readline())
        assert list(facts) == ["id", "console", "pid", "namespace", "console_port"]
        assert (facts["id"], facts["pid"], facts["namespace"], facts["console_port"]) == (name, board.pid, None, None)
        assert facts["console"].startswith("/dev/pts/")
        board.terminate()
        assert board.communicate(timeout=GONE_S) == ("", "")
    assert board.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_two_boards_are_two_probes(make_firmware: MakeFirmware) -> None:
    first, second = make_firmware("first0000000"), make_firmware("second000000")
    with virtual_board(images=[first.folder]) as a, virtual_board(images=[second.folder]) as b:
        assert {a.id, b.id} <= set(listed())
        with console_of(a.console) as console_a, console_of(b.console) as console_b:
            flash_and_run(a.id, first)
            flash_and_run(b.id, second)
            console_a.read_until(BANNER.format("first0000000"))
            console_b.read_until(BANNER.format("second000000"))


def test_an_id_is_taken_only_once() -> None:
    with virtual_board() as board:
        complaint = f"cannot be the board {board.id}: Address already in use"
        with pytest.raises(BenchError, match=complaint), virtual_board(board.id):
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_board_ends_quietly_and_leaves_nothing(make_firmware: MakeFirmware, number: signal.Signals) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder]) as board:
        flash_and_run(board.id, firmware)
        (twin,) = children(board.facts.pid)
        twin_fd = os.pidfd_open(twin)
        board.process.send_signal(number)
        assert board.process.wait(GONE_S) == 0
        assert gone(twin_fd)
        os.close(twin_fd)
        assert board.id not in listed()


def test_board_ends_when_its_owner_is_killed() -> None:
    code = (
        "import time\nfrom rig.virtual_board.process import virtual_board\n"
        "with virtual_board() as board:\n    print(board.facts.pid, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        board_fd = os.pidfd_open(int(owner.stdout.readline()))
        owner.kill()
    assert gone(board_fd)
    os.close(board_fd)


def test_console_has_a_tcp_port_where_asked_for(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with virtual_board(images=[firmware.folder], console_port=0) as board:
        assert board.facts.console_port
        with socket.create_connection(("127.0.0.1", board.facts.console_port), timeout=20) as console:
            flash_and_run(board.id, firmware)
            received = b""
            while b"OCPP sample" not in received:
                received += console.recv(4096)
            assert BANNER.format("0123456789ab").encode() in received
            board.fault("unplug")
            assert b"Booting" not in console.makefile("rb").read()  # which ends, as the connection does


def test_network_namespace_holds_the_program_but_not_the_probe(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    try:
        with virtual_board(images=[firmware.folder], namespace=True) as board:
            _check_namespace(board)
            flash_and_run(board.id, firmware)
            (twin,) = children(board.facts.pid)
            assert Path(f"/proc/{twin}/ns/net").readlink() == Path(str(board.facts.namespace)).readlink()
    except BenchError as error:
        pytest.skip(f"no network namespaces here: {error}")


def _check_namespace(board: VirtualBoard) -> None:
    assert board.facts.namespace
    assert Path(board.facts.namespace).readlink() != Path("/proc/self/ns/net").readlink()


def test_works_behind_pyocds_probe_server(make_firmware: MakeFirmware) -> None:
    firmware = make_firmware()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with virtual_board(images=[firmware.folder]) as board:
        command = [sys.executable, "-m", "pyocd", "server", "-W", "--local-only", "-u", board.id, "-p", str(port)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr
                assert "Serving debug probe" in server.stderr.readline()
                with console_of(board.console) as console:
                    assert flash_and_run(f"remote:127.0.0.1:{port}", firmware) == image_of("0123456789ab")
                    console.read_until(BANNER.format("0123456789ab"))
            finally:
                server.terminate()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--id", "a b"], "the id 'a b' is not made of letters"),
        (["--id", "x", "--ratio", "0"], "--ratio 0.0: give a positive number"),
        (["--id", "x", "--fault", "nonsense"], "there is no fault 'nonsense'"),
        (["--id", "x", "--image", "/nowhere"], "--image /nowhere: "),
    ],
)
def test_commands_that_make_no_sense_are_refused(arguments: list[str], complaint: str) -> None:
    command = [sys.executable, "-P", "-m", "rig.virtual_board", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_without_unicorn_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['unicorn'] = None\n"
        "from rig.virtual_board import main\nsys.exit(main.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-P", "-c", code, "--id", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'zephyr-ocpp-rig[virtual-board]'" in done.stderr
