"""Kills, trouble and second servers: every fact that was kept counts, and once. `url`: an empty database."""

import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from central_system.registry.facts import (
    Notified,
    TransactionStopped,
)
from central_system.storage import Storage, StorageError
from central_system.storage.database import Database
from tests.unit.central_system.test_storage_scenarios import EVERY_KIND, NOW, SENT, keep_all


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rig.db"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Somebody else's way into the database."""
    engine = Database.of(url).engine
    yield engine
    engine.dispose()


def spool_of(url: str) -> Path:
    return Database.of(url).spool


def test_a_fact_counts_once_however_often_its_line_is_found(url: str, tmp_path: Path) -> None:
    """Killed between the database's commit and the deletion of the spool's file."""
    with Storage.open(url) as storage:
        keep_all(storage, EVERY_KIND)
        shutil.copytree(spool_of(url), tmp_path / "copy")
        counts = storage.reading.counts()
    assert not list(spool_of(url).glob("*.jsonl")), "all is in the database: a spool that was closed is empty"
    shutil.copytree(tmp_path / "copy", spool_of(url), dirs_exist_ok=True)
    with Storage.open(url) as storage:
        assert storage.reading.counts() == counts
        storage.keep(EVERY_KIND[-1])
        storage.flush(10)
        assert storage.reading.counts().operations == counts.operations + 1


def test_a_spool_of_another_database_is_refused(url: str, engine: Engine, tmp_path: Path) -> None:
    with Storage.open(url) as storage:
        keep_all(storage, EVERY_KIND)
    with Storage.open(url) as storage:
        keep_all(storage, EVERY_KIND[:1])
        shutil.copytree(spool_of(url), tmp_path / "copy")
    shutil.copytree(tmp_path / "copy", spool_of(url), dirs_exist_ok=True)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM applied"))
    with pytest.raises(StorageError, match=r"begins with fact 17, the database ends with fact 0") as refused:
        Storage.open(url)
    assert f"mv {spool_of(url)}" in refused.value.cure


def test_while_the_database_has_trouble_facts_wait_and_it_is_said_once(
    url: str, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with Storage.open(url) as storage:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE notifications RENAME TO elsewhere"))
        storage.keep(Notified("CP", "DataTransfer", NOW, {}))
        for _ in range(2):
            with pytest.raises(StorageError, match=r"1 facts are not in the database after .* notifications"):
                storage.flush(0.1)
        assert "notifications" in str(storage.problem)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO notifications"))
        storage.keep(Notified("CP", "DataTransfer", NOW, {}))
        storage.flush(10)
        assert storage.reading.counts().notifications == 2
    assert storage.problem is None
    assert [each.levelname for each in caplog.records if "storage" in each.name] == ["ERROR", "WARNING"]


def test_a_storage_that_is_closed_while_the_database_has_trouble_comes_back_with_all(url: str, engine: Engine) -> None:
    with Storage.open(url) as storage:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE notifications RENAME TO elsewhere"))
        storage.keep(Notified("CP", "DataTransfer", NOW, {}))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO notifications"))
    with Storage.open(url) as storage:
        assert storage.reading.counts().notifications == 1


def test_closing_leaves_nothing_out_of_the_database(url: str, engine: Engine) -> None:
    with Storage.open(url) as storage:
        for number in range(3000):
            storage.keep(Notified("CP", "DataTransfer", NOW, {"data": number}))
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notifications")) == 3000
        assert connection.scalar(text("SELECT sequence FROM applied")) == 3000


def test_a_second_server_is_refused_even_with_a_spool_of_its_own(url: str, tmp_path: Path) -> None:
    with Storage.open(url):
        for folder in (None, tmp_path / "other"):
            with pytest.raises(StorageError, match=r"in use by .* since") as refused:
                Storage.open(url, folder)
            assert "end that server" in refused.value.cure
    with Storage.open(url, tmp_path / "other") as storage:
        storage.keep(EVERY_KIND[0])


CHILD = """
    import sys
    from central_system.registry.facts import MetersRead, TransactionStarted
    from central_system.storage import Storage

    sample = [{"timestamp": "2026-11-22T10:27:38Z", "sampledValue": [{"value": "1"}]}]
    storage = Storage.open(sys.argv[1])
    for number in range(101, 100_000):
        if number % 10 == 1:
            storage.keep(TransactionStarted(number, "CP", 1, "TAG", 0, 1e9, "2026-11-22T10:27:38Z", "Accepted"))
        storage.keep(MetersRead("CP", 1, number // 10 * 10 + 1, 1e9, sample))
        print(number, flush=True)
"""


def test_a_killed_server_comes_back_with_all_that_it_acknowledged(url: str) -> None:
    last = 0
    command = [sys.executable, "-c", textwrap.dedent(CHILD), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout
        for line in child.stdout:
            last = int(line)
            if last == 2000:
                child.send_signal(signal.SIGKILL)
    assert last >= 2000
    with Storage.open(url) as storage:
        counts = storage.reading.counts()
        state = storage.load()
        assert counts.meter_values - (last - 100) in {0, 1}
        assert [each.transaction for each in state.transactions] == list(range(101, state.last_transaction + 1, 10))
        assert state.last_transaction in {last - (last - 1) % 10, last + 1}
        keep_all(storage, [TransactionStopped(101, "CP", 5, NOW, SENT)])
        stopped = storage.reading.transaction(101)
        assert stopped
        assert stopped.meter_stop == 5
