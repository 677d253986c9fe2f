"""The process that does all work with pyOCD: ``python -P -m firmware_build.flash.worker ORDER``.

ORDER is a JSON object. JSON lines on standard output tell of progress and, last, of the end; pyOCD's log goes to
standard error. A process of its own can be ended at any moment: neither a USB transfer that hangs nor a thread of
pyOCD's outlives it, the kernel gives the probe back, and the next one takes nothing for granted that is on the chip.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyocd.core.target import Target

from firmware_build.flash.chips import CHIPS, find_chip
from firmware_build.flash.errors import BadCell, FlashError
from firmware_build.flash.image import read_image
from firmware_build.flash.link import (
    check_open,
    choose_probe,
    choose_target,
    connected,
    heed_a_closed_connection,
    list_probes,
    target_of,
    voltage_of,
)
from firmware_build.flash.program import holds, program, verify
from firmware_build.flash.translate import Situation, is_transient, translate


class Worker:
    """One order, and what to tell of it."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._phase = "start"
        self._probe: Any = None

    def run(self) -> None:
        """Do what the order says, and tell how it ended."""
        try:
            _tell("done", **getattr(self, f"_{self._order['do']}")())
        except Exception as error:  # noqa: BLE001 - whatever it is, the bench must be told in its own words
            if not isinstance(error, FlashError):
                traceback.print_exc()
            self._tell_error(error)

    def _tell_error(self, error: Exception) -> None:
        probe = self._probe.unique_id if self._probe else self._order.get("probe") or "(any)"
        voltage = voltage_of(self._probe) if self._probe else None
        ours = translate(error, Situation(self._phase, probe, voltage))
        cell = ("address", "wanted", "found") if isinstance(ours, BadCell) else ()
        _tell(
            "error",
            kind=type(ours).__name__,
            transient=is_transient(error),
            arguments={"message": ours.message, "cure": ours.cure, **{name: getattr(ours, name) for name in cell}},
        )

    def _say(self, phase: str, fraction: float) -> None:
        self._phase = phase
        _tell("progress", phase=phase, fraction=round(min(fraction, 1.0), 3))

    def _flash(self) -> dict[str, Any]:
        chip = find_chip(self._order["board"])
        image = read_image(Path(self._order["image"]), chip)
        target = self._connect(choose_target(chip))
        with connected(self._probe, target, chip, resume=False) as session:
            self._say("connect", 1.0)
            check_open(target_of(session), chip, image)
            skipped = not self._order["force"] and holds(session, image, self._say)
            if not skipped:
                program(session, image, self._say)
                verify(session, image, chip, self._say)
            product = self._probe.product_name
        return {
            "skipped": skipped,
            "bytes": image.size,
            "sha256": image.sha256,
            "target": target,
            "probe": self._probe.unique_id,
            "product": product,
        }

    def _reset(self) -> dict[str, Any]:
        target = self._connect(choose_target(next(iter(CHIPS.values()))))
        with connected(self._probe, target, None, resume=True) as session:
            self._say("reset", 0.0)
            target_of(session).reset(Target.ResetType.HARDWARE)
        self._say("reset", 1.0)
        return {}

    def _list(self) -> dict[str, Any]:
        return {"probes": [asdict(probe) for probe in list_probes(self._order["leave"])]}

    def _connect(self, target: str) -> str:
        self._say("connect", 0.0)
        self._probe = choose_probe(self._order["probe"])
        return self._order["target"] or target


def _tell(event: str, **what: object) -> None:
    # One write: a line of pyOCD's log must not come in between.
    sys.stdout.write(json.dumps({"event": event, **what}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    heed_a_closed_connection()
    Worker(json.loads(sys.argv[1])).run()
