"""The console of a board: real pseudo-terminals, TCP, and a real RFC 2217 server."""

import array
import asyncio
import contextlib
import errno
import fcntl
import os
import select
import socket
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from rig.bench.port_users import PortUser, users_of
from rig.errors import BenchError
from rig.targets import serial_port
from rig.targets.serial_console import SerialConsole
from tests.unit.rig.rfc2217_server import rfc2217_server

TCGETS2, TIOCGEXCL = 0x802C542A, 0x80045440


class Cable:
    """A pseudo-terminal: the board has one end, the rig's serial port is the other."""

    def __init__(self) -> None:
        self.board, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)

    def says(self, data: bytes) -> None:
        os.write(self.board, data)

    def unplug(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.board)


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    cable.unplug()


def descriptors_of(path: str) -> list[int]:
    """This process's open files of a path."""
    return [int(link.name) for link in Path("/proc/self/fd").iterdir() if os.path.realpath(link) == path]


class Ear:
    """Listens to a console, in the loop's thread."""

    def __init__(self, where: str, baud: int = 115200) -> None:
        self.heard = b""
        self.lost: list[BenchError] = []
        self._changed = asyncio.Event()
        self._thread = threading.get_ident()
        self.console = SerialConsole(where, baud, deliver=self._deliver, lost=self._lose)

    def _deliver(self, data: bytes) -> None:
        assert threading.get_ident() == self._thread
        self.heard += data
        self._changed.set()

    def _lose(self, error: BenchError) -> None:
        assert threading.get_ident() == self._thread
        self.lost.append(error)
        self._changed.set()

    async def until(self, condition: Callable[[], object], within_s: float = 10) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


def listen(where: str, act: Callable[[Ear], Awaitable[None]], baud: int = 115200) -> Ear:
    """Open the console, act, close it twice."""

    async def run() -> Ear:
        ear = Ear(where, baud)
        await ear.console.open()
        try:
            await act(ear)
        finally:
            await ear.console.close()
            await ear.console.close()
        return ear

    return asyncio.run(run())


def refusal(where: str, baud: int = 115200) -> BenchError:
    async def nothing(_: Ear) -> None: ...

    with pytest.raises(BenchError) as refused:
        listen(where, nothing, baud)
    assert refused.value.cure
    return refused.value


# --- what a board says -------------------------------------------------------------------------------------------


def test_every_byte_comes_as_it_was_sent(cable: Cable) -> None:
    every_byte = bytes(range(256)) * 4

    async def act(ear: Ear) -> None:
        cable.says(every_byte)
        await ear.until(lambda: len(ear.heard) == len(every_byte))

    assert listen(cable.path, act).heard == every_byte


def test_what_came_before_the_reset_is_forgotten(cable: Cable) -> None:
    async def act(ear: Ear) -> None:
        cable.says(b"an old image" * 300)  # more than a line discipline buffers at once (4,096 bytes)
        ear.console.discard()
        cable.says(b"*** Booting")
        await ear.until(lambda: ear.heard.endswith(b"Booting"))

    assert listen(cable.path, act).heard == b"*** Booting"


def test_forgetting_input_that_the_loop_is_about_to_read_is_no_loss(cable: Cable) -> None:
    async def act(ear: Ear) -> None:
        (port,) = descriptors_of(cable.path)
        cable.says(b"an old image")
        assert select.select([port], [], [], 5)[0]
        # Runs when the loop has seen that there is input, before it reads it.
        asyncio.get_running_loop().call_soon(ear.console.discard)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cable.says(b"end")
        await ear.until(lambda: ear.heard or ear.lost)

    ear = listen(cable.path, act)
    assert (ear.heard, ear.lost) == (b"end", [])


def test_what_has_come_when_the_console_is_closed_is_delivered(cable: Cable) -> None:
    async def act(_: Ear) -> None:
        cable.says(b"the last words")

    assert listen(cable.path, act).heard == b"the last words"


@pytest.mark.parametrize("baud", [9600, 115200, 921600, 250000])
def test_a_port_is_set_to_its_speed_and_kept_for_us(cable: Cable, baud: int) -> None:
    async def act(_: Ear) -> None:
        (port,) = descriptors_of(cable.path)
        settings = array.array("i", [0] * 64)
        fcntl.ioctl(port, TCGETS2, settings)
        iflag, oflag, cflag, lflag = settings[:4]
        assert settings[9] == settings[10] == baud
        assert cflag & termios.CSIZE == termios.CS8
        assert not cflag & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS | termios.HUPCL)
        assert not iflag & (termios.IXON | termios.IXOFF | termios.ICRNL | termios.ISTRIP | termios.BRKINT)
        assert not lflag & (termios.ICANON | termios.ECHO | termios.ISIG)
        assert not oflag & termios.OPOST
        assert array.array("i", fcntl.ioctl(port, TIOCGEXCL, bytes(4)))[0] == 1

    left_by_another = termios.tcgetattr(cable.board)
    left_by_another[0] |= termios.BRKINT | termios.IXON | termios.ICRNL
    left_by_another[2] |= termios.HUPCL | termios.CSTOPB
    termios.tcsetattr(cable.board, termios.TCSANOW, left_by_another)
    listen(cable.path, act, baud)


# --- unplugged ---------------------------------------------------------------------------------------------------


def test_an_unplugged_board_is_a_lost_bench_at_once_and_once(cable: Cable) -> None:
    async def act(ear: Ear) -> None:
        cable.says(b"half a li")
        await ear.until(lambda: ear.heard)
        since = time.monotonic()
        cable.unplug()
        await ear.until(lambda: ear.lost)
        assert time.monotonic() - since < 2
        await asyncio.sleep(0.05)  # a second report would come now
        ear.console.discard()

    ear = listen(cable.path, act)
    assert ear.heard == b"half a li"
    assert len(ear.lost) == 1
    assert ear.lost[0].message == f"bench lost: the console {cable.path} went away: it hung up"
    assert "check the USB cable" in ear.lost[0].cure


def test_a_board_plugged_in_again_is_found_at_the_same_path(tmp_path: Path) -> None:
    by_id = tmp_path / "usb-STMicroelectronics_STM32_STLink_066AFF-if02"

    async def unplugged(ear: Ear) -> None:
        plug.unplug()
        await ear.until(lambda: ear.lost)

    async def plugged(ear: Ear) -> None:
        plug.says(b"here again")
        await ear.until(lambda: ear.heard == b"here again")

    plug = Cable()
    by_id.symlink_to(plug.path)
    assert listen(str(by_id), unplugged).lost
    by_id.unlink()
    plug = Cable()
    by_id.symlink_to(plug.path)
    assert listen(str(by_id), plugged).lost == []
    plug.unplug()


def test_a_console_that_is_closed_by_us_is_not_lost(cable: Cable) -> None:
    async def act(ear: Ear) -> None:
        await ear.console.close()
        cable.unplug()
        await asyncio.sleep(0.05)

    assert listen(cable.path, act).lost == []


# --- always closed -----------------------------------------------------------------------------------------------


def test_the_port_is_free_again_after_a_failure(cable: Cable) -> None:
    async def fails(_: Ear) -> None:
        raise RuntimeError("the scenario")

    async def nothing(_: Ear) -> None: ...

    with pytest.raises(RuntimeError, match="the scenario"):
        listen(cable.path, fails)
    listen(cable.path, nothing)


def test_the_port_is_free_again_where_the_listener_fails(cable: Cable) -> None:
    def deliver(_: bytes) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    async def run() -> None:
        console = SerialConsole(cable.path, 115200, deliver=deliver, lost=lambda _: None)
        await console.open()
        cable.says(b"text")
        with pytest.raises(OSError, match="disk full"):
            await console.close()

    async def nothing(_: Ear) -> None: ...

    asyncio.run(run())
    listen(cable.path, nothing)


def test_the_port_is_free_again_after_a_cancellation(cable: Cable) -> None:
    async def cancelled(_: Ear) -> None:
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        await asyncio.sleep(60)

    async def nothing(_: Ear) -> None: ...

    with pytest.raises(asyncio.CancelledError):
        listen(cable.path, cancelled)
    listen(cable.path, nothing)


# --- which port --------------------------------------------------------------------------------------------------


def usb_port(device: str, serial_number: str) -> ListPortInfo:
    port = ListPortInfo(device)
    port.serial_number = serial_number
    port.description = "STM32 STLink"
    return port


def test_a_port_is_found_by_the_serial_number_of_its_adapter(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [usb_port("/dev/ttyACM7", "066BFF"), usb_port(cable.path, "066AFF")]
    monkeypatch.setattr(serial_port, "comports", lambda: ports)

    async def act(ear: Ear) -> None:
        cable.says(b"found")
        await ear.until(lambda: ear.heard == b"found")

    assert listen("066aff", act).heard == b"found"


def test_an_unknown_serial_number_lists_the_ports_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "comports", lambda: [usb_port("/dev/ttyACM7", "066BFF")])
    error = refusal("0123")
    assert error.message == "no serial port belongs to a USB adapter with the serial number 0123"
    assert error.cure == "the serial ports here: /dev/ttyACM7 (STM32 STLink, 066BFF)"


def test_an_adapter_with_several_ports_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "comports", lambda: [usb_port(f"/dev/ttyUSB{n}", "FT4") for n in range(4)])
    error = refusal("FT4")
    assert error.message == "the USB adapter FT4 has 4 serial ports"
    assert "/dev/serial/by-id" in error.cure
    assert "/dev/ttyUSB3" in error.cure


def test_a_port_that_is_not_there_is_said_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "comports", list)
    error = refusal("/dev/serial/by-id/usb-nothing")
    assert error.message == "there is no serial port /dev/serial/by-id/usb-nothing"
    assert "this machine has no serial port: plug the board in" in error.cure


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "console.log"
    file.write_bytes(b"")
    assert f"{file} cannot be opened as a serial port at 115200 baud" in refusal(str(file)).message


def test_a_port_of_another_group_names_the_group(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")  # root, whom tests may run as, is never denied

    monkeypatch.setattr(serial_port, "_OwnPort", denied)
    error = refusal(cable.path)
    assert f"may not open {cable.path}, which belongs to the group " in error.message
    assert "sudo usermod -aG " in error.cure


# --- in use ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def another_program(path: str) -> Iterator[int]:
    program = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid


def test_a_port_in_use_is_refused_with_who_uses_it(cable: Cable) -> None:
    with another_program(cable.path) as pid:
        (user,) = users_of(cable.path)
        error = refusal(cable.path)
    assert user.pid == pid
    assert user.command.startswith(sys.executable)
    assert error.message.startswith(f"{cable.path} is in use by process {pid} of {user.user} ({sys.executable} ")
    assert users_of(cable.path) == []


def test_a_user_of_a_port_is_found_behind_a_link(cable: Cable, tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(cable.path)
    with another_program(cable.path) as pid:
        assert [user.pid for user in users_of(link)] == [pid]


def test_who_holds_the_master_of_a_terminal_is_the_device_and_no_user_of_it() -> None:
    program = "import os, sys; m, s = os.openpty(); print(os.ttyname(s), flush=True); sys.stdin.read()"
    command = [sys.executable, "-I", "-S", "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout
        assert users_of(device.stdout.readline().strip()) == []


def test_two_consoles_never_share_a_port(cable: Cable) -> None:
    async def act(_: Ear) -> None:
        second = Ear(cable.path)
        with pytest.raises(BenchError, match="in use by a program that this user may not look into") as refused:
            await second.console.open()
        assert refused.value.cure == f"`sudo fuser -v {cable.path}` names it; end it"

    listen(cable.path, act)


def test_modem_manager_is_known_for_what_it_does(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = PortUser(812, "root", "/usr/sbin/ModemManager")
    monkeypatch.setattr(serial_port, "users_of", lambda _: [manager])
    error = refusal(cable.path)
    assert error.message == f"{cable.path} is in use by process 812 of root (/usr/sbin/ModemManager)"
    assert "udev rule" in error.cure


# --- over the network --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def tcp_server() -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, f"socket://127.0.0.1:{listener.getsockname()[1]}"


def test_a_tcp_console_is_heard_and_its_end_is_a_lost_bench() -> None:
    with tcp_server() as (listener, url):

        async def act(ear: Ear) -> None:
            board, _ = listener.accept()
            with board:
                board.sendall(b"\xff\x00 hello")
                await ear.until(lambda: ear.heard == b"\xff\x00 hello")
            await ear.until(lambda: ear.lost, within_s=2)

        ear = listen(url, act)
    assert len(ear.lost) == 1
    assert "went away: it hung up" in ear.lost[0].message
    assert "serial server" in ear.lost[0].cure


def test_a_tcp_console_that_is_reset_is_lost() -> None:
    with tcp_server() as (listener, url):

        async def act(ear: Ear) -> None:
            board, _ = listener.accept()
            board.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            board.close()
            await ear.until(lambda: ear.lost, within_s=2)

        assert "Connection reset by peer" in listen(url, act).lost[0].message


SILENT_PEER = """
import asyncio, fcntl, socket, time
from rig import netns
from rig.targets.serial_console import SerialConsole

netns.enter()

async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    lost = asyncio.get_running_loop().create_future()
    url = f"socket://127.0.0.1:{listener.getsockname()[1]}"
    console = SerialConsole(url, 115200, deliver=lambda _: None, lost=lost.set_result)
    await console.open()
    since = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:  # the cable is cut: loopback goes down
        fcntl.ioctl(control, netns.SIOCSIFFLAGS, netns.IFREQ.pack(b"lo", 0))
    error = await asyncio.wait_for(lost, 10)
    print(round(time.monotonic() - since, 2), error.message)
    await console.close()

try:
    asyncio.run(main())
except netns.NamespaceUnavailableError as error:
    print("skip", error)
"""


def test_a_server_that_falls_silent_is_lost_by_the_kernels_word() -> None:
    shown = subprocess.run([sys.executable, "-c", SILENT_PEER], capture_output=True, text=True, check=False, timeout=30)
    if "skip" in shown.stdout or "NamespaceUnavailableError" in shown.stderr:
        pytest.skip(f"no network namespace here: {shown.stdout}{shown.stderr}")
    elapsed, message = shown.stdout.split(maxsplit=1)
    assert "went away" in message
    assert float(elapsed) < 2.5


def test_a_refused_connection_says_where_to_look() -> None:
    with tcp_server() as (listener, url):
        port = listener.getsockname()[1]
    for scheme in ("socket", "rfc2217"):
        error = refusal(url.replace("socket", scheme))
        assert f"the console at {scheme}://127.0.0.1:{port} cannot be opened: " in error.message
        assert "Connection refused" in error.message
        assert f"nc -vz 127.0.0.1 {port}" in error.cure


def test_a_name_without_an_address_is_said_so() -> None:
    assert "cannot be opened: bench.invalid: " in refusal("socket://bench.invalid:4000").message


@pytest.mark.parametrize(
    "url",
    [
        "telnet://host:23",
        "socket://host",
        "socket://:4000",
        "rfc2217://host:high",
        "socket://host:99999",
        "socket://host:1?x",
        "loop://",
    ],
)
def test_a_wrong_url_says_what_a_right_one_is(url: str) -> None:
    error = refusal(url)
    assert error.message == f"{url} names no serial port"
    assert "rfc2217://HOST:PORT" in error.cure


# --- RFC 2217 ----------------------------------------------------------------------------------------------------


def test_an_rfc_2217_console_has_its_speed_and_every_byte() -> None:
    every_byte = bytes(range(256)) * 16

    async def act(ear: Ear) -> None:
        assert (server.port.baudrate, server.port.bytesize, server.port.parity) == (921600, 8, "N")
        os.write(server.device, every_byte)
        await ear.until(lambda: len(ear.heard) == len(every_byte))

    with rfc2217_server() as server:
        ear = listen(server.url, act, 921600)
    assert ear.heard == every_byte
    assert ear.lost == [], "closed by us"


def test_an_rfc_2217_server_that_goes_is_a_lost_bench() -> None:
    async def act(ear: Ear) -> None:
        os.write(server.device, b"half a li")
        await ear.until(lambda: ear.heard == b"half a li")
        since = time.monotonic()
        await asyncio.to_thread(server.end)
        await ear.until(lambda: ear.lost)
        assert time.monotonic() - since < 2

    with rfc2217_server() as server:
        ear = listen(server.url, act)
    assert len(ear.lost) == 1
    assert f"bench lost: the console {server.url} went away" in ear.lost[0].message


def test_what_an_rfc_2217_console_has_not_delivered_can_be_forgotten() -> None:
    async def act(ear: Ear) -> None:
        os.write(server.device, b"an old image")
        time.sleep(0.3)  # noqa: ASYNC251  (the loop is busy while bytes arrive)
        ear.console.discard()
        os.write(server.device, b"*** Booting")
        await ear.until(lambda: ear.heard.endswith(b"Booting"))

    with rfc2217_server() as server:
        assert listen(server.url, act).heard == b"*** Booting"


def test_a_server_that_speaks_no_rfc_2217_is_said_so() -> None:
    with tcp_server() as (_, url):
        error = refusal(url.replace("socket", "rfc2217") + "?timeout=0.2")
    assert "does not seem to support RFC2217" in error.message


def test_a_cancelled_opening_leaves_no_connection() -> None:
    with tcp_server() as (listener, url):

        async def run() -> None:
            ear = Ear(url.replace("socket", "rfc2217") + "?timeout=0.2")
            opening = asyncio.ensure_future(ear.console.open())
            board, _ = await asyncio.to_thread(listener.accept)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            with board:
                board.settimeout(5)
                while await asyncio.to_thread(board.recv, 1024):  # its questions, then the end
                    pass

        asyncio.run(run())
