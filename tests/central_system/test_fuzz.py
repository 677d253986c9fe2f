"""Whatever somebody sends, the central system lives on, serves everybody else and keeps what it acknowledged."""

from pathlib import Path

import pytest

from benchmarks.fuzz import fuzzed, told_of
from benchmarks.fuzzing import LEVELS, garbage


def test_garbage_harms_nobody_but_who_sent_it(tmp_path: Path, seed: int, request: pytest.FixtureRequest) -> None:
    malformed = request.config.getoption("--malformed")
    outcome = fuzzed(tmp_path, seed=seed, numbers=range(malformed))
    request.node.add_report_section("call", "outcome", told_of(outcome))
    assert not outcome.wrong, "\n".join([f"{len(outcome.wrong)} things, --seed {seed}:", *outcome.wrong[:10]])
    assert outcome.thrown.sent.total() == malformed
    assert set(outcome.thrown.sent) == set(LEVELS), "every level was tried"
    assert all(each.values > 0 for each in outcome.steady), "both charge points that behaved were served"


def test_garbage_is_the_same_for_the_same_seed() -> None:
    first = [garbage(7, number) for number in range(200)]
    assert [garbage(7, number) for number in reversed(range(200))] == first[::-1]
    assert [garbage(8, number) for number in range(200)] != first
    assert {each.level for each in first} == set(LEVELS)
