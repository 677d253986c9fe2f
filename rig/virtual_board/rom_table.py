"""What CoreSight components are on the chip, as a debugger finds out (Arm Debug Interface v5.2, ROM tables)."""

from dataclasses import dataclass

ROM_TABLE = 0xE00F_D000
"""The top of it, which bears the name of the chip: AHB-AP BASE."""

_PAGE, _IDENTIFICATION, _MEMTYPE = 0xFFF, 0xFD0, 0xFCC
_ARM, _ST = (4, 0x3B), (0, 0x20)
_TABLE, _GENERIC = 1, 14
_PRESENT, _SYSTEM_MEMORY = 0b11, 1


@dataclass(frozen=True, slots=True)
class _Component:
    designer: tuple[int, int]
    part: int
    kind: int
    entries: tuple[int, ...] = ()


_COMPONENTS = {
    0xE00F_E000: _Component(_ARM, 0x4C8, _TABLE, (0xE00F_F000,)),  # Cortex-M7 processor ROM
    0xE00F_F000: _Component(_ARM, 0x4C7, _TABLE, (0xE000_E000, 0xE000_1000, 0xE000_2000)),  # PPB ROM
    0xE000_E000: _Component(_ARM, 0x00C, _GENERIC),  # system control space
    0xE000_1000: _Component(_ARM, 0x002, _GENERIC),  # DWT
    0xE000_2000: _Component(_ARM, 0x00E, _GENERIC),  # FPB
}


def rom_word(address: int, device_id: int) -> int | None:
    """The word at an address that identifies a component, or belongs to a ROM table; None for any other."""
    base, offset = address & ~_PAGE, address & _PAGE
    chip = _Component(_ST, device_id, _TABLE, (0xE00F_E000,))
    component = chip if base == ROM_TABLE else _COMPONENTS.get(base)
    if component is None:
        return None
    if offset >= _IDENTIFICATION:
        return _identification(component, offset)
    if component.kind != _TABLE:
        return None
    if offset // 4 < len(component.entries):
        return (component.entries[offset // 4] - base) & 0xFFFF_F000 | _PRESENT
    return _SYSTEM_MEMORY if offset == _MEMTYPE else 0


def _identification(component: _Component, offset: int) -> int:
    bank, manufacturer = component.designer
    return {
        0xFD0: bank,
        0xFE0: component.part & 0xFF,
        0xFE4: (manufacturer & 0xF) << 4 | component.part >> 8,
        0xFE8: 0b1000 | manufacturer >> 4,
        0xFF0: 0x0D,
        0xFF4: component.kind << 4,
        0xFF8: 0x05,
        0xFFC: 0xB1,
    }.get(offset, 0)
