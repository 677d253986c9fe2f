"""Switch a board's supply: a port of a USB hub (uhubctl), or commands of the bench file."""

import asyncio
import contextlib
from collections.abc import Sequence
from tempfile import TemporaryFile

from rig.bench.device import Device, Power
from rig.bench.port_return import port_appears, port_is_there
from rig.errors import BenchError
from rig.interrupt import to_its_end
from rig.programs import which
from rig.targets.process import DeviceProcess

SWITCH_S = 15.0
"""Budget of one command that switches, in seconds."""
OFF_S = 2.0
"""How long a power cycle leaves the board off, in seconds: capacitors empty, and the kernel sees the port go."""
RETURN_S = 15.0
"""Within what a console that went with the supply is to be back, in seconds: enumeration and udev take 1 to 3."""


async def power_cycle(device: Device) -> bool:
    """Switch the board off and on again; wait for its console where that went with the supply.

    However it ends, cancelled too, the board is switched on again. Only if this process is killed in between does it
    stay off, until somebody switches it on.

    Returns:
        Whether the console went away: who had it open has lost it, and what the board said on booting.

    Raises:
        BenchError: a command failed, or the console did not come back.
    """
    if not device.power:
        raise BenchError(
            f"nothing switches the supply of {device.id}",
            "give its entry in the bench file `power`: a hub and port of uhubctl, or commands `on` and `off`",
        )
    try:
        await switch(device.power, on=False)
        # Nothing tells when a supply has fallen to nothing.
        await asyncio.sleep(OFF_S)
        lost = device.serial if device.serial and not port_is_there(device.serial) else None
    except BaseException:
        with contextlib.suppress(BenchError):  # the first error tells more
            await to_its_end(switch(device.power, on=True))
        raise
    await to_its_end(switch(device.power, on=True))
    if lost:
        await port_appears(lost, within_s=RETURN_S)
    return lost is not None


async def switch(power: Power, *, on: bool) -> None:
    """Switch the supply on or off.

    Raises:
        BenchError: uhubctl is not there, or the command failed.
    """
    state = "on" if on else "off"
    if not power.hub:
        await run_command(power.on if on else power.off, f"power {state}", SWITCH_S)
        return
    if not which("uhubctl"):
        raise BenchError("power: no uhubctl on this machine, which switches ports of hubs", "apt-get install uhubctl")
    command = ["uhubctl", "-l", power.hub, "-p", str(power.port), "-a", state]
    await run_command(command, f"power {state}", SWITCH_S)


async def run_command(command: Sequence[str], what: str, budget_s: float) -> None:
    """Run a command of the bench file, without a shell; `what` says in errors what it is for.

    It never outlives its budget (wall seconds), the caller, or this process.

    Raises:
        BenchError: it cannot be started, failed, or took too long; with its output.
    """
    program = which(command[0]) if command else None
    if not program:
        missing = f"no program {command[0]}" if command else "no command"
        raise BenchError(f"{what}: {missing}", "correct the command in the bench file")
    line = " ".join(command)
    with TemporaryFile() as output:
        process = DeviceProcess([program, *command[1:]], stdout=output.fileno(), stderr=output.fileno())
        ended: asyncio.Queue[int] = asyncio.Queue()
        process.exited = ended.put_nowait
        try:
            async with asyncio.timeout(budget_s):
                status = await ended.get()
            problem = f"ended with exit code {status}" if status else None
        except TimeoutError:
            problem = f"has not ended within {budget_s:g} s"
        finally:
            await to_its_end(process.stop())
        if problem:
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip() or "it said nothing"
            raise BenchError(f"{what}: `{line}` {problem}: {said}", _cure(command[0]))


def _cure(program: str) -> str:
    if program == "uhubctl":
        return (
            "`uhubctl` alone lists the hubs that can switch their ports; without root it needs a udev rule "
            "(https://github.com/mvp/uhubctl#linux-usb-permissions)"
        )
    return "run it by hand; correct it in the bench file"
