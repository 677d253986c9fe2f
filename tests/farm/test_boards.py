"""Virtual boards behind a real labgrid: flashed through a `pyocd server`, run one after the other and all at once."""

import asyncio
import contextlib
import functools
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from firmware_build import Firmware, missing_tools
from rig.bench.device import Device
from rig.errors import BenchError
from rig.farm.place import acquired
from rig.run import Run, record
from rig.targets.base import DeviceFacts, Endpoints
from rig.targets.board import Board
from rig.virtual_board import BOARD, PRODUCT
from rig.virtual_board.process import VirtualBoard, virtual_board
from tests.elf_files import elf_headers
from tests.farm.conftest import BIN, Farm, MakeFarm, console, ignore, probe, program
from tests.hex_firmware import START, content, firmware_of
from tests.namespaces import network_namespace
from tests.skipping import skip_if_late, zephyr_or_skip

NAMES = ("disco1", "disco2", "disco3")
RATIO = 5.0
"""Three lives at once on a machine with two processors: at 20 times real time it is too slow, and says so."""
BUILD = "0123456789ab"
HIL = Path(__file__).parents[1] / "hil"


@dataclass(frozen=True)
class Lab:
    """Three boards, each at its place."""

    farm: Farm
    boards: dict[str, VirtualBoard]
    exporter: subprocess.Popen[str]

    def bench_file(self) -> Path:
        """The boards' entries."""
        file = self.farm.folder / "farm.yaml"
        file.write_text(yaml.safe_dump([self._entry(name) for name in self.boards]))
        return file

    def _entry(self, name: str) -> dict[str, object]:
        keys = {"id": self.boards[name].id, "platform": BOARD, "product": PRODUCT, "runner": "pyocd", "connected": True}
        return {**keys, "ocpp_rig": {"place": name}}


@pytest.fixture(scope="module")
def small_firmware(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """A vector table, noise for code, and a banner; the virtual boards recognise it and play the twin."""
    vectors = struct.pack("<II", 0x2002_0000, START + 0x201)
    banner = f"*** Booting Zephyr OS build {BUILD} ***\n\0".encode()
    servers = {"CONFIG_NET_SAMPLE_OCPP_SERVER": "127.0.0.1", "CONFIG_NET_SAMPLE_SNTP_SERVER": "127.0.0.1"}
    file = tmp_path_factory.mktemp("image") / "zephyr.hex"
    written = firmware_of(file, (START, vectors + content(40_000) + banner))
    written.elf.write_bytes(elf_headers("EM_ARM"))
    firmware = replace(written, build=BUILD, config=servers)
    firmware.save()
    return firmware


@pytest.fixture
def lab(make_farm: MakeFarm, small_firmware: Firmware, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with network_namespace(), contextlib.ExitStack() as stack:  # skips where boards cannot have one each
        boards = {
            name: stack.enter_context(
                virtual_board(
                    f"{name}-{os.getpid()}",
                    ratio=RATIO,
                    images=[small_firmware.folder],
                    console_port=0,
                    namespace=True,
                )
            )
            for name in NAMES
        }
        farm = stack.enter_context(make_farm())
        exported = {}
        for name, board in boards.items():
            port = free_port()
            stack.enter_context(program([BIN / "pyocd", "server", "-p", str(port), "-u", board.id], "Serving debug"))
            exported[name] = {"console": console(board.facts.console_port or 0), "pyocd": probe(port)}
        exporter = stack.enter_context(farm.exporter("bench1", exported))
        farm.make_places(
            *(functools.partial(farm.make_place, name, f"bench1/{name}/*", board="disco_f769") for name in NAMES)
        )
        monkeypatch.setenv("LG_COORDINATOR", farm.coordinator)
        yield Lab(farm, boards, exporter)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_board_whose_exporter_ends_in_mid_run_ends_the_run_as_bench_lost(
    lab: Lab, small_firmware: Firmware, tmp_path: Path
) -> None:
    facts = DeviceFacts(
        target="virtual_board",
        board=BOARD,
        ratio=RATIO,
        clock_error=0.001,
        has_dhcp=True,
        endpoints=Endpoints("127.0.0.1", 8180, "/zephyr", 123, namespace=lab.boards["disco1"].facts.namespace),
        network_s=20.0,
        build=BUILD,
        build_source="this test",
        has_network_of_its_own=True,
    )
    board = Board(small_firmware, acquired(Device("disco1", BOARD, PRODUCT, place="disco1"), wait_s=0), facts)
    ended_at = 0.0

    async def scenario(run: Run) -> None:
        nonlocal ended_at
        lab.exporter.kill()
        ended_at = time.monotonic()
        await run.let_pass(3600)

    with board.reserved(ignore), pytest.raises(BenchError, match="bench lost: labgrid place disco1"):
        record(board, tmp_path, scenario)
    assert time.monotonic() - ended_at < 2.0 + 2.0, "the run went on without its place"
    assert lab.farm.owner("disco1") is None


def test_labgrids_own_users_flash_and_reset_through_the_driver(
    lab: Lab, small_firmware: Firmware, tmp_path: Path
) -> None:
    from labgrid import Environment  # noqa: PLC0415
    from labgrid.driver.exception import ExecutionError  # noqa: PLC0415

    lab.farm.client("-p", "disco2", "acquire")
    file = tmp_path / "env.yaml"
    targets = {"main": {"resources": {"RemotePlace": {"name": "disco2"}}, "drivers": {"PyOCDDriver": {"board": BOARD}}}}
    file.write_text(yaml.safe_dump({"imports": ["rig.farm.driver"], "targets": targets}))
    asyncio.set_event_loop(loop := asyncio.new_event_loop())
    try:
        pyocd = Environment(str(file)).get_target("main").get_driver("PyOCDDriver")
        assert not pyocd.load(str(small_firmware.hex)).skipped
        with socket.create_connection(("127.0.0.1", lab.boards["disco2"].facts.console_port or 0)) as console_of_board:
            console_of_board.settimeout(20)
            pyocd.reset()
            with console_of_board.makefile() as lines:
                assert BUILD in next(line for line in lines if "Booting" in line)
        lab.boards["disco2"].fault("locked")
        with pytest.raises(ExecutionError, match="read-protected"):
            pyocd.load(str(small_firmware.hex))
    finally:
        loop.close()
        lab.farm.client("-p", "disco2", "release")


def run_pytest(lab: Lab, out: Path, places: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "pytest", str(HIL), "-c", str(HIL / "pytest.ini"), "-n", "3"]
    command += ["--bench", str(lab.bench_file()), "--ratio", f"{RATIO:g}", "--out", str(out)]
    command += [word for place in places for word in ("--place", place)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, env=os.environ)


@pytest.mark.zephyr
@pytest.mark.parametrize("places", [NAMES, ["board=disco_f769"] * 3], ids=["by name", "by tag"])
def test_three_charge_points_live_at_once_each_at_its_place(lab: Lab, tmp_path: Path, places: Sequence[str]) -> None:
    skip_without_zephyr()
    out = tmp_path / "run"
    done = run_pytest(lab, out, places)
    for name in NAMES:
        assert '"outcome": "verified"' in (out / name / "journal.jsonl").read_text(), done.stdout + done.stderr
        assert lab.farm.owner(name) is None
    for name in NAMES:
        skip_if_late(out / name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "108 passed" in done.stdout
    assert all(f"{name}: a VIRTUAL BOARD" in done.stdout for name in NAMES)


def skip_without_zephyr() -> None:
    zephyr_or_skip()
    if missing := missing_tools(BOARD):
        pytest.skip(f"cannot build for {BOARD}: " + "; ".join(f"{it.name} ({it.cure})" for it in missing))
