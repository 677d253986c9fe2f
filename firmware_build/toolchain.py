"""What of the tools that a build needs is installed, and what installs the rest.

The order of Zephyr's own CMake modules is kept (cmake/modules/FindHostTools.cmake, FindZephyr-sdk.cmake): an explicit
``ZEPHYR_TOOLCHAIN_VARIANT``, the Zephyr SDK, then what the system has: ``arm-none-eabi-gcc``, or the host's gcc for
boards that a PC's compiler can build. dtc and gperf are optional to Zephyr and not needed by the sample.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_build.boards import Board, find_board
from firmware_build.errors import ToolchainMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

_SDK_COMPILER = {"arm": "arm-zephyr-eabi", "x86": "x86_64-zephyr-elf"}
_SDK_PLACES = ("~", "~/.local", "~/.local/opt", "~/bin", "/opt", "/usr/local", "/usr")
_PACKAGES = {"cmake": "cmake", "ninja": "ninja-build"}
_APT = "apt-get install --no-install-recommends"
_GET_SDK = "install the Zephyr SDK: https://docs.zephyrproject.org/latest/develop/toolchains/zephyr_sdk.html"
# For native_sim Zephyr itself asks the host's compiler for 32 bits; for x86 it expects one that makes nothing else.
# Its probe for -mpreferred-stack-boundary=2, made without -m32, fails, and with gcc's 16-byte boundary the sample's
# connector threads overflow their 2 KiB stacks: garbage in the second idTag, and no transaction.
_OPTIONS_X86 = (
    "-DCMAKE_C_FLAGS=-m32 -mpreferred-stack-boundary=2",
    *(f"-DCMAKE_{what}_FLAGS=-m32" for what in ("CXX", "ASM", "EXE_LINKER")),
)
# What the 32-bit programs of native_sim and qemu_x86 include; without gcc-multilib the second one is missing.
_PROGRAM_32 = "#include <stdint.h>\n#include <gnu/stubs.h>\nint main(void) { return 0; }\n"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler as Zephyr is told of it.

    Attributes:
        variant: Zephyr's name of it (``ZEPHYR_TOOLCHAIN_VARIANT``).
        environment: The variables that select it, to be added to the build's environment.
        options: What CMake must be told besides, as its command-line arguments.
    """

    variant: str
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not installed.

    Attributes:
        name: What it is.
        cure: The command that installs it.
    """

    name: str
    cure: str


def find_toolchain(board: str, environ: Mapping[str, str] = os.environ) -> Toolchain:
    """The compiler for a board.

    Args:
        board: Zephyr's name of it.
        environ: Where ``ZEPHYR_TOOLCHAIN_VARIANT``, ``ZEPHYR_SDK_INSTALL_DIR``, ``GNUARMEMB_TOOLCHAIN_PATH`` and
            ``PATH`` are looked up.

    Raises:
        ToolchainMissing: None is installed; the error names the command that installs one.
        UnknownBoard: The board is none of those known here.
    """
    found = find_board(board)
    variant = environ.get("ZEPHYR_TOOLCHAIN_VARIANT")
    if found.architecture == "posix" and variant != "llvm":
        variant = "host"  # which is what Zephyr takes for a native board, whatever was chosen
    if variant is None:
        otherwise = "gnuarmemb" if found.architecture == "arm" else "host"
        variant = "zephyr" if _sdk(found, environ) else otherwise
    match variant:
        case "host":
            return _host(found, environ)
        case "gnuarmemb":
            return _gnuarmemb(found, environ)
        case "zephyr":
            return _zephyr(found, environ)
    return Toolchain(variant, {"ZEPHYR_TOOLCHAIN_VARIANT": variant})


def missing_tools(board: str, environ: Mapping[str, str] = os.environ) -> list[Missing]:
    """Every program that a build for a board needs and that is not installed, the compiler among them.

    The Python modules that it needs depend on the Zephyr; `find_interpreter` looks for those.

    Raises:
        UnknownBoard: The board is none of those known here.
    """
    packages = {**_PACKAGES, "make": "make"} if find_board(board).architecture == "posix" else _PACKAGES
    missing = [
        Missing(program, f"{_APT} {package}")
        for program, package in packages.items()
        if shutil.which(program, path=environ.get("PATH")) is None
    ]
    try:
        find_toolchain(board, environ)
    except ToolchainMissing as error:
        missing.append(Missing(error.message, error.cure))
    return missing


def require_tools(board: str, environ: Mapping[str, str] = os.environ) -> None:
    """Raise what `missing_tools` finds.

    Raises:
        ToolchainMissing: Something is missing; the error names all of it.
        UnknownBoard: The board is none of those known here.
    """
    if missing := missing_tools(board, environ):
        raise ToolchainMissing(
            f"to build for {board}, this is missing: {'; '.join(it.name for it in missing)}",
            cure=" && ".join(it.cure for it in missing),
        )


def _host(board: Board, environ: Mapping[str, str]) -> Toolchain:
    if board.architecture == "arm":
        raise ToolchainMissing(
            f"ZEPHYR_TOOLCHAIN_VARIANT=host cannot build for {board.name}, an Arm board",
            cure="unset ZEPHYR_TOOLCHAIN_VARIANT",
        )
    gcc = shutil.which("gcc", path=environ.get("PATH"))
    if gcc is None:
        raise ToolchainMissing(f"no gcc on PATH to build {board.name} with", cure=f"{_APT} gcc libc6-dev")
    if board.bits == 32 and not _links_32(gcc, environ):  # noqa: PLR2004 - the width of a pointer
        alternative = ", or choose native_sim/native/64" if board.architecture == "posix" else ""
        raise ToolchainMissing(
            f"{gcc} cannot make 32-bit programs (-m32), which {board.name} needs",
            cure=f"{_APT} gcc-multilib{alternative}",
        )
    options = _OPTIONS_X86 if board.architecture == "x86" else ()
    return Toolchain("host", {"ZEPHYR_TOOLCHAIN_VARIANT": "host"}, options)


def _links_32(gcc: str, environ: Mapping[str, str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [gcc, "-m32", "-x", "c", "-", "-o", f"{folder}/program"],
            input=_PROGRAM_32,
            text=True,
            capture_output=True,
            env=dict(environ),
            check=False,
        )
    return finished.returncode == 0


def _gnuarmemb(board: Board, environ: Mapping[str, str]) -> Toolchain:
    if board.architecture != "arm":
        raise ToolchainMissing(
            f"ZEPHYR_TOOLCHAIN_VARIANT=gnuarmemb cannot build for {board.name}, which is no Arm board",
            cure="unset ZEPHYR_TOOLCHAIN_VARIANT",
        )
    configured = environ.get("GNUARMEMB_TOOLCHAIN_PATH")
    on_path = shutil.which("arm-none-eabi-gcc", path=environ.get("PATH"))
    if configured is not None:
        if not (Path(configured) / "bin" / "arm-none-eabi-gcc").is_file():
            raise ToolchainMissing(
                f"GNUARMEMB_TOOLCHAIN_PATH={configured} has no bin/arm-none-eabi-gcc",
                cure="correct GNUARMEMB_TOOLCHAIN_PATH",
            )
        home = configured
    elif on_path is not None:
        home = str(Path(on_path).resolve().parent.parent)
    else:
        raise ToolchainMissing(
            f"no Arm compiler for {board.name}: no Zephyr SDK, no arm-none-eabi-gcc on PATH",
            cure=f"{_APT} gcc-arm-none-eabi",
        )
    return Toolchain("gnuarmemb", {"ZEPHYR_TOOLCHAIN_VARIANT": "gnuarmemb", "GNUARMEMB_TOOLCHAIN_PATH": home})


def _zephyr(board: Board, environ: Mapping[str, str]) -> Toolchain:
    sdk = _sdk(board, environ)
    if sdk is None:
        raise ToolchainMissing(
            f"ZEPHYR_TOOLCHAIN_VARIANT=zephyr, but no Zephyr SDK with {_SDK_COMPILER[board.architecture]} was found",
            cure=_GET_SDK,
        )
    return Toolchain("zephyr", {"ZEPHYR_TOOLCHAIN_VARIANT": "zephyr", "ZEPHYR_SDK_INSTALL_DIR": str(sdk)})


def _sdk(board: Board, environ: Mapping[str, str]) -> Path | None:
    """The newest Zephyr SDK that has a compiler for the board."""
    if configured := environ.get("ZEPHYR_SDK_INSTALL_DIR"):
        candidates = [Path(configured)]
    else:
        places = [Path(place.replace("~", environ.get("HOME", "~"))) for place in _SDK_PLACES]
        candidates = [sdk for place in places for sdk in place.glob("zephyr-sdk-*")]
    usable = [sdk for sdk in candidates if _has_compiler(sdk, _SDK_COMPILER[board.architecture])]
    return max(usable, key=_numbers, default=None)


def _has_compiler(sdk: Path, target: str) -> bool:
    # SDK 1.0 moved its GNU compilers into a folder of their own.
    return any((folder / target / "bin" / f"{target}-gcc").is_file() for folder in (sdk, sdk / "gnu"))


def _numbers(sdk: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", sdk.name)]
