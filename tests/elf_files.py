"""ELF files with no more in them than their headers."""

import struct
from collections.abc import Sequence

Segment = tuple[int, int, int, int, int]
"""As in the ELF specification: p_vaddr, p_paddr, p_filesz, p_memsz, p_flags."""

_MACHINES = {"EM_386": 3, "EM_ARM": 40, "EM_X86_64": 62}
_LOAD, _INTERPRETER = 1, 3


def elf_headers(machine: str, *, hosted: bool = False, segments: Sequence[Segment] = ()) -> bytes:
    """The headers of a little-endian ELF file of the machine's own width."""
    wide = machine == "EM_X86_64"
    word = "Q" if wide else "I"
    header_size, segment_size = (64, 56) if wide else (52, 32)
    table = b""
    for kind, (address, stored_at, size, occupied, flags) in [
        *([(_INTERPRETER, (0, 0, 0, 0, 0))] if hosted else []),
        *((_LOAD, segment) for segment in segments),
    ]:
        if wide:
            table += struct.pack("<II6Q", kind, flags, 0, address, stored_at, size, occupied, 1)
        else:
            table += struct.pack("<8I", kind, 0, address, stored_at, size, occupied, flags, 1)
    header = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    header += struct.pack(
        f"<HHI{3 * word}IHHHHHH",
        *(2, _MACHINES[machine], 1, 0, header_size, 0, 0, header_size),
        *(segment_size, len(table) // segment_size, 0, 0, 0),
    )
    return header + table
