"""What a test needs and may not find: it is then skipped by name, with the reason."""

from pathlib import Path

import pytest

from firmware_build import BuildError, Workspace, find_interpreter, find_workspace, read_sample
from rig.checks.judge import broken, judge
from rig.checks.verdict import Outcome
from rig.journal.recording import Recording


def zephyr_or_skip() -> Workspace:
    """The Zephyr workspace of this machine, with the sample and a Python for its scripts."""
    try:
        workspace = find_workspace()
        read_sample(workspace)
        find_interpreter(workspace)
    except BuildError as error:
        pytest.skip(f"no Zephyr to build with: {error.message}; {error.cure}")
    return workspace


def skip_if_late(folder: Path) -> None:
    """A run that the host was too late to judge by proves nothing; a late host is never the firmware's failure."""
    recording = Recording.load(folder)
    found = {verdict.check: verdict.outcome for verdict in judge(recording)}
    if broken(recording) or {found["bench.host"], found["bench.answers"]} == {Outcome.PASS}:
        return
    assert Outcome.FAIL not in found.values(), "a late host is never the firmware's failure"
    pytest.skip(f"this host was too late to judge a device by: see bench.host and bench.answers in {folder}")
