"""What goes wrong in the middle of a transaction, where the charge point is told to misbehave."""

import os
import signal

from rig.twin.defects import Defect
from rig.twin.device import Device, HaltError, RestartError


async def mishap(device: Device) -> None:
    """Do whatever the defects of ``device`` want done to it.

    Raises:
        RestartError: it restarts.
        HaltError: it halts.
    """
    # Nothing is under way yet, and a link that is lost now is up again before the next sample and Heartbeat.
    await device.clock.sleep(0.5)
    if Defect.RESTARTS in device.defects:
        raise RestartError
    if Defect.RECONNECTS in device.defects:
        device.link.drop()
    if Defect.HALTS in device.defects:
        device.console.fatal_error(halting=True)
        raise HaltError
    if Defect.CRASH in device.defects:
        device.console.fatal_error(halting=True)
        os.kill(os.getpid(), signal.SIGSEGV)
