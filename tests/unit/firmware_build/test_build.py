"""Building: what west is asked for, what comes out, and when nothing needs to be done."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import BuildFailed, Firmware, FragmentRefused, Workspace, build_firmware, load_firmware
from firmware_build.errors import SampleNotFound, UnknownBoard


class Bench:
    """A workspace whose west is `fake_west.py` and whose tools are scripts."""

    def __init__(self, workspace: Workspace, calls: Path) -> None:
        self.workspace = workspace
        self._calls = calls
        self.lines: list[str] = []

    def build(self, **choices: object) -> Firmware:
        return build_firmware("native_sim", workspace=self.workspace, on_line=self.lines.append, **choices)  # type: ignore[arg-type]

    @property
    def calls_of_west(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    @property
    def source(self) -> Path:
        return self.workspace.zephyr_base / "samples" / "net" / "ocpp" / "src" / "main.c"


@pytest.fixture
def bench(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    workspace: Workspace,
    make_elf: Callable[..., Path],
    tools: Path,
    add_tool: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    west = tmp_path / "modules" / "west"
    west.mkdir(parents=True)
    (west / "__init__.py").touch()
    shutil.copy(Path(__file__).with_name("fake_west.py"), west / "__main__.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    for name in ("cmake", "make", "gcc"):
        add_tool(name)
    # As ninja does it: a step where a source is newer than the image.
    source = workspace.zephyr_base / "samples" / "net" / "ocpp" / "src" / "main.c"
    newer = f"[ {source} -nt zephyr/zephyr.elf ]"
    add_tool("ninja", f'if {newer}; then echo "[1/1] CC main.c"; else echo "ninja: no work to do."; fi')
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("OCPP_RIG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_WEST_CALLS", str(tmp_path / "calls"))
    variables = [(0, 0, 0, 700, 6)]
    image = make_elf(tmp_path / "image", "EM_386", hosted=True, build="NONCENONCE12", segments=variables)
    monkeypatch.setenv("FAKE_IMAGE", str(image))
    for name in ("ZEPHYR_TOOLCHAIN_VARIANT", "ZEPHYR_SDK_INSTALL_DIR", "GNUARMEMB_TOOLCHAIN_PATH"):
        monkeypatch.delenv(name, raising=False)
    return Bench(workspace, tmp_path / "calls")


def test_a_build_gives_an_image_that_carries_its_nonce(bench: Bench, tmp_path: Path) -> None:
    firmware = bench.build()

    assert re.fullmatch("[0-9a-f]{12}", firmware.build or "")
    assert f"OS build {firmware.build} ".encode() in firmware.image.read_bytes()
    assert firmware.image.is_relative_to(tmp_path / "cache" / "builds")
    assert (firmware.board, firmware.zephyr_version, firmware.footprint.ram) == ("native_sim", "4.3.0", 700)
    assert load_firmware(firmware.folder) == firmware


def test_west_configures_the_sample_with_the_boards_fragments_then_compiles(bench: Bench) -> None:
    firmware = bench.build()

    configure, compile_ = bench.calls_of_west
    tree = firmware.folder / "build"
    assert configure.startswith(
        f"build --cmake-only --no-sysbuild -p never -b native_sim -d {tree} {bench.source.parent.parent} -- "
    )
    assert f"-DBUILD_VERSION={firmware.build}" in configure
    assert re.search(r"00-offloaded-sockets\.conf;.*01-addresses-loopback\.conf", configure)
    assert compile_ == f"build -d {tree}"
    assert firmware.server_address == "127.0.0.1"


def test_progress_is_phases_and_the_steps_of_ninja(bench: Bench) -> None:
    bench.build()

    assert [line.split()[0] for line in bench.lines] == ["configuring", "compiling", "[1/2]", "[2/2]"]


def test_fragments_and_single_values_come_after_what_the_board_needs(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine.conf").write_text('CONFIG_NET_SAMPLE_OCPP_SERVER="192.0.2.7"\nCONFIG_NET_SAMPLE_OCPP_PORT=1\n')

    firmware = bench.build(fragments=[tmp_path / "mine.conf"], kconfig={"CONFIG_NET_SAMPLE_OCPP_PORT": 9000})

    assert (firmware.server_address, firmware.ocpp_port) == ("192.0.2.7", 9000)


def test_where_nothing_changed_the_same_firmware_comes_back_without_west(bench: Bench) -> None:
    first = bench.build()
    calls = len(bench.calls_of_west)

    assert bench.build() == first
    assert len(bench.calls_of_west) == calls


def test_an_edited_source_is_built_again_under_a_new_nonce(bench: Bench) -> None:
    first = bench.build()
    bench.source.write_text("int main(void) { return 1; }\n")

    second = bench.build()

    assert second.build != first.build
    assert second.folder == first.folder


def test_another_configuration_has_a_folder_of_its_own(bench: Bench) -> None:
    plain = bench.build()
    other = bench.build(kconfig={"CONFIG_NET_SAMPLE_OCPP_PORT": 9000})

    assert other.folder != plain.folder
    assert bench.build() == plain, "and the first is still up to date"


def test_a_zephyr_of_another_revision_is_noticed(bench: Bench) -> None:
    first = bench.build()
    bench.workspace = Workspace(bench.workspace.topdir, bench.workspace.zephyr_base, "4.3.0", revision="abcdef")

    assert bench.build().build != first.build


def test_an_image_that_somebody_else_put_there_is_not_taken_for_ours(
    bench: Bench, make_elf: Callable[..., Path]
) -> None:
    first = bench.build()
    make_elf(first.image, "EM_386", hosted=True, build="ffffffffffff")

    assert bench.build().build not in {first.build, "ffffffffffff"}


def test_a_changed_runner_of_native_sim_is_noticed(bench: Bench, add_tool: Callable[..., Path]) -> None:
    first = bench.build()
    add_tool("make", "exit 1")  # as make -q says that it has something to do

    assert bench.build().build != first.build


def test_pristine_starts_from_an_empty_folder(bench: Bench) -> None:
    first = bench.build()
    left_over = first.folder / "build" / "left-over"
    left_over.touch()

    assert bench.build(pristine=True).build != first.build
    assert not left_over.exists()


def test_a_compiler_error_shows_the_failed_step_and_the_log(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "1")

    with pytest.raises(BuildFailed, match="compiling native_sim ended with status 1") as error:
        bench.build()

    assert "FAILED: main.c.obj\n  main.c:1:1: error" in error.value.message
    assert error.value.log is not None
    assert "main.c:1:1: error" in error.value.log.read_text()


def test_after_a_failed_build_the_one_before_it_is_not_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.build()
    bench.source.write_text("int main(void) { return }\n")
    monkeypatch.setenv("BROKEN", "1")
    for _ in range(2):
        with pytest.raises(BuildFailed):
            bench.build()


def test_a_build_that_did_not_reach_the_image_is_a_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STALE_BUILD", "000000000000")

    with pytest.raises(BuildFailed, match="holds build '000000000000' in its boot banner"):
        bench.build()


def test_a_refused_symbol_stops_the_build_before_it_compiles(bench: Bench) -> None:
    with pytest.raises(FragmentRefused, match="CONFIG_REFUSED from values: wanted 'y', got 'n'"):
        bench.build(kconfig={"CONFIG_REFUSED": True})

    assert len(bench.calls_of_west) == 1


def test_an_undefined_symbol_is_told_from_other_failures(bench: Bench) -> None:
    with pytest.raises(FragmentRefused, match="CONFIG_UNDEFINED does not exist"):
        bench.build(kconfig={"CONFIG_UNDEFINED": True})


def test_a_used_folder_that_cannot_be_configured_any_more_is_emptied_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bench.build()
    bench.source.write_text("int main(void) { return 2; }\n")
    monkeypatch.setenv("CMAKE_KEEPS_ITS_CACHE", "1")

    assert bench.build().build != first.build
    assert any("once more in an empty one" in line for line in bench.lines)


def test_two_builds_of_one_folder_never_run_at_once(bench: Bench) -> None:
    results: list[Firmware] = []
    threads = [threading.Thread(target=lambda: results.append(bench.build())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({firmware.build for firmware in results}) == 1, "the others take what the first has built"
    assert len(bench.calls_of_west) == 2
    assert any(line.startswith("waiting for process") for line in bench.lines)


def test_an_unknown_board_or_a_missing_sample_is_refused_before_anything_is_made(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(UnknownBoard):
        build_firmware("frdm_k64f", workspace=bench.workspace)
    shutil.rmtree(bench.workspace.zephyr_base / "samples")
    with pytest.raises(SampleNotFound):
        bench.build()
    assert not (tmp_path / "cache").exists()
