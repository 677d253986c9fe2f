"""Firmware: an image with what is known about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware_build.boards import Board, find_board
from firmware_build.configuration import parse_config
from firmware_build.elf import Elf, Footprint, read_elf
from firmware_build.errors import ImageRefused
from firmware_build.sample import OCPP_PATH, SNTP_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

_RECORD = "firmware.json"


@dataclass(frozen=True, slots=True)
class Firmware:
    """An image, and the facts by which it is run and recognised.

    Attributes:
        board: Zephyr's name of the board it was made for.
        image: The file that is run or flashed.
        elf: The file with the symbols; the image itself where that is an ELF file.
        hex: Intel HEX for a flashing tool, or None.
        build: What its boot banner must show after "Booting Zephyr OS build"; None when unknown.
        zephyr_version: For example ``4.3.0``; None when unknown.
        zephyr_revision: Git's name of the tree it was made from; None when unknown.
        config: Its ``.config`` (names with ``CONFIG_``, strings without quotes); empty when unknown.
        footprint: The memory it takes.
        folder: Where it was built; the image's own folder for one from outside.
    """

    board: str
    image: Path
    elf: Path
    hex: Path | None
    build: str | None
    zephyr_version: str | None
    zephyr_revision: str | None
    config: Mapping[str, str]
    footprint: Footprint
    folder: Path

    @property
    def server_address(self) -> str:
        """The central system's address, or its name; empty where the sample was configured with none."""
        return self.config.get("CONFIG_NET_SAMPLE_OCPP_SERVER", "")

    @property
    def ocpp_port(self) -> int:
        """The central system's TCP port."""
        return int(self.config.get("CONFIG_NET_SAMPLE_OCPP_PORT", "8180"))

    @property
    def ocpp_path(self) -> str:
        """The path of the WebSocket request."""
        return self.config.get("CONFIG_NET_SAMPLE_OCPP_WS_PATH", OCPP_PATH)

    @property
    def sntp_address(self) -> str:
        """The time server's address, or its name; empty where the sample was configured with none."""
        return self.config.get("CONFIG_NET_SAMPLE_SNTP_SERVER", "")

    @property
    def sntp_port(self) -> int:
        """The time server's UDP port."""
        return int(self.config.get("CONFIG_NET_SAMPLE_SNTP_SERVER_PORT", str(SNTP_PORT)))

    def save(self) -> Path:
        """Write ``firmware.json`` into its folder, whole or not at all."""
        record = {
            "board": self.board,
            "image": str(self.image),
            "elf": str(self.elf),
            "hex": None if self.hex is None else str(self.hex),
            "build": self.build,
            "zephyr_version": self.zephyr_version,
            "zephyr_revision": self.zephyr_revision,
            "footprint": {"flash": self.footprint.flash, "ram": self.footprint.ram},
            "config": dict(self.config),
        }
        path = record_of(self.folder)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(record, indent=1) + "\n")
        return draft.replace(path)


def record_of(folder: Path) -> Path:
    """Where a build folder keeps what `Firmware.save` writes."""
    return folder / _RECORD


def load_firmware(folder: Path) -> Firmware:
    """Read back what `Firmware.save` wrote.

    Raises:
        ImageRefused: There is no such record, or it is damaged.
    """
    path = record_of(folder)
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        return Firmware(
            board=record["board"],
            image=Path(record["image"]),
            elf=Path(record["elf"]),
            hex=None if record["hex"] is None else Path(record["hex"]),
            build=record["build"],
            zephyr_version=record["zephyr_version"],
            zephyr_revision=record["zephyr_revision"],
            config=record["config"],
            footprint=Footprint(**record["footprint"]),
            folder=folder,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImageRefused(
            f"{path} is no readable record of a build: {error!r}",
            cure="build again",
        ) from error


def firmware_from_file(path: Path, expect_build: str | None = None, board: str | None = None) -> Firmware:
    """Take an image that somebody else built.

    The configuration is read where the image still lies in its build folder (``zephyr/.config`` beside it); without
    it, ports and path are the defaults of the sample.

    Args:
        path: The ELF file or native_sim program; for a HEX file, its ELF file lies beside it.
        expect_build: What the banner must show; without it, what the image itself holds.
        board: Zephyr's name of the board; needed for an image outside its build folder whose ELF header fits several.

    Raises:
        ImageRefused: No such file, no ELF file, made for another architecture or build, or its board is not clear.
        UnknownBoard: The board is none of those known here.
    """
    path = path.expanduser().resolve()
    elf_path = path.with_suffix(".elf") if path.suffix == ".hex" else path
    if not path.is_file():
        raise ImageRefused(f"there is no image {path}", cure="build it, or correct the path")
    elf = read_elf(elf_path)
    beside = path.with_name(".config")
    config = parse_config(beside.read_text()) if path.parent.name == "zephyr" and beside.is_file() else {}
    found = find_board(board or config.get("CONFIG_BOARD_TARGET") or _board_by_header(path, elf))
    _check_architecture(path, elf, found)
    if expect_build is not None and elf.build not in (None, expect_build):
        raise ImageRefused(
            f"{path} is build {elf.build}, not {expect_build}",
            cure="give the image of that build, or its own build string",
        )
    hex_path = path.with_suffix(".hex")
    return Firmware(
        board=found.name,
        image=hex_path if found.image.endswith(".hex") and hex_path.is_file() else path,
        elf=elf_path,
        hex=hex_path if hex_path.is_file() else None,
        build=expect_build or elf.build,
        zephyr_version=None,
        zephyr_revision=None,
        config=config,
        footprint=elf.footprint,
        folder=path.parent,
    )


def _board_by_header(path: Path, elf: Elf) -> str:
    match elf.machine, elf.hosted:
        case "EM_386", True:
            return "native_sim"
        case "EM_X86_64", True:
            return "native_sim/native/64"
        case "EM_386", False:
            return "qemu_x86"
    raise ImageRefused(
        f"{path} is for {elf.machine}; its header does not tell for which board",
        cure="name the board, or leave the image in its build folder",
    )


def _check_architecture(path: Path, elf: Elf, board: Board) -> None:
    expected = {
        ("posix", 32): ("EM_386", True),
        ("posix", 64): ("EM_X86_64", True),
        ("x86", 32): ("EM_386", False),
        ("arm", 32): ("EM_ARM", False),
    }[board.architecture, board.bits]
    if (elf.machine, elf.hosted) != expected:
        kind = "a program of the host" if elf.hosted else "a bare-metal image"
        raise ImageRefused(
            f"{path} is {kind} for {elf.machine} and cannot run on {board.name}",
            cure="name the board it was built for, or give the image that was built for this one",
        )
