"""What real builds need; where it is not at hand they are skipped, with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_build import (
    Firmware,
    Workspace,
    build_firmware,
    missing_tools,
)
from tests.benches import bench_with_it, board_on_its_own_segment  # noqa: F401  (fixtures of this folder too)
from tests.skipping import zephyr_or_skip


@pytest.fixture(scope="session")
def zephyr() -> Workspace:
    """The Zephyr workspace of this machine, with the sample and a Python for its scripts."""
    return zephyr_or_skip()


@pytest.fixture(scope="session")
def build(zephyr: Workspace) -> Callable[..., Firmware]:
    """Build for a board in the user's own cache, where what was built before is used again."""

    def build(board: str, **choices: object) -> Firmware:
        if missing := missing_tools(board):
            pytest.skip(f"cannot build for {board}: " + "; ".join(f"{it.name} ({it.cure})" for it in missing))
        return build_firmware(board, workspace=zephyr, **choices)  # type: ignore[arg-type]

    return build
