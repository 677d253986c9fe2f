"""Flash a board through its debug probe, and be sure of it.

::

    flashed = flash_firmware(firmware, probe="0668FF...")  # or probe=None where there is but one
    flashed.skipped  # it was there already: read, not assumed
    reset_board(probe="0668FF...")
"""

from firmware_build.flash.chips import DISCO
from firmware_build.flash.errors import (
    Attempt,
    BadCell,
    ChipLocked,
    FlashCancelled,
    FlashError,
    FlashTimeout,
    NoPower,
    NoProbe,
    ProbeBusy,
    ProbeLost,
    RunnerFailed,
    WrongChip,
)
from firmware_build.flash.facts import Flashed, OnProgress, Probe, Progress
from firmware_build.flash.job import FlashJob, ResetJob, flash_firmware, list_probes, reset_board
from firmware_build.flash.runner import RUNNERS

__all__ = [
    "DISCO",
    "RUNNERS",
    "Attempt",
    "BadCell",
    "ChipLocked",
    "FlashCancelled",
    "FlashError",
    "FlashJob",
    "FlashTimeout",
    "Flashed",
    "NoPower",
    "NoProbe",
    "OnProgress",
    "Probe",
    "ProbeBusy",
    "ProbeLost",
    "Progress",
    "ResetJob",
    "RunnerFailed",
    "WrongChip",
    "flash_firmware",
    "list_probes",
    "reset_board",
]
