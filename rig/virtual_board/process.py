"""A virtual board as a child process, for tests and for `ocpp-rig run --bench virtual`.

::

    with virtual_board(images=[firmware.folder]) as board:
        flash_firmware(firmware, probe=board.id)
        board.fault("unplug")
"""

import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rig.bench.device import Device, Network
from rig.errors import BenchError
from rig.virtual_board import BOARD, PRODUCT
from rig.virtual_board.control import Facts, change, facts_of

STOP_S = 5.0
"""Wall seconds between SIGTERM and SIGKILL."""


@dataclass(frozen=True, slots=True)
class VirtualBoard:
    """A running board. `facts` are those of its ready line; of what may change since then, `now` tells."""

    facts: Facts
    process: subprocess.Popen[str]

    @property
    def id(self) -> str:
        """Its name, and the unique id of its probe."""
        return self.facts.id

    @property
    def console(self) -> str | None:
        """The terminal that it had when it was ready; None where it was unplugged then."""
        return self.facts.console

    @property
    def device(self) -> Device:
        """Its entry in a bench file."""
        return Device(
            id=self.id,
            platform=BOARD,
            product=PRODUCT,
            serial=self.console,
            network=Network(namespace=self.facts.namespace),
        )

    def fault(self, name: str, value: int | str | None = None) -> Facts:
        """From now on this is wrong with it (`faults.FAULTS`); returns its facts after that."""
        return change(self.facts.id, name if value is None else f"{name}={value}", on=True)

    def heal(self, name: str) -> Facts:
        """And from now on no more. Healing `unplug` plugs it in again: its console may have another path."""
        return change(self.facts.id, name, on=False)

    def now(self) -> Facts:
        """Its facts as they are."""
        return facts_of(self.facts.id)


@contextlib.contextmanager
def virtual_board(
    id: str | None = None,  # noqa: A002 - what the board calls it
    *,
    ratio: float = 1.0,
    flash: Path | None = None,
    faults: Sequence[str] = (),
    defects: Sequence[str] = (),
    images: Sequence[Path] = (),
    console_port: int | None = None,
    namespace: bool = False,
) -> Iterator[VirtualBoard]:
    """A board, ready; it ends with the block, and if this process dies, however it dies.

    Args:
        id: Its name; None: one that no other board has.
        ratio: Seconds of its time in a second.
        flash: The file that keeps the contents of its flash; None: it is blank.
        faults: What is wrong with it from the start, as `NAME` or `NAME=VALUE` (`faults.FAULTS`).
        defects: Of the twin that runs in it.
        images: Firmware folders that it is to recognise, besides those of the build cache.
        console_port: TCP port with its console, too, 0 for any; None: none.
        namespace: Whether its network is a namespace of its own.

    Raises:
        BenchError: it did not start; the message has what it said.
    """
    name = id or f"virtual-{secrets.token_hex(4)}"
    command = [sys.executable, "-P", "-m", "rig.virtual_board", "--lifeline", "--id", name, "--ratio", f"{ratio:g}"]
    command += ["--flash", str(flash)] if flash else []
    command += [word for fault in faults for word in ("--fault", fault)]
    command += [word for defect in defects for word in ("--defect", defect)]
    command += [word for image in images for word in ("--image", str(image))]
    command += ["--console-port", str(console_port)] if console_port is not None else []
    command += ["--namespace"] if namespace else []
    # A file, not a pipe that nobody reads: a board that says much would stop.
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, process_group=0
        ) as process,
    ):
        try:
            yield VirtualBoard(_ready(process, said), process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: subprocess.Popen[str], said: IO[str]) -> Facts:
    assert process.stdout  # noqa: S101 - tells the type
    line = process.stdout.readline()
    if not line:
        said.seek(0)
        raise BenchError(f"the virtual board did not start: {said.read().strip()}")
    return Facts(**json.loads(line))
