"""The bytes that a chip must hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intelhex import IntelHex, IntelHexError

from firmware_build.errors import ImageRefused

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_build.flash.chips import Chip


@dataclass(frozen=True, slots=True)
class Image:
    """What an Intel HEX file says of a chip's memory; nothing is said of the bytes between its segments.

    Attributes:
        segments: Address and bytes of each, by address.
    """

    segments: tuple[tuple[int, bytes], ...]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(len(data) for _, data in self.segments)

    @property
    def sha256(self) -> str:
        """Of the bytes of all segments, in the order of their addresses."""
        digest = hashlib.sha256()
        for _, data in self.segments:
            digest.update(data)
        return digest.hexdigest()


def read_image(path: Path | None, chip: Chip) -> Image:
    """Read an image and see that it belongs into the chip's flash memory.

    It is read from the HEX file and not from the ELF file, because of the latter pyOCD writes the gaps between sections
    as 00, and reads back FF.

    Args:
        path: The Intel HEX file, or None where a firmware has none.
        chip: The chip that it is for.

    Raises:
        ImageRefused: There is no such file, it cannot be understood, is empty, or reaches beyond the flash memory.
    """
    if path is None:
        raise ImageRefused("there is no HEX file to be flashed", cure="build with CONFIG_BUILD_OUTPUT_HEX=y")
    try:
        content = IntelHex(str(path))
    except (OSError, IntelHexError, UnicodeDecodeError) as error:
        raise ImageRefused(f"{path} is no readable Intel HEX file: {error}", cure="build the image again") from error
    image = Image(
        tuple((start, bytes(content.tobinarray(start=start, end=end - 1))) for start, end in content.segments())
    )
    if not image.segments:
        raise ImageRefused(f"{path} holds no bytes", cure="build the image again")
    for start, data in image.segments:
        if start < chip.flash or start + len(data) > chip.flash_end:
            raise ImageRefused(
                f"{path} has bytes at 0x{start:08x}–0x{start + len(data) - 1:08x}; the flash memory of {chip.name} is "
                f"0x{chip.flash:08x}–0x{chip.flash_end - 1:08x}",
                cure="give the image that was built for this board",
            )
    return image
