"""A driver for labgrid's own users: flash and reset a board through a `pyocd server`.

In an environment file (the labgrid manual, "Environment Configuration")::

    imports: [rig.farm.driver]
    targets:
      main:
        resources:
          RemotePlace: {name: disco1}
        drivers:
          PyOCDDriver: {board: stm32f769i_disco}
"""

from pathlib import Path

import attr
from labgrid.driver.common import Driver
from labgrid.driver.exception import ExecutionError
from labgrid.factory import target_factory
from labgrid.protocol import BootstrapProtocol, ResetProtocol
from labgrid.step import step

from firmware_build import BuildError, firmware_from_file
from firmware_build.flash import Flashed, FlashError, flash_firmware, reset_board


@target_factory.reg_driver
@attr.s(eq=False)
class PyOCDDriver(Driver, BootstrapProtocol, ResetProtocol):
    """Flashes through a `pyocd server` that the exporter offers as a `NetworkService` with its address and port.

    `board` is Zephyr's name of the board, `image` a name below `images:` of the environment file, `chip` pyOCD's name
    of the chip where another than the best that is installed is wanted, `budget_s` the wall seconds for all of it.
    """

    bindings = {"service": "NetworkService"}  # noqa: RUF012  (labgrid's way)

    board: str = attr.ib(default="stm32f769i_disco", validator=attr.validators.instance_of(str))
    image: str | None = attr.ib(default=None, validator=attr.validators.optional(attr.validators.instance_of(str)))
    chip: str | None = attr.ib(default=None, validator=attr.validators.optional(attr.validators.instance_of(str)))
    budget_s: float = attr.ib(default=120.0, converter=float)

    @property
    def probe(self) -> str:
        """Unique id, as pyOCD has it, of the probe behind the service."""
        return f"remote:{self.service.address}:{self.service.port}"

    @Driver.check_active
    @step(args=["filename"], result=True)
    def load(self, filename: str | None = None) -> Flashed:
        """Have this image on the chip, read back to the last byte, and halted before its first instruction: `reset` it.

        Raises:
            ExecutionError: it is not; it says why, and what to do next.
        """
        path = filename or self.target.env.config.get_image_path(self.image)
        try:
            firmware = firmware_from_file(Path(path), None, self.board)
            return flash_firmware(firmware, probe=self.probe, target=self.chip, budget_s=self.budget_s)
        except (BuildError, FlashError) as error:
            raise ExecutionError(str(error)) from error

    @Driver.check_active
    @step()
    def reset(self) -> None:
        """Pull the reset line and let the chip run.

        Raises:
            ExecutionError: it could not be reset; it says why, and what to do next.
        """
        try:
            reset_board(probe=self.probe, target=self.chip)
        except FlashError as error:
            raise ExecutionError(str(error)) from error
