"""Finding the workspace that is there, and making one from the pinned manifest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import WorkspaceNotFound, WorkspaceRefused, find_workspace, init_workspace

MakeWorkspace = Callable[[Path], Path]
MODULES = ("cmsis", "cmsis_6", "hal_stm32", "mbedtls", "picolibc")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ZEPHYR_BASE, an empty home, and a current folder that is in no workspace."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)


def test_zephyr_base_comes_first(
    tmp_path: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workspace(tmp_path / "home" / "zephyrproject")
    mine = make_workspace(tmp_path / "mine")
    monkeypatch.setenv("ZEPHYR_BASE", str(mine / "zephyr"))

    workspace = find_workspace()

    assert (workspace.topdir, workspace.zephyr_base) == (mine, mine / "zephyr")
    assert (workspace.version, workspace.revision) == ("4.3.0", None)


def test_the_workspace_around_the_current_folder_comes_before_the_one_at_home(
    tmp_path: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workspace(tmp_path / "home" / "zephyrproject")
    mine = make_workspace(tmp_path / "mine")
    monkeypatch.chdir(mine / "zephyr" / "samples")

    assert find_workspace().topdir == mine


def test_the_workspace_at_home_comes_last(tmp_path: Path, make_workspace: MakeWorkspace) -> None:
    make_workspace(tmp_path / "home" / "zephyrproject")

    assert find_workspace().topdir == tmp_path / "home" / "zephyrproject"


def test_zephyr_is_where_the_configuration_of_west_has_it(
    tmp_path: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    topdir = make_workspace(tmp_path / "mine")
    (topdir / "zephyr").rename(topdir / "rtos")
    (topdir / ".west" / "config").write_text("[manifest]\npath = app\n[zephyr]\nbase = rtos\n")
    monkeypatch.chdir(topdir)

    assert find_workspace().zephyr_base == topdir / "rtos"


def test_the_revision_is_that_of_the_clone(tmp_path: Path, make_workspace: MakeWorkspace) -> None:
    zephyr = make_workspace(tmp_path / "home" / "zephyrproject") / "zephyr"
    commit = commit_all(zephyr)

    assert find_workspace().revision == commit[:12]


def test_no_workspace_anywhere_is_an_error_that_names_the_places_and_the_cure(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFound) as error:
        find_workspace()

    assert str(tmp_path / "home" / "zephyrproject") in error.value.message
    assert "ocpp-rig workspace init" in error.value.cure


def test_a_wrong_zephyr_base_is_an_error_and_nothing_else_is_tried(
    tmp_path: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workspace(tmp_path / "home" / "zephyrproject")
    monkeypatch.setenv("ZEPHYR_BASE", str(tmp_path / "elsewhere"))

    with pytest.raises(WorkspaceNotFound, match="ZEPHYR_BASE="):
        find_workspace()


@pytest.fixture
def github(tmp_path: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let git find the repositories of the pinned manifest in a folder instead of on the network."""
    remote = tmp_path / "github"
    source = make_workspace(tmp_path / "source") / "zephyr"
    projects = ""
    for name in (*MODULES, "hal_nordic"):
        module = remote / name
        module.mkdir(parents=True)
        (module / "README").write_text(name)
        projects += f"    - name: {name}\n      revision: {commit_all(module)}\n      path: modules/{name}\n"
    manifest = "manifest:\n  defaults:\n    remote: upstream\n  remotes:\n    - name: upstream\n"
    manifest += "      url-base: https://github.com/zephyrproject-rtos\n  projects:\n"
    (source / "west.yml").write_text(manifest + projects + "  self:\n    path: zephyr\n")
    shutil.move(source, remote / "zephyr")
    commit_all(remote / "zephyr")
    subprocess.run(["git", "tag", "v4.3.0"], cwd=remote / "zephyr", check=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{remote}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/zephyrproject-rtos/")
    return remote


def commit_all(folder: Path) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, **identity})
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.usefixtures("github")
def test_a_new_workspace_has_zephyr_and_only_the_modules_that_the_boards_need(tmp_path: Path) -> None:
    lines: list[str] = []

    workspace = init_workspace(tmp_path / "new", lines.append)

    assert (workspace.topdir, workspace.zephyr_base) == (tmp_path / "new", tmp_path / "new" / "zephyr")
    assert workspace.version == "4.3.0"
    assert {path.name for path in (workspace.topdir / "modules").iterdir()} == set(MODULES)
    assert any("updating zephyr" in line for line in lines), "progress is shown"
    os.chdir(workspace.topdir)
    assert find_workspace() == workspace


@pytest.mark.usefixtures("github")
def test_a_new_workspace_knows_the_command_west_ocpp_rig(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "new", lambda _: None)

    command = [sys.executable, "-m", "west", "ocpp-rig", "--version"]
    finished = subprocess.run(command, cwd=workspace.topdir, capture_output=True, text=True, check=False, timeout=60)

    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("ocpp-rig ")


def test_a_failed_download_is_an_error_and_leaves_nothing(tmp_path: Path, github: Path) -> None:
    shutil.rmtree(github / "mbedtls")

    with pytest.raises(WorkspaceRefused, match=r"west update.*ended with 1"):
        init_workspace(tmp_path / "home" / "zephyrproject", lambda _: None)

    assert list((tmp_path / "home").iterdir()) == []
    with pytest.raises(WorkspaceNotFound):
        find_workspace()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")

    with pytest.raises(WorkspaceRefused, match="there already"):
        init_workspace(tmp_path / "mine", lambda _: None)

    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"
