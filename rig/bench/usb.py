"""What is plugged into USB, as Linux's sysfs tells it (Documentation/ABI/stable/sysfs-bus-usb)."""

from binascii import hexlify
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rig.bench.host import Host

ST = 0x0483
ST_LINKS = {
    0x3748: "ST-LINK/V2",
    0x374A: "ST-LINK/V2-1",
    0x374B: "ST-LINK/V2-1",
    0x374D: "STLINK-V3 in its loader of firmware",
    0x374E: "STLINK-V3",
    0x374F: "STLINK-V3",
    0x3752: "ST-LINK/V2-1",
    0x3753: "STLINK-V3",
    0x3754: "STLINK-V3",
    0x3757: "STLINK-V3PWR",
}
"""ST-LINKs by their USB product id (the udev rules of OpenOCD and pyOCD, ST's UM2448)."""
BINARY_SERIAL = 12
"""An ST-LINK/V2 of before 2015 has 12 arbitrary bytes, one in each character, for its serial number."""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """One device on USB."""

    location: str
    """Bus and ports (`1-1.4`), as uhubctl shows them too."""
    vendor_id: int
    product_id: int
    serial: str
    """Serial number, as pyOCD writes it; empty: it has none."""
    product: str
    node: str
    """Its file below /dev/bus/usb, which libusb opens."""
    consoles: tuple[str, ...]
    """Its serial ports: paths in /dev/serial/by-id where there are such, else in /dev."""

    @property
    def is_st_link(self) -> bool:
        """Whether it is a debug probe of ST."""
        return self.vendor_id == ST and self.product_id in ST_LINKS


def usb_devices(host: Host) -> list[UsbDevice]:
    """All devices that are plugged in, hubs too; by location."""
    folder = host.path("/sys/bus/usb/devices")
    names = _names(host)
    return [
        _device(host, path, names)
        for path in sorted(folder.glob("*"))
        if ":" not in path.name and (path / "idVendor").exists()  # with a colon: an interface of a device
    ]


def _device(host: Host, path: Path, names: dict[str, str]) -> UsbDevice:
    def told(name: str) -> str:
        return next(iter(host.lines(path / name)), "")

    vendor, product_id = int(told("idVendor"), 16), int(told("idProduct"), 16)
    return UsbDevice(
        location=path.name,
        vendor_id=vendor,
        product_id=product_id,
        serial=_serial(told("serial")) if vendor == ST else told("serial"),
        product=told("product") or "unknown",
        node=f"/dev/bus/usb/{int(told('busnum') or 0):03}/{int(told('devnum') or 0):03}",
        consoles=tuple(names.get(port, f"/dev/{port}") for port in _ports(path)),
    )


def _ports(path: Path) -> Iterator[str]:
    """Names of its serial ports: tty/ttyACM0 of an interface (cdc_acm), ttyUSB0/tty/ttyUSB0 (usb-serial)."""
    for pattern in ("*:*/tty/*", "*:*/tty*/tty/*"):
        for port in sorted(path.glob(pattern)):
            yield port.name


def _serial(text: str) -> str:
    """As pyOCD does it (pyocd/probe/stlink/usb.py): bytes that may not be printable become hexadecimal digits."""
    if len(text) != BINARY_SERIAL:
        return text
    return hexlify(text.encode("utf-16-le")[::2]).decode("ascii").upper()


def _names(host: Host) -> dict[str, str]:
    """Port → its path in /dev/serial/by-id, which stays the same when the board is plugged in elsewhere."""
    return {
        link.readlink().name: f"/dev/serial/by-id/{link.name}"
        for link in sorted(host.path("/dev/serial/by-id").glob("*"))
        if link.is_symlink()
    }
