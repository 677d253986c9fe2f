"""Which device a command means, and how devices are started and ended."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_build import Firmware, Footprint, Missing
from rig.errors import BenchError, UsageError
from rig.journal.events import Awaited, FlashAttempt
from rig.targets import choose as choosing
from rig.targets import firmware as firmware_of
from rig.targets.base import DeviceFacts, Endpoints, Sink
from rig.targets.choose import choose
from rig.targets.host import HostProcess
from rig.targets.native_sim import NativeSim
from rig.targets.qemu import Qemu
from rig.targets.twin import Twin
from rig.targets.wish import Wish

FIRMWARE = Firmware(
    board="native_sim",
    image=Path("/images/zephyr.exe"),
    elf=Path("/images/zephyr.exe"),
    hex=None,
    build="0123456789ab",
    zephyr_version="4.3.0",
    zephyr_revision="abc",
    config={"CONFIG_NET_SAMPLE_OCPP_SERVER": "127.0.0.1", "CONFIG_NET_SAMPLE_OCPP_PORT": "8180"},
    footprint=Footprint(1000, 500),
    folder=Path("/images"),
)
ENDPOINTS = Endpoints("127.0.0.1", 8180, "/zephyr", 123)


class Shell(HostProcess):
    """A device that is a Python program."""

    facts = DeviceFacts("test", "test", 1.0, 0.0, False, ENDPOINTS, 1.0, None, "")

    def __init__(self, program: str, *, emulator: bool = False) -> None:
        super().__init__()
        self._program = program
        self.emulator = emulator

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        del folder, endpoints
        return [sys.executable, "-I", "-S", "-c", self._program, console]


class Seen:
    def __init__(self) -> None:
        self.console = b""
        self.noise: list[str] = []
        self.changes: list[str] = []
        self.recorded: list[FlashAttempt | Awaited] = []
        self.lost: list[BenchError] = []
        self.exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.changed = asyncio.Event()

    def sink(self) -> Sink:
        def console(data: bytes) -> None:
            self.console += data
            self.changed.set()

        return Sink(
            console,
            self.noise.append,
            self.exit.set_result,
            self.changes.append,
            lambda: None,
            self.recorded.append,
            self.lost.append,
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


def run_device(device: HostProcess, enough: Callable[[Seen], bool] | None = None) -> Seen:
    """Run a device until it ends by itself, or has shown enough."""

    async def run() -> Seen:
        seen = Seen()
        await device.start(Path("/tmp"), ENDPOINTS, seen.sink())  # noqa: S108
        if enough:
            await seen.until(lambda: enough(seen))
        else:
            async with asyncio.timeout(20):
                await seen.exit
        await device.stop()
        await device.stop()
        return seen

    return asyncio.run(run())


def test_a_console_is_a_terminal_and_loses_nothing_at_the_end() -> None:
    seen = run_device(Shell("import os, sys\nprint(os.isatty(1))\nsys.stdout.write('x' * 100000 + 'end')"))
    assert seen.console.startswith(b"True\n")
    assert seen.console.endswith(b"xend")
    assert len(seen.console) == 5 + 100003
    assert seen.exit.result() == 0


def test_a_crash_is_told_with_its_signal() -> None:
    seen = run_device(Shell("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert seen.exit.result() == -signal.SIGSEGV


def test_a_device_that_minds_no_sigterm_is_killed() -> None:
    program = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\nsignal.pause()"
    )
    seen = run_device(Shell(program), lambda seen: b"up" in seen.console)
    assert not seen.exit.done(), "what the rig ends did not end by itself"


def test_what_a_device_started_ends_with_it() -> None:
    program = (
        "import os, signal, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '1000'])\nprint(child.pid, flush=True)\nsignal.pause()"
    )
    seen = run_device(Shell(program), lambda seen: seen.console.endswith(b"\n"))
    try:
        descriptor = os.pidfd_open(int(seen.console))
    except ProcessLookupError:
        return
    assert select.select([descriptor], [], [], 5)[0], "the device's own child still runs"
    os.close(descriptor)


def test_an_emulators_own_words_are_kept_apart_from_the_console() -> None:
    program = (
        "import sys\nprint('noise')\nprint('more', file=sys.stderr, end='')\nopen(sys.argv[1], 'w').write('console')"
    )
    seen = run_device(Shell(program, emulator=True))
    assert seen.console == b"console"
    assert sorted(seen.noise) == ["more", "noise"]


def test_a_program_that_is_not_there_is_a_broken_bench() -> None:
    firmware = replace(FIRMWARE, image=Path("/no/such/zephyr.exe"))
    with pytest.raises(BenchError, match=r"cannot start /no/such/zephyr\.exe"):
        run_device(NativeSim(firmware, ratio=1, build_source=""))


def test_native_sim_runs_at_its_ratio_with_the_images_own_addresses() -> None:
    device = NativeSim(FIRMWARE, ratio=20, build_source="the image just built")
    assert device.command(Path("/run"), ENDPOINTS, "/dev/pts/1") == ["/images/zephyr.exe", "-rt", "-rt-ratio=20"]
    assert device.facts.endpoints == Endpoints("127.0.0.1", 8180, "/steve/websocket/CentralSystemService/zephyr", 123)
    assert device.configuration() == {
        "firmware.config": "CONFIG_NET_SAMPLE_OCPP_SERVER=127.0.0.1\nCONFIG_NET_SAMPLE_OCPP_PORT=8180\n"
    }


@pytest.mark.parametrize(
    ("board", "program", "nic"),
    [("qemu_x86", "qemu-system-i386", "e1000"), ("mps2/an385", "qemu-system-arm", "lan9118")],
)
def test_qemu_runs_the_board_with_its_network_card_and_a_capture(
    board: str, program: str, nic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    device = Qemu(replace(FIRMWARE, board=board, config={}), build_source="")
    command = " ".join(device.command(Path("/run"), ENDPOINTS, "/dev/pts/1"))
    assert command.startswith(program)
    assert f"-nic user,id=net0,model={nic}" in command
    assert "-serial /dev/pts/1" in command
    assert "file=/run/guest.pcap" in command
    assert "-no-reboot" not in command, "a restart is to be seen"
    assert device.facts.endpoints.address == "10.0.2.2"
    asyncio.run(device.stop())


def test_a_qemu_that_is_not_installed_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    device = Qemu(replace(FIRMWARE, board="mps2/an385"), build_source="")
    with pytest.raises(BenchError, match="apt-get install qemu-system-arm"):
        device.command(Path("/run"), ENDPOINTS, "/dev/pts/1")


@pytest.fixture
def no_zephyr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("no_zephyr")
def test_without_zephyr_auto_takes_the_twin_and_says_why() -> None:
    choice = choose(Wish())
    assert isinstance(choice.target, Twin)
    assert choice.why.startswith("no real firmware at hand: ")


def offer(monkeypatch: pytest.MonkeyPatch, lacking: dict[str, list[Missing]]) -> list[tuple[str, object]]:
    """A machine with Zephyr, on which boards lack tools; what is built is listed."""
    built: list[tuple[str, object]] = []

    class Workspace:
        version, topdir = "4.3.0", "/ws"

    class Sample:
        sntp_port_configurable = True

    def build(board: str, *, fragments: object, kconfig: object, on_line: object) -> Firmware:
        del fragments, on_line
        built.append((board, kconfig))
        return replace(FIRMWARE, board=board)

    monkeypatch.setattr(choosing, "find_workspace", Workspace)
    monkeypatch.setattr(choosing, "find_interpreter", lambda _: "/usr/bin/python3")
    monkeypatch.setattr(choosing, "read_sample", lambda _: Sample())
    monkeypatch.setattr(choosing, "missing_tools", lambda board: lacking.get(board, []))
    monkeypatch.setattr(firmware_of, "find_workspace", Workspace)
    monkeypatch.setattr(firmware_of, "read_sample", lambda _: Sample())
    monkeypatch.setattr(firmware_of, "build_firmware", build)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return built


def test_with_zephyr_auto_takes_native_sim(monkeypatch: pytest.MonkeyPatch) -> None:
    built = offer(monkeypatch, {})
    choice = choose(Wish())
    assert built == [("native_sim", {})]
    assert (choice.target.facts.board, choice.target.facts.ratio) == ("native_sim", 20)
    assert choice.why == "Zephyr 4.3.0 in /ws builds it here"


def test_auto_goes_on_to_the_next_board_that_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    multilib = [Missing("gcc -m32", "apt-get install gcc-multilib")]
    offer(monkeypatch, {"native_sim": multilib, "native_sim/native/64": multilib, "qemu_x86": multilib})
    choice = choose(Wish())
    assert (choice.target.facts.board, choice.target.facts.ratio) == ("mps2/an385", 1)


def test_where_no_board_can_be_built_the_reasons_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, {board: [Missing("cmake", "apt-get install cmake")] for board in choosing.RUNNABLE})
    choice = choose(Wish())
    assert isinstance(choice.target, Twin)
    assert "native_sim lacks cmake" in choice.why


def test_another_port_is_built_into_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    built = offer(monkeypatch, {})
    choose(Wish(target="native_sim", port=9180))
    assert built == [("native_sim", {"CONFIG_NET_SAMPLE_OCPP_PORT": 9180, "CONFIG_NET_SAMPLE_SNTP_SERVER_PORT": 9181})]


def test_qemu_runs_in_real_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, {})
    with pytest.raises(UsageError, match="real time only"):
        choose(Wish(target="qemu_x86", ratio=20))
