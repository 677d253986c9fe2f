"""The tables' revisions: what they make, whom they refuse, that they keep what was there. `url`: an empty database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from central_system.registry.facts import TransactionStarted
from central_system.storage import Storage, StorageError
from central_system.storage.database import Database
from central_system.storage.migrating import SCRIPTS, VERSION_TABLE, migrate
from central_system.storage.tables import Base

LATER = '''
"""What a later version may do: a column, filled for the rows that are there."""

import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("transactions", sa.Column("energy", sa.BigInteger()))
    op.execute("UPDATE transactions SET energy = meter_start * 2")
'''


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rig.db"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = Database.of(url).engine
    yield engine
    engine.dispose()


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The scripts of a later version of this program."""
    scripts = tmp_path / "100% later"
    shutil.copytree(SCRIPTS, scripts)
    (scripts / "versions/later.py").write_text(LATER, encoding="utf-8")
    return scripts


def differences(connection: Connection) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_the_migrations_make_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        migrate(connection, "database")
        assert differences(connection) == []
        connection.execute(text("DROP INDEX ix_transactions_open"))
        assert len(differences(connection)) == 1, "a difference would be seen"
        connection.rollback()


def test_a_database_that_is_up_to_date_is_left_alone(engine: Engine) -> None:
    with engine.connect() as connection:
        migrate(connection, "database")
        migrate(connection, "database")
        assert connection.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all() == [("0001",)]  # noqa: S608  (a constant)


def test_an_upgrade_keeps_and_extends_what_is_there(url: str, engine: Engine, later: Path) -> None:
    with Storage.open(url) as storage:
        storage.keep(TransactionStarted(101, "CP", 1, "TAG", 21, 0.0, "2026-11-22T10:27:38Z", "Accepted"))
    with engine.connect() as connection:
        migrate(connection, "database", scripts=later)
        assert connection.execute(text("SELECT transaction_id, id_tag, energy FROM transactions")).all() == [
            (101, "TAG", 42)
        ]


def test_a_database_of_a_later_version_is_refused(url: str, engine: Engine, later: Path) -> None:
    with engine.connect() as connection:
        migrate(connection, "database", scripts=later)
    with pytest.raises(StorageError, match="is of revision later, which this program does not know") as refused:
        Storage.open(url)
    assert "upgrade zephyr-ocpp-rig" in refused.value.cure


def test_an_upgrade_that_fails_changes_nothing(engine: Engine, later: Path) -> None:
    with engine.connect() as connection:
        migrate(connection, "database")
    broken = later / "versions/later.py"
    broken.write_text(LATER + '    raise RuntimeError("half-way")\n', encoding="utf-8")
    with engine.connect() as connection, pytest.raises(RuntimeError, match="half-way"):
        migrate(connection, "database", scripts=later)
    with engine.connect() as connection:
        assert "energy" not in [each["name"] for each in inspect(connection).get_columns("transactions")]
        assert differences(connection) == []


def test_tables_of_another_program_are_left_alone(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE tags (colour INTEGER)"))
    with pytest.raises(StorageError, match=r'"?tags"? already exists'):
        Storage.open(url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["tags"]
