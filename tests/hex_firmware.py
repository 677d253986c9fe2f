"""A firmware whose HEX file has known bytes."""

from __future__ import annotations

import random
from pathlib import Path

from intelhex import IntelHex

from firmware_build import Firmware, Footprint

START = 0x08000000


def content(size: int, seed: int = 1) -> bytes:
    """Bytes that no erased chip has by chance."""
    return random.Random(seed).randbytes(size)


def firmware_of(path: Path, *segments: tuple[int, bytes]) -> Firmware:
    """Write these segments as Intel HEX to `path`."""
    image = IntelHex()
    for address, data in segments:
        image.frombytes(data, offset=address)
    image.write_hex_file(str(path))
    return Firmware(
        board="stm32f769i_disco",
        image=path,
        elf=path.with_suffix(".elf"),
        hex=path,
        build="0123456789ab",
        zephyr_version=None,
        zephyr_revision=None,
        config={},
        footprint=Footprint(flash=0, ram=0),
        folder=path.parent,
    )
