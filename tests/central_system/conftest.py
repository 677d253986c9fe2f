"""How hard to try: `pytest tests/central_system --malformed 100000 --seed 7 --kills 20 --database URL`."""

import secrets

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("central-system", "prove the central system (tests/central_system)")
    group.addoption("--malformed", type=int, default=5000, metavar="N", help="malformed handshakes and frames")
    group.addoption("--kills", type=int, default=4, metavar="N", help="times that it is killed under load")
    group.addoption("--seed", type=int, metavar="N", help="of the garbage and of the moments of death")
    group.addoption("--database", metavar="URL", help="a new database to be killed on (default: SQLite)")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Chance, told where a test fails, so that it can be repeated."""
    given: int | None = request.config.getoption("--seed")
    chosen = secrets.randbelow(1_000_000) if given is None else given
    request.node.add_report_section("setup", "seed", f"--seed {chosen}")
    return chosen
