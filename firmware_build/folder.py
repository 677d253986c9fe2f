"""The folder that a build is kept in: named after what is built, locked while somebody builds."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firmware_build.configuration import Fragment
    from firmware_build.process import OnLine
    from firmware_build.sample import Sample
    from firmware_build.workspace import Workspace

# What the user says about the compiler; CMake keeps its first choice, so another choice needs another folder.
_TOOLCHAIN_VARIABLES = ("ZEPHYR_TOOLCHAIN_VARIANT", "ZEPHYR_SDK_INSTALL_DIR", "GNUARMEMB_TOOLCHAIN_PATH")


@dataclass(frozen=True, slots=True)
class BuildFolder:
    """Where one combination of board, sample, configuration and workspace is built.

    Attributes:
        path: The folder itself; ``firmware.json``, the log and the lock lie in it.
    """

    path: Path

    @property
    def tree(self) -> Path:
        """The folder that west, CMake and ninja write; it may be removed at any time."""
        return self.path / "build"

    @property
    def output(self) -> Path:
        """Where Zephyr leaves the image and its ``.config``."""
        return self.tree / "zephyr"

    @property
    def log(self) -> Path:
        """The whole output of every build in this folder, the latest at the end."""
        return self.path / "build.log"

    def write_fragments(self, fragments: Sequence[Fragment]) -> list[Path]:
        """Put copies of the fragments where the build reads them; a file that is there already stays untouched."""
        folder = self.path / "fragments"
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for number, fragment in enumerate(fragments):
            path = folder / f"{number:02}-{Path(fragment.name).stem}.conf"
            if not path.is_file() or path.read_text() != fragment.text:
                path.write_text(fragment.text)
            paths.append(path)
        return paths

    @contextmanager
    def locked(self, on_line: OnLine) -> Iterator[int]:
        """Keep others from building here; gives the file descriptor that holds the lock.

        The kernel frees the lock when the last process that holds it is gone, so none is ever left behind. Where
        another process builds here, this waits for it and says so.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                on_line(f"waiting for process {file.read() or '(unknown)'}, which is building in {self.path}")
                fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield file.fileno()


def build_folder(
    board: str, sample: Sample, fragments: Sequence[Fragment], workspace: Workspace, environ: Mapping[str, str]
) -> BuildFolder:
    """The folder for a combination; the same one each time.

    It is in ``$OCPP_RIG_CACHE``, else in ``ocpp-rig`` under ``$XDG_CACHE_HOME`` or ``~/.cache``.
    """
    ingredients = [
        version("zephyr-ocpp-rig"),  # another version may tell CMake other things
        board,
        str(sample.path),
        str(workspace.zephyr_base),
        [fragment.text for fragment in fragments],
        [environ.get(name) for name in _TOOLCHAIN_VARIABLES],
    ]
    key = hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:12]
    return BuildFolder(_cache(environ) / "builds" / f"{board.replace('/', '-')}-{key}")


def finished_builds(environ: Mapping[str, str]) -> list[Path]:
    """All folders of the cache that hold a finished build, for `load_firmware`; those of other versions, too."""
    return sorted(record.parent for record in (_cache(environ) / "builds").glob("*/firmware.json"))


def _cache(environ: Mapping[str, str]) -> Path:
    if explicit := environ.get("OCPP_RIG_CACHE"):
        return Path(explicit).resolve()
    base = Path(environ["XDG_CACHE_HOME"]) if environ.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    return base.resolve() / "ocpp-rig"
