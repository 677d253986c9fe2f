"""A serial port of this machine: which one is meant, opened so that nobody shares it, or an error that says why not."""

import contextlib
import errno
import fcntl
import getpass
import grp
import termios
from pathlib import Path

import serial
from serial.tools.list_ports import comports

from rig.bench.port_users import PortUser, users_of
from rig.errors import BenchError

IN_USE = {errno.EBUSY, errno.EAGAIN}
"""TIOCEXCL (ioctl_tty(2)) and flock(2) of another program."""
NOT_ALLOWED = {errno.EACCES, errno.EPERM}
NOT_THERE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR}


def find_port(where: str) -> str:
    """The device file meant by a path, or by the serial number of a USB adapter.

    Raises:
        BenchError: no adapter has that number, or its number stands for several ports; the cure lists the ports.
    """
    if "/" in where:
        return where
    ports = [port.device for port in comports() if (port.serial_number or "").lower() == where.lower()]
    if not ports:
        raise BenchError(f"no serial port belongs to a USB adapter with the serial number {where}", _choice())
    if len(ports) > 1:
        raise BenchError(
            f"the USB adapter {where} has {len(ports)} serial ports",
            f"name the one meant by its path in /dev/serial/by-id. {_choice()}",
        )
    return str(ports[0])


class _OwnPort(serial.Serial):
    """A port that keeps others out while it is open."""

    def close(self) -> None:
        if self.is_open:
            with contextlib.suppress(OSError):  # unplugged
                # Or it would stay as it is for as long as somebody, the board's own end say, has it open.
                fcntl.ioctl(self.fileno(), termios.TIOCNXCL)
        super().close()


def open_port(path: str, baud: int) -> serial.Serial:
    """Open a port for this process alone: 8 data bits, no parity, 1 stop bit, no flow control, nothing interpreted.

    Reading its descriptor never blocks: without input it fails with EAGAIN, and end of file means that the port is
    gone. DTR and RTS stay as the kernel raises them on opening, and are not dropped on closing: on boards that wire
    them to their reset each edge is a reset.

    Raises:
        BenchError: the port is not there, in use, not allowed, or no serial port.
    """
    if users := users_of(path):
        raise _in_use(path, users)
    try:
        # inter_byte_timeout=0 is VMIN=1 (termios(3)): with VMIN=0 "nothing yet" would read like "gone".
        port = _OwnPort(path, baud, timeout=0, inter_byte_timeout=0, exclusive=True)
    except (OSError, ValueError, termios.error) as error:
        raise _refused(path, baud, error) from error
    try:
        _keep(port.fileno())
    except (OSError, termios.error) as error:
        port.close()
        raise _refused(path, baud, error) from error
    return port


def _keep(descriptor: int) -> None:
    """Keep others out, the modem lines up, and the input whole: BRKINT would flush it on each break of a reset."""
    fcntl.ioctl(descriptor, termios.TIOCEXCL)
    iflag, oflag, cflag, *rest = termios.tcgetattr(descriptor)
    kept = [iflag & ~termios.BRKINT, oflag, cflag & ~termios.HUPCL, *rest]
    termios.tcsetattr(descriptor, termios.TCSANOW, kept)


def _refused(path: str, baud: int, error: Exception) -> BenchError:
    number = getattr(error, "errno", None)
    if number in IN_USE:
        return _in_use(path, users_of(path))
    if number in NOT_ALLOWED:
        return _not_allowed(path)
    if number in NOT_THERE:
        return BenchError(f"there is no serial port {path}", _choice())
    return BenchError(f"{path} cannot be opened as a serial port at {baud} baud: {error}", _choice())


def _in_use(path: str, users: list[PortUser]) -> BenchError:
    if not users:
        return BenchError(
            f"{path} is in use by a program that this user may not look into",
            f"`sudo fuser -v {path}` names it; end it",
        )
    cure = "end it, or wait for it"
    if any("ModemManager" in user.command for user in users):
        cure = (
            "ModemManager tries every new port for half a minute: wait, or keep it away from this adapter by a udev "
            'rule with ENV{ID_MM_DEVICE_IGNORE}="1"'
        )
    return BenchError(f"{path} is in use by {' and '.join(map(str, users))}", cure)


def _not_allowed(path: str) -> BenchError:
    owner = Path(path).stat().st_gid
    try:
        group = grp.getgrgid(owner).gr_name
    except KeyError:
        group = str(owner)
    user = getpass.getuser()
    return BenchError(
        f"user {user} may not open {path}, which belongs to the group {group}",
        f"`sudo usermod -aG {group} {user}`, then log in again",
    )


def _choice() -> str:
    ports = sorted(comports())
    if not ports:
        return "this machine has no serial port: plug the board in; `lsusb` and `dmesg | tail` show whether it came up"
    return "the serial ports here: " + ", ".join(
        port.device + f" ({port.description}" + (f", {port.serial_number})" if port.serial_number else ")")
        for port in ports
    )
