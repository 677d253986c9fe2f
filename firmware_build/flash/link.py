"""In the worker: the probe, and through it the chip, by pyOCD."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from pyocd.core import exceptions
from pyocd.core.helpers import ConnectHelper
from pyocd.core.session import Session
from pyocd.target import TARGET, normalise_target_type_name
from pyocd.target.pack.pack_target import ManagedPacks
from pyocd.utility.sockets import ClientSocket

from firmware_build.flash.chips import NAMES, Chip
from firmware_build.flash.errors import ChipLocked, FlashError, NoProbe, WrongChip
from firmware_build.flash.facts import Probe
from firmware_build.flash.translate import UDEV, Situation, no_power, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pyocd.core.soc_target import SoCTarget
    from pyocd.probe.debug_probe import DebugProbe
    from pyocd.utility.sequencer import CallSequence

    from firmware_build.flash.image import Image

# Nothing of where we happen to stand: pyOCD would read pyocd.yaml, and run pyocd_user.py, in its project folder.
_OPTIONS = {"no_config": True, "project_dir": "/", "connect_mode": "under-reset", "hide_programming_progress": True}

_REMOTE = "remote:"


def choose_probe(wanted: str | None) -> DebugProbe:
    """The probe of this unique id, or the only one there is.

    Raises:
        NoProbe: There is none, or more than one fits.
    """
    try:
        # Without blocking=False pyOCD waits for ever for one to be plugged in.
        found = ConnectHelper.get_all_connected_probes(blocking=False, unique_id=wanted)
    except (exceptions.Error, ValueError) as error:  # "remote" misspelt, a port that is no number
        raise NoProbe(f"{wanted!r} names no probe: {error}", cure="`pyocd list` shows the unique ids") from error
    if wanted and not wanted.startswith(_REMOTE):
        # pyOCD takes any part of an id; but who asks for a part has not locked the probe by its name.
        found = [probe for probe in found if probe.unique_id == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        fitting = f"probes fit {wanted!r}" if wanted else "probes are plugged in"
        raise NoProbe(
            f"{len(found)} {fitting}: {_listed(found)}", cure="name one by its whole unique id (--probe, or bench file)"
        )
    others = ConnectHelper.get_all_connected_probes(blocking=False) if wanted else []
    raise NoProbe(
        f"there is no probe {wanted}; plugged in: {_listed(others)}" if wanted else "there is no debug probe",
        cure=f"plug it in, by a cable that carries data; where `lsusb` shows it and pyOCD does not, {UDEV}",
    )


def choose_target(chip: Chip) -> str:
    """The best of a chip's targets: the first that is built in, or whose CMSIS pack is installed."""
    installed = {normalise_target_type_name(device.part_number) for device in ManagedPacks.get_installed_targets()}
    return next(name for name in chip.targets if name in TARGET or name in installed)


@contextlib.contextmanager
def connected(probe: DebugProbe, target: str, chip: Chip | None, *, resume: bool) -> Iterator[Session]:
    """A session with the chip, which was reset and has not yet run one instruction.

    Args:
        probe: The probe.
        target: pyOCD's name of the chip.
        chip: What it must be; None to take any.
        resume: Whether it runs on when the session ends. Else it stays halted, and the probe keeps it so.

    Raises:
        NoPower: It has no supply voltage.
        WrongChip: It is another one.
        Exception: Whatever else pyOCD raises.
    """
    session = Session(probe, options={**_OPTIONS, "target_override": target, "resume_on_disconnect": resume})
    session.delegate = ConnectChecks(probe, chip)
    try:
        session.open()
        yield session
    except BaseException:
        # What went wrong may go wrong again here, and must not hide the first error.
        with contextlib.suppress(Exception):
            probe.assert_reset(False)  # a connect that failed half-way leaves the reset line pulled
        with contextlib.suppress(Exception):
            session.close()
        raise
    session.close()


def target_of(session: Session) -> SoCTarget:
    """The chip of an open session."""
    target = session.target
    if target is None:
        raise TypeError("a session without a board has no target")
    return target


class ConnectChecks:
    """What pyOCD calls while it connects (its user guide: "User scripts", `will_connect`, `will_init_target`)."""

    def __init__(self, probe: DebugProbe, chip: Chip | None) -> None:
        self._probe = probe
        self._chip = chip

    def will_connect(self, board: object) -> None:
        """Before the first transfer to the chip."""
        del board
        voltage = voltage_of(self._probe)
        if self._chip and voltage is not None and voltage < self._chip.lowest_supply:
            raise no_power(voltage, self._chip.lowest_supply, self._probe.unique_id)

    def will_init_target(self, target: SoCTarget, init_sequence: CallSequence) -> None:
        """Ask the chip what it is before pyOCD touches registers that only the chip of that name has."""
        if chip := self._chip:
            init_sequence.insert_before("post_connect_hook", ("check_chip", lambda: check_chip(target, chip)))


def check_chip(target: SoCTarget, chip: Chip) -> None:
    """See that it is this chip.

    Raises:
        WrongChip: It is not.
    """
    cure = "see that the probe is the one of this board (`pyocd list`, the bench file), and the image for this board"
    try:
        idcode = target.read32(chip.idcode)
    except exceptions.TransferFaultError as error:
        raise WrongChip(
            f"the chip has no DBGMCU_IDCODE at 0x{chip.idcode:08x}: it is no {chip.name}", cure=cure
        ) from error
    dev_id = idcode & 0xFFF
    if dev_id != chip.dev_id:
        raise WrongChip(
            f"the chip's DEV_ID is 0x{dev_id:03x} ({NAMES.get(dev_id, 'unknown here')}), "
            f"and {chip.name} has 0x{chip.dev_id:03x}",
            cure=cure,
        )


def check_open(target: SoCTarget, chip: Chip, image: Image) -> None:
    """See that the chip lets itself be read, and written where the image lies.

    Raises:
        ChipLocked: It is protected.
        FlashError: Its memory is split into two banks.
    """
    options = target.read32(chip.option_control)
    told = f"FLASH_OPTCR is 0x{options:08x}"
    protection = options >> 8 & 0xFF
    if protection != chip.unprotected:
        raise ChipLocked(
            f"the chip is read-protected: RDP is 0x{protection:02x}, not 0x{chip.unprotected:02x} ({told})",
            cure="reset its option bytes with STM32CubeProgrammer (RDP = AA): this erases the chip",
        )
    if not options >> 29 & 1:
        raise FlashError(
            f"the flash memory is split into two banks (nDBANK = 0, {told}), which pyOCD cannot write",
            cure="set nDBANK with STM32CubeProgrammer: this erases the chip",
        )
    protected = [sector for sector in chip.sectors_of(image) if not options >> 16 + sector & 1]
    if protected:
        raise ChipLocked(
            f"the image needs sectors {protected}, which are write-protected ({told})",
            cure="set their nWRP bits with STM32CubeProgrammer",
        )


def list_probes(leave: Collection[str]) -> list[Probe]:
    """Every probe that is plugged in. Each is opened for a moment, which touches no target; but those to be left."""
    found = ConnectHelper.get_all_connected_probes(blocking=False)
    return [_describe(probe, leave=probe.unique_id in leave) for probe in found]


def _describe(probe: DebugProbe, *, leave: bool) -> Probe:
    problem = None
    try:
        Session(probe, options={**_OPTIONS, "target_override": "cortex_m"})
        if not leave:
            probe.open()
            probe.close()
    except Exception as error:  # noqa: BLE001 - one probe that is broken in whatever way must not hide the others
        problem = translate(error, Situation("connect", probe.unique_id)).message
    return Probe(
        unique_id=probe.unique_id,
        description=probe.description,
        vendor=probe.vendor_name,
        product=probe.product_name,
        firmware=getattr(_inner(probe), "version_str", None),
        voltage=voltage_of(probe),
        problem=problem,
    )


def voltage_of(probe: DebugProbe) -> float | None:
    """What the probe measured at the target when it was opened, volts; only an ST-LINK tells pyOCD."""
    voltage = getattr(_inner(probe), "target_voltage", None)
    return voltage if isinstance(voltage, float) else None


def _inner(probe: DebugProbe) -> object:
    """What pyOCD keeps version and voltage of an ST-LINK in; it has no public way to them."""
    return getattr(probe, "_link", probe)


def _listed(probes: list[DebugProbe]) -> str:
    return ", ".join(f"{probe.unique_id} ({probe.description})" for probe in probes) or "none"


def heed_a_closed_connection() -> None:
    """Make pyOCD's client of a probe server see that the server has gone.

    Its `ClientSocket.readline` takes the end of the stream for an empty read and asks again, at full speed and for ever
    (pyOCD 0.46).
    """
    receive: Callable[..., bytes] = ClientSocket.read

    def read(self: ClientSocket, packet_size: int | None = None) -> bytes:
        data = receive(self, packet_size)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the pyOCD server closed the connection")
        return data

    ClientSocket.read = read  # type: ignore[method-assign]
