"""In the worker: have an image on the chip, and prove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyocd.core.target import Target
from pyocd.flash.loader import MemoryLoader

from firmware_build.flash.errors import BadCell, FlashError
from firmware_build.flash.link import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyocd.core.session import Session

    from firmware_build.flash.chips import Chip
    from firmware_build.flash.image import Image

    Say = Callable[[str, float], None]
    """Gets phase and fraction."""

_PIECE = 16 * 1024  # bytes read at once: some ten steps of progress for an image of the sample


@dataclass(frozen=True, slots=True)
class Difference:
    """The first byte that differs, and how many do."""

    address: int
    wanted: int
    found: int
    count: int


def holds(session: Session, image: Image, say: Say) -> bool:
    """Whether the chip holds every byte of the image; the first piece that differs ends the reading."""
    return all(found == wanted for _, wanted, found in _read_back(session, image, "compare", say))


def program(session: Session, image: Image, say: Say) -> None:
    """Erase the sectors that the image needs, write it, and reset the chip, which stays before its first instruction.

    Raises:
        FlashError: The target has no flash memory there.
        Exception: Whatever pyOCD raises.
    """
    phase = "erase"

    def programming(_: object) -> None:
        nonlocal phase
        phase = "program"

    session.subscribe(programming, Target.Event.PRE_FLASH_PROGRAM)
    loader = MemoryLoader(
        session,
        progress=lambda fraction: say(phase, fraction),
        chip_erase="sector",  # settings that firmware keeps in other sectors stay
        smart_flash=False,  # it spares pages that seem equal by their first bytes and would be erased anyhow
        keep_unwritten=False,  # what an older, larger image left behind this one is erased, not written again
    )
    try:
        for address, data in image.segments:
            loader.add_data(address, data)
    except ValueError as error:  # pyOCD: no memory region defined for address …
        raise FlashError(
            f"the target has no flash memory where the image lies: {error}", cure="choose another --target"
        ) from error
    loader.commit()
    target_of(session).reset_and_halt()  # else the core would go on where pyOCD's flash algorithm in RAM has ended


def verify(session: Session, image: Image, chip: Chip, say: Say) -> None:
    """Read every byte of the image back. pyOCD itself does not verify.

    The reads go past all caches: the core has not run since its reset, so its data cache is off, and the flash
    accelerator (ART) serves another address range (RM0410, "Embedded Flash memory").

    Raises:
        BadCell: Some byte is not what it should be.
    """
    difference = compare(_read_back(session, image, "verify", say))
    if difference is None:
        return
    at, sector = difference.address, chip.sector_of(difference.address)
    raise BadCell(
        f"the byte at 0x{at:08x} (sector {sector}) should be 0x{difference.wanted:02x} and reads "
        f"0x{difference.found:02x}; {difference.count:,} of {image.size:,} bytes differ",
        cure="flash again with --force; if it stays, the sector is worn out: exchange the board",
        address=at,
        wanted=difference.wanted,
        found=difference.found,
    )


def compare(pieces: Iterator[tuple[int, bytes, bytes]]) -> Difference | None:
    """Compare what is wanted with what is found, piece by piece (address, wanted, found)."""
    first: Difference | None = None
    count = 0
    for address, wanted, found in pieces:
        if wanted == found:
            continue
        wrong = [offset for offset, (one, other) in enumerate(zip(wanted, found, strict=True)) if one != other]
        count += len(wrong)
        if first is None:
            first = Difference(address + wrong[0], wanted[wrong[0]], found[wrong[0]], 0)
    return first and Difference(first.address, first.wanted, first.found, count)


def _read_back(session: Session, image: Image, phase: str, say: Say) -> Iterator[tuple[int, bytes, bytes]]:
    target = target_of(session)
    done = 0
    say(phase, 0.0)
    for start, data in image.segments:
        for offset in range(0, len(data), _PIECE):
            wanted = data[offset : offset + _PIECE]
            yield start + offset, wanted, bytes(target.read_memory_block8(start + offset, len(wanted)))
            done += len(wanted)
            say(phase, done / image.size)
