"""Wait for a serial port that went with its supply to come back."""

import asyncio
import contextlib
import ctypes
import os
from pathlib import Path

from serial.tools.list_ports import comports

from rig.errors import BenchError

IN_ATTRIB, IN_MOVED_TO, IN_CREATE = 0x4, 0x80, 0x100
"""inotify(7). IN_ATTRIB: udev sets a port's owner after the kernel has made it."""

_libc = ctypes.CDLL(None, use_errno=True)


def port_is_there(where: str) -> bool:
    """Whether a port can be opened: a path, or the serial number of a USB adapter. Of a URL nothing is known: yes."""
    if "://" in where:
        return True
    adapters = [port.device for port in comports() if (port.serial_number or "").lower() == where.lower()]
    paths = [where] if "/" in where else adapters
    return any(os.access(path, os.R_OK | os.W_OK) for path in paths)


async def port_appears(where: str, *, within_s: float) -> None:
    """Return when the port is there; `within_s` in wall seconds.

    Raises:
        BenchError: it has not come back.
    """
    try:
        with contextlib.closing(_Folders()) as folders:
            async with asyncio.timeout(within_s):
                while not port_is_there(where):
                    folder = _nearest_folder(where)
                    folders.watch(folder)
                    # Again: what came before the watch began makes no event.
                    if not port_is_there(where) and _nearest_folder(where) == folder:
                        await folders.changed()
    except TimeoutError:
        raise BenchError(
            f"the console {where} has not come back within {within_s:g} s of switching the supply on",
            "check that the supply that is switched is the board's; `dmesg | tail` says whether it came up",
        ) from None


def _nearest_folder(where: str) -> Path:
    """The nearest folder on the way to the port that is there: udev removes /dev/serial with its last port."""
    path = Path(where if "/" in where else "/dev/serial")
    return next(folder for folder in path.parents if folder.is_dir())


class _Folders:
    """Tells when something in a folder changes (inotify)."""

    def __init__(self) -> None:
        self._descriptor = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._event = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def watch(self, folder: Path) -> None:
        _libc.inotify_add_watch(self._descriptor, os.fsencode(folder), IN_ATTRIB | IN_MOVED_TO | IN_CREATE)

    def _read(self) -> None:
        os.read(self._descriptor, 65536)
        self._event.set()

    async def changed(self) -> None:
        await self._event.wait()
        self._event.clear()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
