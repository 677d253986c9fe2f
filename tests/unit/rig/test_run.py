"""A run that goes wrong: what is said, what is recorded, what is left."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from central_system.events import ConnectionClosed, ConnectionOpened
from rig import lifecycle as lifecycle_module
from rig import netns
from rig import run as run_module
from rig.checks.judge import broken
from rig.errors import BenchError
from rig.journal.events import Awaited, Lateness, Missed, Noise
from rig.journal.journal import Journal
from rig.journal.recording import Recording
from rig.lateness import waited_s, watched
from rig.lifecycle import WrongImageError, lifecycle
from rig.prepare import Prepared, run_folder
from rig.run import Run, record
from rig.targets.base import DeviceFacts, Endpoints, Sink
from rig.targets.host import HostProcess
from rig.targets.wish import Choice

FACTS = DeviceFacts(
    target="native_sim",
    board="native_sim",
    ratio=100.0,
    clock_error=0.0,
    has_dhcp=False,
    endpoints=Endpoints("127.0.0.1", 0, "/zephyr", 0),
    network_s=1.0,
    build="0123456789ab",
    build_source="the image just built",
)


class Printer(HostProcess):
    """A device that prints a text and then waits."""

    def __init__(self, text: str, facts: DeviceFacts = FACTS) -> None:
        super().__init__()
        self._text = text
        self.facts = facts

    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        del folder, endpoints, console
        program = "import signal, sys\nprint(sys.argv[1], flush=True)\nsignal.pause()"
        return [sys.executable, "-I", "-S", "-c", program, self._text]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits out the grace that is given to real devices."""
    monkeypatch.setattr(run_module, "GRACE_S", 0.5)


def test_a_wrong_image_is_refused_at_its_banner(tmp_path: Path) -> None:
    with pytest.raises(WrongImageError, match="the banner says build old, expected 0123456789ab"):
        record(Printer("*** Booting Zephyr OS build old ***"), tmp_path, lifecycle)
    recording = Recording.load(tmp_path)
    assert "wrong image" in broken(recording)
    assert "--expect-build" in broken(recording)
    assert (tmp_path / "console.log").read_bytes() == b"*** Booting Zephyr OS build old ***\n"


def test_a_silent_console_is_a_broken_bench_and_shows_what_did_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle_module, "BANNER_S", 1.0)
    with pytest.raises(BenchError, match="the device is silent") as caught:
        record(Printer("\x07\xff garbage at the wrong baud rate"), tmp_path, lifecycle)
    assert "garbage at the wrong baud rate" in str(caught.value)
    assert str(tmp_path / "journal.jsonl") in str(caught.value)
    assert "cure: check that the device runs" in str(caught.value)


def test_a_device_that_goes_no_further_is_judged_not_broken(tmp_path: Path) -> None:
    record(Printer("*** Booting Zephyr OS build 0123456789ab ***"), tmp_path, lifecycle)
    recording = Recording.load(tmp_path)
    assert broken(recording) == ""
    assert [each.what for _, each in recording.all(Awaited)] == ["the boot banner", "BootNotification"]
    assert [each.what for _, each in recording.all(Missed)] == ["BootNotification"]


def test_a_port_that_is_taken_is_a_broken_bench_with_its_cure_in_the_journal(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        facts = replace(FACTS, endpoints=replace(FACTS.endpoints, ocpp_port=other.getsockname()[1]))
        prepared = Prepared(Choice(Printer("", facts), ""), tmp_path, "host")
        recording = prepared.run(lambda _: None, lambda _: None)
    assert "another program has it" in broken(recording)
    assert "--isolation namespace" in broken(recording)


def test_where_no_namespace_is_allowed_the_host_is_used_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise netns.NamespaceUnavailableError(1, "Operation not permitted")

    monkeypatch.setattr(netns, "enter", refuse)
    facts = replace(FACTS, endpoints=Endpoints("127.0.0.1", 8180, "/zephyr", 123))
    said = Prepared(Choice(Printer("", facts), ""), tmp_path)._isolate()
    assert said == "isolation: none (Operation not permitted), ports 8180 and 123 of this host"
    with pytest.raises(BenchError, match="unprivileged_userns_clone"):
        Prepared(Choice(Printer("", facts), ""), tmp_path, "namespace")._isolate()


def test_a_user_namespace_that_is_good_for_nothing_leaves_the_rig_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Ubuntu, which lets everybody make one, and then refuses to map the user."""

    def refuse_network(flags: int) -> None:
        raise netns.NamespaceUnavailableError(1, f"Operation not permitted ({flags})")

    def refuse_map() -> None:
        raise PermissionError(1, "Operation not permitted", "/proc/self/uid_map")

    before = Path("/proc/self/ns/net").readlink()
    monkeypatch.setattr(netns, "_unshare", refuse_network)
    monkeypatch.setattr(netns, "_enter_user_namespace", refuse_map)
    with pytest.raises(netns.NamespaceUnavailableError):
        netns.enter()
    assert Path("/proc/self/ns/net").readlink() == before


def test_run_folders_made_in_the_same_second_get_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = {run_folder(None, "mps2/an385") for _ in range(3)}
    assert len(folders) == 3
    assert all("mps2_an385" in folder.name for folder in folders)


def test_a_pause_ends_with_its_time_or_with_the_device(tmp_path: Path) -> None:
    async def scenario(run: Run) -> None:
        began = run.journal.now
        await run.let_pass(20.0)
        assert run.journal.now - began >= 20.0 / FACTS.ratio
        run.journal.record(Noise("the pause is over"))

    record(Printer("x"), tmp_path, scenario)
    assert Recording.load(tmp_path).all(Noise)


def test_a_host_that_keeps_the_rig_waiting_is_noted(tmp_path: Path) -> None:
    async def busy(journal: Journal) -> None:
        async with watched(journal, pid=1, limit_s=0.05):
            await asyncio.sleep(0.02)
            time.sleep(0.2)  # noqa: ASYNC251  (this is the busy host)
            await asyncio.sleep(0.02)

    with Journal(tmp_path / "journal.jsonl") as journal:
        asyncio.run(busy(journal))
        late = [entry.event for entry in journal.entries if isinstance(entry.event, Lateness)]
    assert max(each.late_s for each in late if each.of == "rig") > 0.1


def test_a_process_that_is_gone_has_no_waiting_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert waited_s(process.pid) is None
    assert waited_s(1) is not None


class Unplugged(Printer):
    """A board whose console goes away in mid-run."""

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        pid = await super().start(folder, endpoints, sink)
        later = asyncio.get_running_loop().call_later
        later(0.2, sink.lost, BenchError("bench lost: the console went away", "plug it in"))
        later(0.2, sink.lost, BenchError("and so did something else"))
        return pid


def test_a_bench_lost_in_mid_run_ends_the_run_at_once_whatever_it_waits_for(tmp_path: Path) -> None:
    began = time.monotonic()
    facts = replace(FACTS, ratio=1.0)
    with pytest.raises(BenchError, match="bench lost: the console went away"):
        record(Unplugged("*** Booting Zephyr OS build 0123456789ab ***", facts), tmp_path, lifecycle)
    assert time.monotonic() - began < 2
    assert broken(Recording.load(tmp_path)) == "bench lost: the console went away\n  cure: plug it in"


class StillRunning(Printer):
    """A board that finds the servers before it is reset, and its new image that does after it."""

    outlives_runs = True

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        old = await self._connected(endpoints)
        sink.forget()
        sink.changed("reset")
        old.close()
        new = await self._connected(endpoints)
        new.close()
        return await super().start(folder, endpoints, sink)

    @staticmethod
    async def _connected(endpoints: Endpoints) -> asyncio.StreamWriter:
        """A connection that the servers know of: they have answered it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", endpoints.ocpp_port)
        writer.write(b"GET /nobody/is/here HTTP/1.1\r\nHost: rig\r\n\r\n")
        assert await reader.readline()
        return writer


def test_what_a_board_says_on_the_wire_before_its_reset_is_kept_and_not_judged(tmp_path: Path) -> None:
    record(StillRunning("*** Booting Zephyr OS build 0123456789ab ***"), tmp_path, lifecycle)
    recording = Recording.load(tmp_path)
    assert [event.connection for _, event in recording.all(ConnectionOpened)] == [2]
    assert all(event.connection == 2 for _, event in recording.all(ConnectionClosed))
    before = [each.text for _, each in recording.all(Noise)]
    assert any("ConnectionOpened(connection=1" in text for text in before)
    assert any("ConnectionClosed(connection=1" in text for text in before)


BEFORE = "*** Booting Zephyr OS build old ***\nhalf a li"
LATE = "ne\n[00:00:01.000,000] <err> os: >>> ZEPHYR FATAL ERROR 4: of the image before\n"


class Board(Printer):
    """It runs another image until its reset, and its adapter holds some of that longer."""

    outlives_runs = True

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        sink.console(BEFORE.encode())
        sink.forget()
        sink.console(LATE.encode())
        return await super().start(folder, endpoints, sink)


def test_what_a_board_says_before_its_reset_and_its_banner_is_kept_and_not_judged(tmp_path: Path) -> None:
    banner = "*** Booting Zephyr OS build 0123456789ab ***"
    record(Board(banner), tmp_path, lifecycle)
    recording = Recording.load(tmp_path)
    assert [each.text for _, each in recording.all(Noise)] == (BEFORE + "\n" + LATE).splitlines()
    assert [(line.text, line.boot) for _, line in recording.console] == [(banner, 1)]
    assert (tmp_path / "console.log").read_text() == BEFORE + LATE + banner + "\n"


def test_a_network_namespace_has_ports_of_its_own(tmp_path: Path) -> None:
    program = (
        "import socket\nfrom rig import netns\n"
        "try:\n    netns.enter()\nexcept netns.NamespaceUnavailableError:\n    raise SystemExit(77)\n"
        "for kind, port in ((socket.SOCK_STREAM, 8180), (socket.SOCK_DGRAM, 123)):\n"
        "    socket.socket(socket.AF_INET, kind).bind(('127.0.0.1', port))\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname()).close()\n"
        "assert len(socket.if_nameindex()) >= 1\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode == 77:
        pytest.skip("this kernel allows this user no network namespace")
    assert finished.returncode == 0, finished.stderr
    assert tmp_path.is_dir()
