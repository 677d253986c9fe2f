"""The west workspace that Zephyr lives in: one the user has, or a new one from the pinned manifest."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_build.errors import WorkspaceNotFound, WorkspaceRefused
from firmware_build.process import run

if TYPE_CHECKING:
    from firmware_build.process import OnLine

MANIFEST = Path(__file__).parent / "west.yml"
"""The pinned manifest of a new workspace."""
WEST_COMMANDS = Path(__file__).parent / "west_commands"
"""The extension command `west ocpp-rig`, for the manifest to name by its path in this repository."""

_MAKE_ONE = "make one with: ocpp-rig workspace init, or set ZEPHYR_BASE to the Zephyr tree of one you have"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A west workspace with a Zephyr in it.

    Attributes:
        topdir: The folder that holds ``.west``.
        zephyr_base: The Zephyr tree.
        version: What its VERSION file says, for example ``4.3.0``.
        revision: Git's short hash of the tree's commit, None where it is no clone.
    """

    topdir: Path
    zephyr_base: Path
    version: str
    revision: str | None


def find_workspace() -> Workspace:
    """The workspace to build in: that of ``ZEPHYR_BASE``, else the one around us, else ``~/zephyrproject``.

    Raises:
        WorkspaceNotFound: None of them is there, or ``ZEPHYR_BASE`` names no Zephyr tree in a west workspace.
    """
    if base := os.environ.get("ZEPHYR_BASE"):
        topdir = _topdir_above(Path(base))
        if topdir is None or _version(Path(base)) is None:
            raise WorkspaceNotFound(
                f"ZEPHYR_BASE={base} is no Zephyr tree in a west workspace (a folder above it has no .west, or it has "
                "no VERSION file)",
                cure="correct ZEPHYR_BASE, or run `west init -l zephyr` in the folder above the tree",
            )
        return _workspace(topdir, Path(base).resolve())
    home = Path.home() / "zephyrproject"
    for topdir in (_topdir_above(Path.cwd()), home):
        if topdir is not None and (base_path := _zephyr_of(topdir)) is not None:
            return _workspace(topdir, base_path)
    raise WorkspaceNotFound(
        f"no Zephyr workspace: ZEPHYR_BASE is not set, none is around {Path.cwd()}, none is at {home}",
        cure=_MAKE_ONE,
    )


def init_workspace(folder: Path, on_line: OnLine = print) -> Workspace:
    """Make a workspace from the pinned manifest; needs git and the network, and about 2 GB.

    It is made beside ``folder`` and moved there when it is whole, so that nobody ever finds half a workspace.

    Args:
        folder: Where; it must not exist, or be empty.
        on_line: Gets each line that west and git print.

    Raises:
        WorkspaceRefused: The folder is taken, or west could not fetch everything.
    """
    folder = folder.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceRefused(f"{folder} is there already", cure="choose another folder, or remove this one")
    draft = folder.with_name(f".{folder.name}.incomplete")
    shutil.rmtree(draft, ignore_errors=True)  # of an attempt that was killed
    try:
        manifest = draft / "manifest"
        manifest.mkdir(parents=True)
        shutil.copy(MANIFEST, manifest)
        shutil.copytree(
            WEST_COMMANDS,
            manifest / WEST_COMMANDS.relative_to(WEST_COMMANDS.parents[1]),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        _west(["init", "-l", "manifest"], draft, on_line)
        _west(["update", "--narrow", "-o=--depth=1"], draft, on_line)
        base = _zephyr_of(draft)
        if base is None:
            raise WorkspaceRefused(
                f"west update left no Zephyr tree in {draft}", cure=f"look at the manifest {MANIFEST}"
            )
        base = folder / base.relative_to(draft)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _workspace(folder, base)


def _west(arguments: list[str], draft: Path, on_line: OnLine) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "ZEPHYR_BASE"}
    environ["GIT_TERMINAL_PROMPT"] = "0"  # a question nobody sees would wait for ever
    finished = run([sys.executable, "-m", "west", *arguments], cwd=draft, environ=environ, on_line=on_line)
    if finished.status != 0:
        raise WorkspaceRefused(
            "\n".join([f"west {' '.join(arguments)} ended with {finished.status}:", *finished.output[-8:]]),
            cure="see that git is installed and github.com can be reached (https_proxy), then run this again",
        )


def _topdir_above(path: Path) -> Path | None:
    path = path.resolve()
    return next((folder for folder in (path, *path.parents) if (folder / ".west" / "config").is_file()), None)


def _zephyr_of(topdir: Path) -> Path | None:
    """The Zephyr tree of a workspace: where west's configuration has it, else ``zephyr``."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(topdir / ".west" / "config")
    if not config.has_section("manifest"):
        return None
    candidates = (
        config.get("zephyr", "base", fallback="zephyr"),
        config.get("manifest", "path", fallback="zephyr"),
        "zephyr",
    )
    return next((topdir / path for path in candidates if _version(topdir / path) is not None), None)


def _version(zephyr_base: Path) -> str | None:
    try:
        lines = (zephyr_base / "VERSION").read_text().splitlines()
        numbers = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
        version = f"{numbers['VERSION_MAJOR']}.{numbers['VERSION_MINOR']}.{numbers['PATCHLEVEL']}"
    except (OSError, UnicodeDecodeError, KeyError):
        return None
    return f"{version}-{numbers['EXTRAVERSION']}" if numbers.get("EXTRAVERSION") else version


def _workspace(topdir: Path, zephyr_base: Path) -> Workspace:
    return Workspace(topdir, zephyr_base, _version(zephyr_base) or "unknown", _revision(zephyr_base))


def _revision(zephyr_base: Path) -> str | None:
    if not (zephyr_base / ".git").exists():
        return None  # git would take the revision of a repository around it
    command = ["git", "-C", str(zephyr_base), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
