"""Which Python runs west and Zephyr's build scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import ToolchainMissing, Workspace, find_interpreter


def require_python(workspace: Workspace, version: str) -> None:
    path = workspace.zephyr_base / "cmake" / "modules" / "python.cmake"
    path.parent.mkdir(parents=True)
    path.write_text(f"set(PYTHON_MINIMUM_REQUIRED {version})\n")


def require_modules(workspace: Workspace, *distributions: str) -> None:
    path = workspace.zephyr_base / "scripts" / "requirements-base.txt"
    path.parent.mkdir(parents=True)
    path.write_text("# used by various build scripts\n" + "".join(f"{name}>=0.1\n" for name in distributions))


def add_venv(workspace: Workspace, add_tool: Callable[..., Path], answer: str) -> Path:
    python = workspace.topdir / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    add_tool("python", f"echo {answer}").rename(python)
    return python


def test_our_own_interpreter_is_taken_where_it_has_everything(workspace: Workspace) -> None:
    require_python(workspace, "3.10")
    require_modules(workspace, "PyYAML", "west", "canopen")

    assert find_interpreter(workspace) == Path(sys.executable)


def test_else_the_one_of_the_workspace_is_taken(workspace: Workspace, add_tool: Callable[..., Path]) -> None:
    require_python(workspace, "3.99")
    require_modules(workspace, "west")
    python = add_venv(workspace, add_tool, answer="3.99")

    assert find_interpreter(workspace) == python


def test_where_both_lack_something_the_error_says_what_and_how_to_get_it(
    workspace: Workspace, add_tool: Callable[..., Path]
) -> None:
    require_python(workspace, "3.99")
    require_modules(workspace, "pyelftools", "PyYAML")
    python = add_venv(workspace, add_tool, answer="3.99 elftools yaml")

    with pytest.raises(ToolchainMissing) as error:
        find_interpreter(workspace)

    assert f"{sys.executable} is Python 3." in error.value.message
    assert f"{python} lacks elftools, yaml" in error.value.message
    assert f"python3.99 -m venv {workspace.topdir}/.venv" in error.value.cure
    assert "requirements-base.txt" in error.value.cure
