"""Several devices at once by pytest-xdist: a worker for each, and one choice of devices for all."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

OPTIONS = "ocpp-rig-options"
"""What the controller hands on to its workers, in `workerinput`."""


class Controller:
    """pytest-xdist's controller: gives each device's tests to one worker, which runs it for all of them.

    (xdist's own `--dist loadgroup` does nothing with pytest 9.2: it renames tests by an attribute that is gone.)
    """

    def __init__(self, devices: Collection[str], folder: Path, places: Collection[str]) -> None:
        self._devices = sorted(devices, key=len, reverse=True)
        self._options = {"out": str(folder), "place": [*places]}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401  (pytest-xdist's, which may be absent)
        """Hand on what was chosen here: a worker is given the command line only."""
        node.workerinput[OPTIONS] = self._options

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:  # noqa: ANN401
        """Group tests by device."""
        from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  (an extra)

        class ByDevice(LoadScopeScheduling):
            def _split_scope(_, nodeid: str) -> str:  # noqa: N805  (`self` is the plug-in)
                return self.device_of(nodeid)

        return ByDevice(config, log)

    def device_of(self, nodeid: str) -> str:
        """The device of a test; where there is only one, tests do not name it."""
        parameters = nodeid.partition("[")[2]
        return next((name for name in self._devices if parameters.startswith((f"{name}-", f"{name}]"))), "")


def heed_controller(config: pytest.Config) -> None:
    """In a worker: take what the controller has chosen."""
    options = getattr(config, "workerinput", {}).get(OPTIONS)
    if options:
        config.option.out = Path(options["out"])
        config.option.place = options["place"]
