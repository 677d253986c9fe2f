"""The virtual board's debug probe as a plug-in of pyOCD (entry point `pyocd.probe`).

Every pyOCD on this machine loads this file, so it imports next to nothing and is silent where no virtual board runs. To
import it yourself, import pyOCD before: pyOCD loads its plug-ins while it is itself imported.
Errors are those that pyOCD raises for an ST-LINK in the same situation (`pyocd.probe.stlink`).
"""

import errno
import struct
import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from pyocd.core import exceptions
from pyocd.core.memory_interface import MemoryInterface
from pyocd.core.plugin import Plugin
from pyocd.coresight.ap import APAddressBase, APv1Address
from pyocd.probe.debug_probe import DebugProbe

from rig.virtual_board import PRODUCT
from rig.virtual_board.wire import BoardGoneError, Connection, Operation, RefusedError, Status, boards

_T = TypeVar("_T")
_UNPLUGGED = "USB Error: [Errno 19] No such device (it may have been disconnected)"
"""What libusb says of a device that went away; pyOCD's ST-LINK driver raises it as ProbeError."""


class VirtualProbe(DebugProbe):
    """The ST-LINK of one virtual board."""

    @classmethod
    def get_all_connected_probes(
        cls, unique_id: str | None = None, is_explicit: bool = False
    ) -> Sequence["VirtualProbe"]:
        """The probes of all boards; see `DebugProbe`."""
        del unique_id, is_explicit
        return [cls(board) for board in boards()]

    @classmethod
    def get_probe_with_id(cls, unique_id: str, is_explicit: bool = False) -> "VirtualProbe | None":
        """The probe of the board with exactly this id; see `DebugProbe`."""
        del is_explicit
        return next((cls(board) for board in boards() if board == unique_id), None)

    def __init__(self, board: str) -> None:
        super().__init__()
        self._board = board
        self._connection: Connection | None = None
        self._connected = False
        self._reset_asserted = False
        self.target_voltage: float | None = None
        """Volts at the chip, measured when the probe is opened, as `STLink.target_voltage`."""

    @property
    def vendor_name(self) -> str:
        """See `DebugProbe`."""
        return "zephyr-ocpp-rig"

    @property
    def product_name(self) -> str:
        """See `DebugProbe`."""
        return PRODUCT

    @property
    def description(self) -> str:
        """See `DebugProbe`."""
        return self.product_name

    @property
    def unique_id(self) -> str:
        """The board's id."""
        return self._board

    @property
    def supported_wire_protocols(self) -> Collection[DebugProbe.Protocol]:
        """See `DebugProbe`."""
        return [DebugProbe.Protocol.DEFAULT, DebugProbe.Protocol.SWD]

    @property
    def wire_protocol(self) -> DebugProbe.Protocol | None:
        """See `DebugProbe`."""
        return DebugProbe.Protocol.SWD if self._connected else None

    @property
    def is_open(self) -> bool:
        """See `DebugProbe`."""
        return self._connection is not None

    @property
    def capabilities(self) -> set[DebugProbe.Capability]:
        """Those of an ST-LINK, but for SWO."""
        return {
            DebugProbe.Capability.MANAGED_AP_SELECTION,
            DebugProbe.Capability.MANAGED_DPBANKSEL,
            DebugProbe.Capability.BANKED_DP_REGISTERS,
        }

    def open(self) -> None:
        """Become the board's one debugger.

        Raises:
            USBError: another debugger has it; errno is EBUSY.
            ProbeError: the board is gone.
        """
        try:
            self._connection = Connection(self._board)
            (self.target_voltage,) = struct.unpack("<f", self._ask(Operation.OPEN))
        except BoardGoneError as error:
            raise exceptions.ProbeError(_UNPLUGGED) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others have the board."""
        if self._connection:
            self._connection.close()
        self._connection = None
        self._connected = False

    def connect(self, protocol: DebugProbe.Protocol | None = None) -> None:
        """See `DebugProbe`."""
        del protocol
        self._ask(Operation.CONNECT)
        self._connected = True

    def disconnect(self) -> None:
        """See `DebugProbe`."""
        self._connected = False

    def set_clock(self, frequency: float) -> None:
        """Any frequency will do."""

    def reset(self) -> None:
        """A pulse on the reset line, as long as pyOCD's options ask for."""
        assert self.session  # noqa: S101 - as pyOCD's own probes; tells the type
        self.assert_reset(True)
        time.sleep(self.session.options.get("reset.hold_time"))
        self.assert_reset(False)
        time.sleep(self.session.options.get("reset.post_delay"))

    def assert_reset(self, asserted: bool) -> None:
        """See `DebugProbe`."""
        self._ask(Operation.NRST, struct.pack("<?", asserted))
        self._reset_asserted = bool(asserted)

    def is_reset_asserted(self) -> bool:
        """See `DebugProbe`."""
        return self._reset_asserted

    def read_dp(  # type: ignore[override]  # pyOCD's overloads say no more
        self, addr: int, now: bool = True
    ) -> int | Callable[[], int]:
        """See `DebugProbe`."""
        return _deferred(_words(self._ask(Operation.READ_DP, struct.pack("<B", addr)))[0], now)

    def write_dp(self, addr: int, data: int) -> None:
        """See `DebugProbe`."""
        self._ask(Operation.WRITE_DP, struct.pack("<BI", addr, data))

    def read_ap(  # type: ignore[override]
        self, addr: int, now: bool = True
    ) -> int | Callable[[], int]:
        """See `DebugProbe`."""
        return _deferred(self._read_ap(addr, 1)[0], now)

    def write_ap(self, addr: int, data: int) -> None:
        """See `DebugProbe`."""
        self.write_ap_multiple(addr, [data])

    def read_ap_multiple(  # type: ignore[override]
        self, addr: int, count: int = 1, now: bool = True
    ) -> Sequence[int] | Callable[[], Sequence[int]]:
        """See `DebugProbe`."""
        return _deferred(self._read_ap(addr, count), now)

    def write_ap_multiple(self, addr: int, values: Sequence[int]) -> None:
        """See `DebugProbe`."""
        self._ask(Operation.WRITE_AP, struct.pack(f"<I{len(values)}I", addr, *values))

    def get_memory_interface_for_ap(self, ap_address: APAddressBase) -> "VirtualMemory | None":
        """Block transfers by the probe's own firmware, as an ST-LINK has them."""
        return VirtualMemory(self._ask) if isinstance(ap_address, APv1Address) and ap_address.apsel == 0 else None

    def _read_ap(self, address: int, count: int) -> Sequence[int]:
        return _words(self._ask(Operation.READ_AP, struct.pack("<II", address, count)))

    def _ask(self, operation: Operation, *arguments: bytes) -> bytes:
        if self._connection is None:
            raise exceptions.ProbeError(f"the probe {self._board} is not open")
        try:
            return self._connection.ask(operation, *arguments)
        except BoardGoneError as error:
            raise exceptions.ProbeError(_UNPLUGGED) from error
        except RefusedError as refused:
            raise _as_stlink(refused) from refused


class VirtualMemory(MemoryInterface):
    """Memory behind access port 0."""

    def __init__(self, ask: Callable[..., bytes]) -> None:
        self._ask = ask

    def write_memory(self, addr: int, data: int, transfer_size: int = 32, **_: object) -> None:
        """See `MemoryInterface`."""
        width = transfer_size // 8
        self._write(width, addr, data.to_bytes(width, "little"))

    def read_memory(  # type: ignore[override]
        self, addr: int, transfer_size: int = 32, now: bool = True, **_: object
    ) -> int | Callable[[], int]:
        """See `MemoryInterface`."""
        width = transfer_size // 8
        return _deferred(int.from_bytes(self._read(addr, width), "little"), now)

    def write_memory_block32(self, addr: int, data: Sequence[int], **_: object) -> None:
        """See `MemoryInterface`."""
        self._write(4, addr, struct.pack(f"<{len(data)}I", *data))

    def read_memory_block32(self, addr: int, size: int, **_: object) -> Sequence[int]:
        """See `MemoryInterface`."""
        return _words(self._read(addr, size * 4))

    def write_memory_block8(self, addr: int, data: Sequence[int], **_: object) -> None:
        """Single bytes up to the first whole word and after the last, as an ST-LINK does it."""
        head = min(-addr % 4, len(data))
        body = head + (len(data) - head) // 4 * 4
        for width, start, end in ((1, 0, head), (4, head, body), (1, body, len(data))):
            if start < end:
                self._write(width, addr + start, bytes(data[start:end]))

    def read_memory_block8(self, addr: int, size: int, **_: object) -> Sequence[int]:
        """See `MemoryInterface`."""
        return list(self._read(addr, size))

    def _read(self, address: int, length: int) -> bytes:
        return self._ask(Operation.READ_MEMORY, struct.pack("<II", address & 0xFFFFFFFF, length))

    def _write(self, width: int, address: int, data: bytes) -> None:
        self._ask(Operation.WRITE_MEMORY, struct.pack("<BI", width, address & 0xFFFFFFFF), data)


class VirtualProbePlugin(Plugin):
    """What pyOCD loads."""

    def load(self) -> type[VirtualProbe]:
        """See `Plugin`."""
        return VirtualProbe

    @property
    def name(self) -> str:
        """The probe type, for `virtual-board:ID`."""
        return "virtual-board"

    @property
    def description(self) -> str:
        """See `Plugin`."""
        return "Virtual STM32F769I-DISCO of zephyr-ocpp-rig"


def _as_stlink(refused: RefusedError) -> Exception:
    """What pyOCD's ST-LINK driver raises in this situation (`STLink._ERROR_CLASSES`, `Status.MESSAGES`)."""
    error: Exception
    match refused.status:
        case Status.BUSY:
            from usb.core import USBError  # noqa: PLC0415  (only needed here, and pyOCD has it)

            # libusb's LIBUSB_ERROR_BUSY; pyOCD does not wrap what claiming the interface raises.
            error = USBError("Resource busy", -6, errno.EBUSY)
        case Status.ABSENT:
            error = exceptions.ProbeError(_UNPLUGGED)
        case Status.NO_TARGET:
            error = exceptions.ProbeError("STLink error (9): Get IDCODE error")
        case Status.NO_ACK:
            error = exceptions.TransferError("STLink error (22): DP error")
        case Status.WAIT:
            error = exceptions.TransferTimeoutError("STLink error (20): DP wait")
        case Status.FAULT:
            error = exceptions.TransferFaultError(str(refused), fault_address=refused.address)
        case _:
            error = exceptions.ProbeError(str(refused))
    return error


def _words(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def _deferred(value: _T, now: bool) -> "_T | Callable[[], _T]":
    """PyOCD's way of asynchronous reads: a value, or a function that gives it."""
    return value if now else lambda: value
