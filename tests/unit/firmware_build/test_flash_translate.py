"""What pyOCD's exceptions mean at a bench, and which of them are worth another attempt."""

from __future__ import annotations

import errno
import re

import pytest
from pyocd.core import exceptions
from usb.core import USBError

from firmware_build.flash import (
    ChipLocked,
    FlashError,
    NoPower,
    NoProbe,
    ProbeBusy,
    ProbeLost,
)
from firmware_build.flash.translate import Situation, is_transient, translate

UNPLUGGED = "USB Error: [Errno 19] No such device (it may have been disconnected)"


def caused(error: Exception, cause: Exception) -> Exception:
    """As `raise error from cause` leaves it."""
    error.__cause__ = cause
    return error


def not_detected(cause: Exception) -> Exception:
    """How pyOCD ends a connect that failed (pyocd.coresight.dap)."""
    return caused(exceptions.Error("Target not detected. Check connection to target."), cause)


def connect(voltage: float | None = None) -> Situation:
    return Situation("connect", "PROBE1", voltage)


PROGRAM = Situation("program", "PROBE1", 3.27)


@pytest.mark.parametrize(
    ("error", "at", "meaning", "said"),
    [
        (USBError("Resource busy", -6, errno.EBUSY), connect(), ProbeBusy, "PROBE1 is in use by another program"),
        (USBError("Access denied", -3, errno.EACCES), connect(), NoProbe, "may not be used by this user"),
        (exceptions.ProbeDisconnected("gone"), PROGRAM, ProbeLost, "went away in phase program"),
        (exceptions.ProbeError(UNPLUGGED), PROGRAM, ProbeLost, "program: No such device"),
        (
            caused(exceptions.ProbeError("USB Error"), USBError("Input/Output Error", -1, errno.EIO)),
            PROGRAM,
            ProbeLost,
            "Input/Output Error",
        ),
        (
            exceptions.ProbeError("STLink error (1): Unknown error"),
            PROGRAM,
            FlashError,
            "PROBE1 reports in phase program",
        ),
        (not_detected(exceptions.ProbeError("Get IDCODE error")), connect(0.02), NoPower, "measures 0.02 V there"),
        (not_detected(exceptions.ProbeError("Get IDCODE error")), connect(), NoPower, "does not tell whether"),
        (not_detected(exceptions.ProbeError("Get IDCODE error")), connect(3.27), FlashError, "measures 3.27 V there"),
        (not_detected(exceptions.ProbeError(UNPLUGGED)), connect(3.27), ProbeLost, "connect: No such device"),
        (exceptions.TransferTimeoutError("DP wait"), connect(3.27), FlashError, "keeps probe PROBE1 waiting: DP wait"),
        (exceptions.TransferError("DP error"), PROGRAM, FlashError, "were disturbed in phase program: DP error"),
        (exceptions.TransferFaultError(fault_address=0x08000000), PROGRAM, FlashError, "@ 0x08000000"),
        (
            exceptions.FlashEraseFailure("flash erase sector failure", address=0x08008000, result_code=1),
            Situation("erase", "PROBE1"),
            FlashError,
            "failed in phase erase: .*0x08008000; result code 0x1",
        ),
        (
            exceptions.TargetSupportError("Target type x not recognized."),
            connect(),
            FlashError,
            "type x not recognized",
        ),
        (exceptions.DebugError("No cores were discovered!"), connect(), FlashError, "No cores were discovered"),
        (KeyError(1), connect(), FlashError, "unexpected KeyError in phase connect: 1"),
    ],
)
def test_each_exception_says_what_happened(
    error: Exception, at: Situation, meaning: type[FlashError], said: str
) -> None:
    ours = translate(error, at)

    assert type(ours) is meaning
    assert re.search(said, ours.message)
    assert ours.cure


def test_our_own_errors_stay_what_they_are() -> None:
    locked = ChipLocked("RDP is 0x55", cure="erase it")

    assert translate(locked, PROGRAM) is locked


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            "no pyOCD server answers at farm:5555",
        ),
        (OSError(-2, "Name or service not known"), "farm:5555: Name or service not known"),
    ],
)
def test_a_probe_server_that_is_not_there_is_no_probe(error: OSError, said: str) -> None:
    ours = translate(error, Situation("connect", "remote:farm:5555"))

    assert isinstance(ours, NoProbe)
    assert said in ours.message


def test_a_probe_that_its_server_lost_is_lost_and_not_the_server() -> None:
    told = exceptions.ProbeError(f"error received from server for command open (status code 3): {UNPLUGGED}")

    ours = translate(told, Situation("connect", "remote:farm:5555"))

    assert isinstance(ours, ProbeLost)
    assert "No such device" in ours.message


def test_a_lost_connection_is_seen_behind_what_cleaning_up_after_it_raised() -> None:
    hidden = AssertionError()
    hidden.__context__ = ConnectionResetError(errno.ECONNRESET, "the pyOCD server closed the connection")

    ours = translate(hidden, Situation("program", "remote:farm:5555"))

    assert isinstance(ours, ProbeLost)
    assert "went away in phase program: the pyOCD server closed the connection" in ours.message
    assert "pyocd server" in ours.cure


@pytest.mark.parametrize(
    "error",
    [
        exceptions.TransferError("DP error"),
        exceptions.TransferTimeoutError("AP wait"),
        exceptions.TransferProtocolError("parity"),
        not_detected(exceptions.TransferError("no acknowledge")),
    ],
)
def test_a_disturbed_transfer_is_worth_another_attempt(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.TransferFaultError(fault_address=0x08000000),
        not_detected(exceptions.ProbeError("Get IDCODE error")),
        exceptions.ProbeError(UNPLUGGED),
        exceptions.ProbeDisconnected("gone"),
        exceptions.FlashProgramFailure("flash program page failure", address=0x08000000, result_code=1),
        exceptions.TargetSupportError("not recognized"),
        USBError("Resource busy", -6, errno.EBUSY),
        ChipLocked("RDP is 0x55", cure="erase it"),
        KeyError(1),
    ],
)
def test_nothing_else_is(error: Exception) -> None:
    assert not is_transient(error)
