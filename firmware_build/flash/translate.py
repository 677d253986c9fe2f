"""pyOCD's exceptions as those of this package: what they mean at a bench, and whether another attempt can help."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import NamedTuple

from pyocd.core import exceptions

from firmware_build.flash.errors import FlashError, NoPower, NoProbe, ProbeBusy, ProbeLost

UDEV = (
    "give your user the right to use it: install the udev rules of "
    "https://github.com/pyocd/pyOCD/tree/main/udev, then unplug and replug the probe; `pyocd list` must show it"
)
_PLUG = "plug it in again, directly and not through an unpowered hub; `pyocd list` must show it; then flash again"
_HOLDER = (
    "close the other program (an IDE, openocd, `pyocd server`, another run of the rig): "
    "`fuser -v /dev/bus/usb/*/*` names it"
)
_WIRES = (
    "look at the board's power LED and USB cable, and for a loose jumper or wire between probe and chip; "
    "`pyocd cmd -c status` must find the chip"
)


class _Meaning(NamedTuple):
    theirs: type[Exception]
    ours: type[FlashError]
    message: str
    cure: str


_MEANINGS = (
    _Meaning(exceptions.ProbeDisconnected, ProbeLost, "probe {probe} went away in phase {phase}: {error}", _PLUG),
    _Meaning(
        exceptions.ProbeError,
        FlashError,
        "probe {probe} reports in phase {phase}: {error}",
        "unplug and replug the probe; bring its firmware up to date with ST's STM32CubeProgrammer",
    ),
    _Meaning(
        exceptions.FlashFailure,
        FlashError,
        "the chip failed in phase {phase}: {error}",
        "look at the board's supply voltage, then flash again with --force",
    ),
    _Meaning(
        exceptions.TargetSupportError,
        FlashError,
        "{error}",
        "choose a target that `pyocd list --targets` shows, or install its CMSIS pack: `pyocd pack install NAME`",
    ),
    _Meaning(
        exceptions.TransferFaultError,
        FlashError,
        "the chip refused an access in phase {phase}: {error}",
        "see that the target fits the chip (--target), then flash again",
    ),
    _Meaning(exceptions.Error, FlashError, "pyOCD failed in phase {phase}: {error}", "read pyOCD's log"),
    _Meaning(
        Exception,
        FlashError,
        "unexpected {kind} in phase {phase}: {error}",
        "see that the target fits the chip (--target); else report this as a bug, with the log",
    ),
)
"""The first that fits counts; errors of the operating system and of a chip that does not answer are seen to before."""

_DARK = 1.0
"""Volts; no chip of the last decades works with less, and no probe measures more where there is none."""

_USB_ERROR = re.compile(r"USB Error: (?:\[Errno (\d+)\] )?(.*)")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an exception came from.

    Attributes:
        phase: As in `firmware_build.flash.facts.Progress`.
        probe: The probe's unique id, or what it was asked for by.
        voltage: What the probe measures at the target, volts; None where it does not tell.
    """

    phase: str
    probe: str
    voltage: float | None = None


def translate(error: Exception, at: Situation) -> FlashError:
    """What an exception means at the bench.

    Args:
        error: Any exception that came out of pyOCD; one of ours stays as it is.
        at: Where it came from.
    """
    if isinstance(error, FlashError):
        return error
    if at.phase != "start" and _system_error(error) is not None:
        return _of_the_system(error, at)
    if is_transient(error) or (at.phase == "connect" and "Target not detected" in str(error)):
        return _silent(error, at)
    meaning = next(meaning for meaning in _MEANINGS if isinstance(error, meaning.theirs))
    message = meaning.message.format(error=error, kind=type(error).__name__, probe=at.probe, phase=at.phase)
    return meaning.ours(message, cure=meaning.cure)


def is_transient(error: Exception) -> bool:
    """Whether the same again may well end otherwise.

    So it is with pyOCD's TransferErrors: a WAIT that lasted too long (TransferTimeoutError), a parity error or no
    acknowledge (TransferProtocolError, TransferError). Each means one disturbed transfer on the two wires of SWD. Not
    so with its TransferFaultError: there the wires worked, and the chip's bus refused the address; it will again.
    Where one of the first kind ends a connect, pyOCD raises a plain Error that has it as its cause.
    """
    why = _inner(error)
    return isinstance(why, exceptions.TransferError) and not isinstance(why, exceptions.TransferFaultError)


def _of_the_system(error: Exception, at: Situation) -> FlashError:
    number, what = _system_error(error) or (0, str(error))
    remote = at.probe.startswith("remote:")
    if remote and at.phase == "connect" and isinstance(error, OSError):
        return NoProbe(
            f"no pyOCD server answers at {at.probe.removeprefix('remote:')}: {what}",
            cure="start `pyocd server` there, and see that a firewall lets its port through",
        )
    match number:
        case errno.EBUSY:
            return ProbeBusy(f"probe {at.probe} is in use by another program ({what})", cure=_HOLDER)
        case errno.EACCES | errno.EPERM:
            return NoProbe(f"probe {at.probe} may not be used by this user ({what})", cure=UDEV)
    return ProbeLost(
        f"probe {at.probe} went away in phase {at.phase}: {what}",
        cure="see that `pyocd server` still runs there and still has its probe, then flash again" if remote else _PLUG,
    )


def _system_error(error: BaseException) -> tuple[int, str] | None:
    """Number and text of the operating system's error in all this, None where there is none.

    USB libraries raise OSErrors (usb.core.USBError is one). PyOCD lets some out as they are and has others as the cause
    of a ProbeError "USB Error: …"; of the latter, only the text comes through a pyOCD server. Others again are hidden
    by what its cleaning up raises after them, hence the context.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError):
            return link.errno or 0, link.strerror or str(link)
        if isinstance(link, exceptions.ProbeError) and (told := _USB_ERROR.search(str(link))):
            return int(told[1] or 0), told[2]
        link = link.__cause__ or link.__context__
    return None


def _silent(error: Exception, at: Situation) -> FlashError:
    why = _inner(error)
    if at.phase != "connect":
        return FlashError(
            f"the wires between probe {at.probe} and the chip were disturbed in phase {at.phase}: {why}",
            cure="look at cable and ground; keep the wires short",
        )
    if isinstance(why, exceptions.TransferTimeoutError):
        return FlashError(
            f"the chip keeps probe {at.probe} waiting: {why}",
            cure="switch the board's power off and on, then flash again",
        )
    told = "does not tell whether there is power" if at.voltage is None else f"measures {at.voltage:.2f} V there"
    kind = FlashError if at.voltage is not None and at.voltage > _DARK else NoPower
    return kind(f"the chip does not answer probe {at.probe}, which {told}: {why}", cure=_WIRES)


def _inner(error: Exception) -> BaseException:
    """What pyOCD wraps into a plain Error ("Target not detected") where a connect fails; else the error itself."""
    return error.__cause__ if type(error) is exceptions.Error and error.__cause__ else error


def no_power(voltage: float, lowest: float, probe: str) -> NoPower:
    """The error for a supply voltage that the probe measures and that the chip cannot work with."""
    return NoPower(
        f"probe {probe} measures {voltage:.2f} V at the chip, which needs {lowest:.1f} V",
        cure="power the board: look at its USB cable, its power source jumper, and the port of the USB hub",
    )
