"""The Python interpreter that runs west and, through it, Zephyr's build scripts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_build.errors import ToolchainMissing

if TYPE_CHECKING:
    from firmware_build.workspace import Workspace

# Distributions in Zephyr's scripts/requirements-base.txt that a build imports; its other ones serve other commands.
_MODULES = {
    "pyelftools": "elftools",
    "PyYAML": "yaml",
    "pykwalify": "pykwalify",
    "jsonschema": "jsonschema",
    "packaging": "packaging",
    "west": "west",
}
_PROBE = """
import importlib.util, sys
print(*sys.version_info[:2], sep=".", end=" ")
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))
"""


def find_interpreter(workspace: Workspace) -> Path:
    """The interpreter to run west with: our own, else that of the workspace's ``.venv`` (Zephyr's guide makes one).

    Raises:
        ToolchainMissing: Both are too old for this Zephyr or lack modules that it needs.
    """
    minimum = _minimum_version(workspace)
    modules = _modules(workspace)
    complaints = []
    for python in (Path(sys.executable), workspace.topdir / ".venv" / "bin" / "python"):
        if not python.exists():
            continue
        version, missing = _probe(python, modules)
        if version >= minimum and not missing:
            return python
        lacks = [f"lacks {', '.join(missing)}"] if missing else []
        old = [f"is Python {_dotted(version)}, needed is {_dotted(minimum)}"] if version < minimum else []
        complaints.append(f"{python} {' and '.join(old + lacks)}")
    requirements = workspace.zephyr_base / "scripts" / "requirements-base.txt"
    venv = workspace.topdir / ".venv"
    raise ToolchainMissing(
        f"no Python for the build scripts of Zephyr {workspace.version}: {'; '.join(complaints)}",
        cure=f"python{_dotted(minimum)} -m venv {venv} && {venv}/bin/pip install -r {requirements}",
    )


def _probe(python: Path, modules: list[str]) -> tuple[tuple[int, ...], list[str]]:
    """The interpreter's version and the modules that it lacks; all of them where it does not run at all."""
    finished = subprocess.run(
        [python, "-c", _PROBE, *modules], capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL
    )
    if finished.returncode != 0:
        return (0,), modules
    version, *missing = finished.stdout.split()
    return _numbers(version), missing


def _minimum_version(workspace: Workspace) -> tuple[int, ...]:
    path = workspace.zephyr_base / "cmake" / "modules" / "python.cmake"
    found = re.search(r"PYTHON_MINIMUM_REQUIRED\s+([\d.]+)", path.read_text()) if path.is_file() else None
    return _numbers(found[1]) if found else (3, 10)


def _modules(workspace: Workspace) -> list[str]:
    """What to import, as this Zephyr's own list of requirements has it."""
    path = workspace.zephyr_base / "scripts" / "requirements-base.txt"
    if not path.is_file():
        return list(_MODULES.values())
    listed = set(re.findall(r"^[\w-]+", path.read_text(), re.MULTILINE))
    return [module for distribution, module in _MODULES.items() if distribution in listed]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
