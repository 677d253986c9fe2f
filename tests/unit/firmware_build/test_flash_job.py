"""A job: progress, attempts, budget and cancel, with a worker whose every attempt is written down here."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from firmware_build import Firmware, ImageRefused
from firmware_build.flash import (
    BadCell,
    FlashCancelled,
    FlashError,
    FlashJob,
    FlashTimeout,
    NoPower,
    Progress,
    child,
    flash_firmware,
    list_probes,
    reset_board,
)
from tests.hex_firmware import START, content, firmware_of

DONE = """tell(
    "done", skipped=False, bytes=4, sha256="5a", target="stm32f767zi", probe="PROBE1", product="STM32 STLink"
)"""
DISTURBED = """
say("connect", 0.0)
print("INFO connecting", file=sys.stderr, flush=True)
tell("error", kind="NoPower", transient=True, arguments={"message": "no acknowledge", "cure": "look"})
"""
HANGS = """
say("connect", 1.0)
say("program", 0.25)
print("INFO programming", file=sys.stderr, flush=True)
signal.pause()
"""
PRELUDE = """
import json, os, pathlib, signal, sys

def tell(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)

def say(phase, fraction):
    tell("progress", phase=phase, fraction=fraction)

order = json.loads(sys.argv[1])
here = pathlib.Path(__file__).parent
number = len(list(here.glob("call-*")))
(here / f"call-{number}").write_text(f"{os.getpid()} {sys.argv[1]}")
exec((here / f"attempt-{number}").read_text())
"""


class Worker:
    """The attempts that it makes, and the orders that it was given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def will(self, *attempts: str) -> None:
        for number, attempt in enumerate(attempts):
            (self._folder / f"attempt-{number}").write_text(textwrap.dedent(attempt))

    @property
    def all_ended(self) -> bool:
        """Whether no process is left that it ever was."""
        return not any(Path("/proc", call.read_text().split()[0]).exists() for call in self._folder.glob("call-*"))

    @property
    def orders(self) -> list[dict[str, object]]:
        return [json.loads(call.read_text().partition(" ")[2]) for call in sorted(self._folder.glob("call-*"))]


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    program = tmp_path / "worker" / "worker.py"
    program.parent.mkdir()
    program.write_text(PRELUDE)
    monkeypatch.setattr(child, "WORKER", [sys.executable, "-I", "-S", str(program)])
    return Worker(program.parent)


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    return firmware_of(tmp_path / "zephyr.hex", (START, content(4)))


def test_a_job_tells_how_far_it_is_and_what_was_done(worker: Worker, firmware: Firmware) -> None:
    worker.will('say("connect", 0.0); say("verify", 1.0)\n' + DONE)
    seen: list[Progress] = []

    flashed = flash_firmware(firmware, probe="PROBE1", on_progress=seen.append)

    assert seen == [Progress("connect", 0.0), Progress("verify", 1.0)]
    assert (flashed.probe, flashed.product, flashed.target) == ("PROBE1", "STM32 STLink", "stm32f767zi")
    assert (flashed.bytes, flashed.sha256) == (4, "5a")
    assert [attempt.error for attempt in flashed.attempts] == [None]
    assert worker.orders == [
        {
            "do": "flash",
            "board": "stm32f769i_disco",
            "image": str(firmware.hex),
            "probe": "PROBE1",
            "target": None,
            "force": False,
        }
    ]


def test_a_disturbed_transfer_is_tried_again_and_kept(worker: Worker, firmware: Firmware) -> None:
    worker.will(DISTURBED, DISTURBED, DONE)

    flashed = flash_firmware(firmware, probe="PROBE1")

    assert [attempt.error for attempt in flashed.attempts] == ["no acknowledge", "no acknowledge", None]
    assert sum(attempt.seconds for attempt in flashed.attempts) <= flashed.seconds


def test_three_attempts_are_the_most(worker: Worker, firmware: Firmware) -> None:
    worker.will(DISTURBED, DISTURBED, DISTURBED, DONE)

    with pytest.raises(NoPower) as failed:
        flash_firmware(firmware, probe="PROBE1")

    assert [attempt.error for attempt in failed.value.attempts] == ["no acknowledge"] * 3
    assert len(worker.orders) == 3
    assert failed.value.log == "INFO connecting"


def test_an_error_that_would_come_again_is_not_tried_again(worker: Worker, firmware: Firmware) -> None:
    worker.will(
        DISTURBED,
        """
        tell("error", kind="BadCell", transient=False, arguments={
            "message": "differs", "cure": "exchange", "address": 0x08000001, "wanted": 0x5a, "found": 0x5b})
        """,
        DONE,
    )

    with pytest.raises(BadCell) as failed:
        flash_firmware(firmware, probe="PROBE1")

    error = failed.value
    assert (error.address, error.wanted, error.found) == (0x08000001, 0x5A, 0x5B)
    assert [attempt.error for attempt in error.attempts] == ["no acknowledge", "differs"]
    assert (error.message, error.cure) == ("differs", "exchange")


def test_a_worker_that_dies_is_told_with_its_last_words(worker: Worker, firmware: Firmware) -> None:
    worker.will('print("libusb: assertion failed", flush=True); os.abort()')

    with pytest.raises(FlashError, match="ended with status 134 and told nothing") as failed:
        flash_firmware(firmware, probe="PROBE1")

    assert failed.value.log == "libusb: assertion failed"
    assert str(failed.value).endswith("cure: report this as a bug, with the log")


def test_a_budget_that_is_used_up_ends_the_worker_and_tells_in_which_phase(worker: Worker, firmware: Firmware) -> None:
    worker.will(HANGS)

    with pytest.raises(FlashTimeout, match=r"not done within 0\.5 s: ended in phase program, 25% done") as failed:
        flash_firmware(firmware, probe="PROBE1", budget_s=0.5)

    assert failed.value.log == "INFO programming"
    assert worker.all_ended


def test_the_budget_is_that_of_all_attempts_together(worker: Worker, firmware: Firmware) -> None:
    worker.will(DISTURBED, DISTURBED, HANGS)

    with pytest.raises(FlashTimeout) as failed:
        flash_firmware(firmware, probe="PROBE1", budget_s=1.0)

    assert [attempt.error for attempt in failed.value.attempts][:2] == ["no acknowledge"] * 2
    assert sum(attempt.seconds for attempt in failed.value.attempts) < 2.0


def test_another_thread_can_cancel_at_once(worker: Worker, firmware: Firmware) -> None:
    worker.will(HANGS)
    programming = threading.Event()
    cancelled_at = 0.0

    def note(now: Progress) -> None:
        if now.phase == "program":
            programming.set()

    job = FlashJob(firmware, probe="PROBE1", on_progress=note)

    def cancel() -> None:
        nonlocal cancelled_at
        programming.wait()
        cancelled_at = time.monotonic()
        job.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(FlashCancelled, match="cancelled in phase program, 25% done"):
        job.run()
    canceller.join()

    assert time.monotonic() - cancelled_at < 2.0
    assert worker.all_ended


def test_a_job_that_was_cancelled_before_does_nothing(worker: Worker, firmware: Firmware) -> None:
    job = FlashJob(firmware, probe="PROBE1")
    job.cancel()

    with pytest.raises(FlashCancelled, match="cancelled in phase start"):
        job.run()

    assert worker.orders == []


def test_what_progress_raises_ends_the_job(worker: Worker, firmware: Firmware) -> None:
    worker.will(HANGS)

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt(progress.phase)

    with pytest.raises(KeyboardInterrupt, match="connect"):
        flash_firmware(firmware, probe="PROBE1", on_progress=interrupt)

    assert worker.all_ended


def test_an_image_that_cannot_be_read_starts_no_worker(worker: Worker, firmware: Firmware) -> None:
    firmware.image.write_text("no HEX at all")

    with pytest.raises(ImageRefused):
        flash_firmware(firmware, probe="PROBE1")

    assert worker.orders == []


def test_a_reset_is_tried_again_too(worker: Worker) -> None:
    worker.will(DISTURBED, 'tell("done")')

    reset_board(probe="PROBE1", target="stm32f767zi")

    assert worker.orders == [{"do": "reset", "probe": "PROBE1", "target": "stm32f767zi"}] * 2


def test_probes_are_listed_as_the_worker_tells_them(worker: Worker) -> None:
    worker.will(
        """
        tell("done", probes=[{"unique_id": "0668FF", "description": "ST-Link", "vendor": "ST",
            "product": "ST-Link V2-1", "firmware": "V2J45M30", "voltage": 3.27, "problem": None}])
        """
    )

    (probe,) = list_probes()

    assert (probe.unique_id, probe.firmware, probe.voltage, probe.problem) == ("0668FF", "V2J45M30", 3.27, None)


def test_an_error_reads_well_with_and_without_a_log() -> None:
    assert str(FlashError("gone", cure="replug")) == "gone\ncure: replug"
    assert str(FlashError("gone", cure="replug", log="INFO a\nINFO b")) == "gone\nlog: INFO a\nINFO b\ncure: replug"
