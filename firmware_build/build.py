"""Build the sample with west, in a build folder that is kept and used again."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_build.boards import Board, find_board
from firmware_build.configuration import (
    Fragment,
    check_accepted,
    check_understood,
    fragment_of_values,
    load_fragment,
    parse_config,
)
from firmware_build.elf import read_elf
from firmware_build.errors import BuildFailed
from firmware_build.firmware import Firmware, record_of
from firmware_build.folder import BuildFolder, build_folder
from firmware_build.freshness import unchanged_firmware
from firmware_build.interpreter import find_interpreter
from firmware_build.process import Finished, OnLine, ignore, run
from firmware_build.sample import Sample, read_sample
from firmware_build.toolchain import Toolchain, find_toolchain, require_tools
from firmware_build.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_COMMAND_LINE = 300  # characters; only a compiler's command line is longer, and it tells nothing
_NINJA_STEP = re.compile(r"\[\d+/\d+\]")


def build_firmware(
    board: str,
    *,
    workspace: Workspace | None = None,
    fragments: Sequence[str | Path] = (),
    kconfig: Mapping[str, str | int | bool] | None = None,
    on_line: OnLine = ignore,
    pristine: bool = False,
) -> Firmware:
    """The sample's firmware for a board: the one built before where nothing has changed since, else a new one.

    A new one takes one to three minutes; to find that nothing has changed takes well under a second. Each new one
    carries a nonce in its boot banner. Two builds of one combination never run at once, in whatever processes.

    Args:
        board: Zephyr's name of the board.
        workspace: Where Zephyr is; without it, `find_workspace` looks.
        fragments: Kconfig fragments, by name or path, on top of those that the board needs; a later one wins.
        kconfig: Values of single symbols on top of all fragments; see `fragment_of_values`.
        on_line: Gets a line for each phase and each step of ninja.
        pristine: Start from an empty build folder.

    Raises:
        UnknownBoard: The board is none of those known here.
        WorkspaceNotFound: There is no Zephyr.
        SampleNotFound: That Zephyr has no OCPP sample.
        UnknownFragment: A fragment is neither known nor a file.
        ToolchainMissing: Something that the build needs is not installed.
        FragmentRefused: Kconfig did not give a symbol the value asked for.
        BuildFailed: West, CMake or a compiler failed; the error holds the last lines and the log's path.
    """
    found = find_board(board)
    workspace = workspace or find_workspace()
    sample = read_sample(workspace)
    chosen = [load_fragment(name) for name in (*found.fragments, *fragments)]
    if kconfig:
        chosen.append(fragment_of_values(kconfig))
    folder = build_folder(found.name, sample, chosen, workspace, os.environ)
    with folder.locked(on_line) as lock:
        if not pristine and (firmware := unchanged_firmware(folder, workspace)):
            return firmware
        python = find_interpreter(workspace)
        require_tools(found.name)
        toolchain = find_toolchain(found.name)
        build = _Build(found, workspace, sample, chosen, folder, on_line, lock, python, toolchain)
        return build.run(pristine=pristine)


@dataclass(frozen=True, slots=True)
class _Build:
    """One build of a locked folder."""

    board: Board
    workspace: Workspace
    sample: Sample
    fragments: list[Fragment]
    folder: BuildFolder
    on_line: OnLine
    lock: int
    python: Path
    toolchain: Toolchain

    def run(self, *, pristine: bool) -> Firmware:
        # Without the record, an attempt that ends half-way can never be taken for the build before it.
        record_of(self.folder.path).unlink(missing_ok=True)
        if pristine:
            shutil.rmtree(self.folder.tree, ignore_errors=True)
        nonce = secrets.token_hex(6)
        config = self._configure(nonce)
        self._compile()
        return self._firmware(nonce, config)

    def _configure(self, nonce: str) -> dict[str, str]:
        fragments = self.folder.write_fragments(self.fragments)
        arguments: list[str | Path] = [
            *("build", "--cmake-only", "--no-sysbuild", "-p", "never"),
            *("-b", self.board.name, "-d", self.folder.tree, self.sample.path),
            *("--", f"-DBUILD_VERSION={nonce}", f"-DEXTRA_CONF_FILE={';'.join(map(str, fragments))}"),
            *self.toolchain.options,
        ]
        self.on_line(
            f"configuring {self.board.name} with {', '.join(it.name for it in self.fragments) or 'no fragment'}"
        )
        used = self.folder.tree.exists()
        finished = self._west(arguments)
        if finished.status != 0:
            check_understood(self.fragments, "\n".join(finished.output), self.folder.log)
            if used:
                # CMake keeps what it found at first; a compiler or a module that has moved since needs a new start.
                self.on_line("configuring failed in the used build folder; once more in an empty one")
                shutil.rmtree(self.folder.tree)
                finished = self._west(arguments)
        if finished.status != 0:
            raise self._failed("configuring", finished)
        config = parse_config((self.folder.output / ".config").read_text())
        check_accepted(self.fragments, config, self.folder.log)
        return config

    def _compile(self) -> None:
        self.on_line(f"compiling {self.board.name} in {self.folder.tree}")
        finished = self._west(["build", "-d", self.folder.tree])
        if finished.status != 0:
            raise self._failed("compiling", finished)

    def _firmware(self, nonce: str, config: dict[str, str]) -> Firmware:
        hosted = self.board.architecture == "posix"
        image = self.folder.output / self.board.image
        elf_path = image if hosted else self.folder.output / "zephyr.elf"
        hex_path = self.folder.output / "zephyr.hex"
        elf = read_elf(elf_path)
        if elf.build != nonce or not image.is_file():
            raise BuildFailed(
                f"the build ended well, but {elf_path} holds build {elf.build!r} in its boot banner, not {nonce!r}, "
                f"or {image.name} is missing",
                cure="see that no fragment turns CONFIG_BOOT_BANNER off, then build with pristine=True",
                log=self.folder.log,
            )
        firmware = Firmware(
            board=self.board.name,
            image=image,
            elf=elf_path,
            hex=hex_path if hex_path.is_file() else None,
            build=nonce,
            zephyr_version=self.workspace.version,
            zephyr_revision=self.workspace.revision,
            config=config,
            footprint=elf.footprint,
            folder=self.folder.path,
        )
        firmware.save()
        return firmware

    def _west(self, arguments: Sequence[str | Path]) -> Finished:
        command = [self.python, "-m", "west", *arguments]
        with self.folder.log.open("a", buffering=1) as log:
            log.write(f"$ {' '.join(map(str, command))}\n")

            def keep(line: str) -> None:
                log.write(f"{line}\n")
                if _NINJA_STEP.match(line):
                    self.on_line(line)

            environ = {
                **os.environ,
                **self.toolchain.environment,
                "ZEPHYR_BASE": str(self.workspace.zephyr_base),
            }
            return run(command, cwd=self.workspace.topdir, environ=environ, on_line=keep, hold=[self.lock])

    def _failed(self, phase: str, finished: Finished) -> BuildFailed:
        last = "\n  ".join(_telling(finished.output))
        return BuildFailed(
            f"{phase} {self.board.name} ended with status {finished.status}:\n  {last}",
            cure="read the first error in the log; where the sample or Zephyr was edited, correct that",
            log=self.folder.log,
        )


def _telling(output: list[str], count: int = 20) -> list[str]:
    """The lines that tell what went wrong: from ninja's first failed step on, else the last ones."""
    failed = next((number for number, line in enumerate(output) if line.startswith("FAILED:")), None)
    lines = output[failed : failed + count] if failed is not None else output[-count:]
    return [textwrap.shorten(line, 80) if len(line) > _COMMAND_LINE else line for line in lines]
