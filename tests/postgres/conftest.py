"""A real PostgreSQL for the tests of the storage; skipped by name where none is installed."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from central_system.storage.database import Database
from tests.postgres.server import INSTALLED, PostgreSQL, programs

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The server, shared by all tests."""
    if (found := programs()) is None:
        pytest.skip(f"no PostgreSQL to test with: nothing in {INSTALLED}; apt-get install postgresql")
    server = PostgreSQL(found)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def url(postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database, the spool in this test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    name = f"rig{next(_numbers)}"
    postgresql.administrate(f"CREATE DATABASE {name}")
    yield postgresql.url(name)
    postgresql.administrate(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Somebody else's way into the database."""
    engine = Database.of(url).engine
    yield engine
    engine.dispose()
