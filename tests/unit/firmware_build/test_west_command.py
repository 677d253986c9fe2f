"""`west ocpp-rig` by the real west, in a workspace whose manifest names the repository."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from firmware_build import workspace
from firmware_build.west_commands import ocpp_rig
from firmware_build.workspace import MANIFEST, WEST_COMMANDS

REPOSITORY = Path(workspace.__file__).parents[1]
OWN_PACKAGES = ("zephyr_ocpp_rig", "rig", "firmware_build", "central_system")
IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
}


@pytest.fixture(scope="module")
def topdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of a user's own manifest, with the rig as a project in it."""
    topdir = tmp_path_factory.mktemp("workspace")
    project = topdir / "zephyr-ocpp-rig"
    shutil.copytree(WEST_COMMANDS, project / "firmware_build" / "west_commands")
    (project / "pyproject.toml").write_text("")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=project, check=True, env={**os.environ, **IDENTITY})
    rig = {
        "name": "zephyr-ocpp-rig",
        "url": f"file://{project}",
        "revision": "HEAD",
        "west-commands": "firmware_build/west_commands/west-commands.yml",
    }
    (topdir / "app").mkdir()
    (topdir / "app" / "west.yml").write_text(yaml.safe_dump({"manifest": {"projects": [rig]}}))
    subprocess.run([sys.executable, "-m", "west", "init", "-l", "app"], cwd=topdir, check=True, capture_output=True)
    return topdir


def west(topdir: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run west in a workspace; `path`: the PATH that it has, by default ours with `ocpp-rig` in it."""
    environ = {key: value for key, value in os.environ.items() if key not in {"ZEPHYR_BASE", "PATH"}}
    environ["PATH"] = path or f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "west", *arguments]
    return subprocess.run(command, cwd=topdir, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_west_help_lists_it(topdir: Path) -> None:
    finished = west(topdir, "help")
    assert "extension commands from project zephyr-ocpp-rig" in finished.stdout
    assert "ocpp-rig:" in finished.stdout
    assert "run Zephyr's OCPP charge point and judge it" in finished.stdout


def test_it_is_ocpp_rig_that_runs(topdir: Path) -> None:
    finished = west(topdir, "ocpp-rig", "--version")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("ocpp-rig ")


def test_its_help_is_that_of_the_command_and_of_its_subcommands(topdir: Path) -> None:
    assert "usage: ocpp-rig " in west(topdir, "ocpp-rig", "--help").stdout
    finished = west(topdir, "ocpp-rig", "run", "-h")
    assert finished.returncode == 0
    assert "usage: ocpp-rig run" in finished.stdout
    assert "--ratio N" in finished.stdout


@pytest.mark.parametrize("wrong", [["run", "--no-such-option"], ["no-such-command"]])
def test_its_exit_code_is_kept(topdir: Path, wrong: list[str]) -> None:
    finished = west(topdir, "ocpp-rig", *wrong)
    assert finished.returncode == 2
    assert "usage: ocpp-rig" in finished.stderr


@pytest.fixture
def echo(tmp_path: Path) -> str:
    """A PATH on which an `ocpp-rig` stands that prints its arguments and then ends by a signal."""
    program = tmp_path / "bin" / "ocpp-rig"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\nkill -TERM $$\n')
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def test_arguments_come_through_in_order_and_west_keeps_none_for_itself(topdir: Path, echo: str) -> None:
    arguments = ["run", "-v", "--target", "mps2/an385", "--ratio=5", "-z", "x", "--out", "a b", "-q", "check", "-V"]
    finished = west(topdir, "ocpp-rig", *arguments, path=echo)
    assert finished.stdout == "".join(f"<{argument}>" for argument in arguments)


def test_nothing_of_west_is_left_between_the_caller_and_the_command(topdir: Path, echo: str) -> None:
    assert west(topdir, "ocpp-rig", path=echo).returncode == -signal.SIGTERM


def test_without_the_command_on_the_path_the_package_in_the_same_interpreter_runs(topdir: Path) -> None:
    finished = west(topdir, "ocpp-rig", "--version", path="/usr/bin:/bin")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("ocpp-rig ")


def test_where_neither_is_there_it_says_how_to_install_it(topdir: Path, tmp_path: Path) -> None:
    # An interpreter that has all of our packages but the rig's own.
    others = tmp_path / "site-packages"
    others.mkdir()
    for package in Path(yaml.__file__).parents[1].iterdir():
        if not package.name.startswith(OWN_PACKAGES):
            (others / package.name).symlink_to(package)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(others)}
    finished = subprocess.run(
        [sys.executable, "-S", "-m", "west", "ocpp-rig", "run"],
        cwd=topdir,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 1, finished.stderr
    assert "ocpp-rig is not installed where west looks for it" in finished.stderr
    assert f"cure: {sys.executable} -m pip install {topdir / 'zephyr-ocpp-rig'}" in finished.stderr


def test_away_from_a_checkout_the_cure_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ocpp_rig, "REPOSITORY", tmp_path)
    assert ocpp_rig.pip_install().endswith(" -m pip install CHECKOUT-OF-zephyr-ocpp-rig")


def test_the_pinned_manifest_names_the_command_where_it_lies_in_the_repository() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["manifest"]
    spec = REPOSITORY / manifest["self"]["west-commands"]
    assert spec.parent == WEST_COMMANDS
    for described in yaml.safe_load(spec.read_text(encoding="utf-8"))["west-commands"]:
        assert (REPOSITORY / described["file"]).is_file()
        assert [command["class"] for command in described["commands"]] == ["OcppRig"]
