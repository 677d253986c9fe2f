"""The folder that a build is kept in, and its lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_build import Fragment, Workspace, read_sample
from firmware_build.folder import BuildFolder, build_folder

HOLDER = """
import os, pathlib, sys
from firmware_build.folder import BuildFolder
with BuildFolder(pathlib.Path(sys.argv[1])).locked(print):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("environ", "cache"),
    [
        ({"OCPP_RIG_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/ocpp-rig")),
        ({}, Path.home() / ".cache" / "ocpp-rig"),
    ],
)
def test_the_folder_is_in_the_users_cache(workspace: Workspace, environ: dict[str, str], cache: Path) -> None:
    folder = build_folder("mps2/an385", read_sample(workspace), [], workspace, environ)

    assert folder.path.parent == cache / "builds"
    assert folder.path.name.startswith("mps2-an385-")


def test_whatever_changes_the_image_changes_the_folder(workspace: Workspace, tmp_path: Path) -> None:
    sample = read_sample(workspace)
    other = Workspace(tmp_path, tmp_path / "zephyr", "4.3.0", None)
    ports = [Fragment("values", f"CONFIG_NET_SAMPLE_OCPP_PORT={port}\n") for port in (1, 2)]

    folders = [
        build_folder("native_sim", sample, [], workspace, {}),
        build_folder("qemu_x86", sample, [], workspace, {}),
        build_folder("native_sim", sample, [ports[0]], workspace, {}),
        build_folder("native_sim", sample, [ports[1]], workspace, {}),
        build_folder("native_sim", sample, [], other, {}),
        build_folder("native_sim", sample, [], workspace, {"ZEPHYR_TOOLCHAIN_VARIANT": "llvm"}),
    ]

    assert len({folder.path for folder in folders}) == len(folders)
    assert build_folder("native_sim", sample, [], workspace, {}) == folders[0]


def test_fragments_that_are_there_already_stay_untouched_so_that_nothing_is_built_again(tmp_path: Path) -> None:
    folder = BuildFolder(tmp_path)
    fragments = [Fragment("e1000", "CONFIG_PCIE=y\n"), Fragment("/some/mine.conf", "CONFIG_X=y\n")]
    paths = folder.write_fragments(fragments)
    os.utime(paths[0], (1, 1))

    assert folder.write_fragments(fragments) == paths
    assert [path.name for path in paths] == ["00-e1000.conf", "01-mine.conf"]
    assert paths[0].stat().st_mtime == 1


def test_a_second_process_waits_for_the_lock_and_says_for_whom(tmp_path: Path) -> None:
    lines: list[str] = []
    with holder(tmp_path) as other:

        def finish_the_other(line: str) -> None:
            lines.append(line)
            other.send_signal(signal.SIGKILL)  # the kernel frees the lock of a process that is gone

        with BuildFolder(tmp_path).locked(finish_the_other):
            assert other.wait(timeout=5) == -signal.SIGKILL

    assert lines == [f"waiting for process {other.pid}, which is building in {tmp_path}"]


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that has locked the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process
