"""What the central system acknowledged outlives its death: killed under load with SIGKILL, it has lost nothing."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.killing import killed
from benchmarks.serving import ocpp_rig

CHARGE_POINTS = 60


def test_what_it_acknowledged_is_there_after_a_kill(tmp_path: Path, seed: int, request: pytest.FixtureRequest) -> None:
    database = request.config.getoption("--database") or f"sqlite:///{tmp_path}/central-system.db"
    kills = request.config.getoption("--kills")
    ledger = killed(
        ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", database),
        database,
        tmp_path / "serve.log",
        kills=kills,
        charge_points=CHARGE_POINTS,
        random=Random(seed),
    )
    assert not ledger.wrong, f"{len(ledger.wrong)} things: {ledger.wrong[:10]}"
    assert ledger.open == set(), "every transaction that was open at a death could be stopped afterwards"
    assert len(ledger.started) > CHARGE_POINTS * kills / 2, f"too little happened to prove anything: {ledger}"
    assert len(ledger.metered) > len(ledger.started), f"too little happened to prove anything: {ledger}"
