"""The load of benchmarks/load.py, small: not to show how fast the central system is, but that it keeps all of it."""

import asyncio
from pathlib import Path

from benchmarks.load import FACTS, load
from benchmarks.serving import ocpp_rig, serving

CHARGE_POINTS, RATE, SECONDS = 50, 300.0, 4.0


def test_all_that_is_acknowledged_under_load_is_kept_while_somebody_looks_at_the_page(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/load.db"
    command = ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", database)
    with serving(command, tmp_path / "serve.log", web=True) as served:
        result = asyncio.run(load(served, database, charge_points=CHARGE_POINTS, rate=RATE, seconds=SECONDS))
    assert result.measured.failed == []
    assert len(result.measured.from_due) >= 0.99 * RATE * SECONDS
    assert result.kept == {action: result.measured.acknowledged[action] for action in FACTS}
    assert all(result.kept.values()), "everything that is kept occurred"
    assert (result.page.wrong, result.page.changes > 0) == ([], True)
