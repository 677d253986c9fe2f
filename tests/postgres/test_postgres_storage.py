"""The scenarios of the storage with a real PostgreSQL, and what only a server can do: go away, be someone else's."""

import random
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from central_system.registry.facts import Fact, Notified, TagRegistered
from central_system.storage import Storage, StorageError
from central_system.storage.database import Database
from tests.postgres.server import PostgreSQL
from tests.unit.central_system.test_storage_hostile import (  # noqa: F401  (likewise)
    test_all_that_was_hostile_can_be_told_as_json,
    test_hostile_facts_stop_nothing_and_are_kept_whole,
    test_nothing_of_a_misshapen_meter_value_is_lost,
)
from tests.unit.central_system.test_storage_lasting import (  # noqa: F401  (likewise)
    test_a_fact_counts_once_however_often_its_line_is_found,
    test_a_killed_server_comes_back_with_all_that_it_acknowledged,
    test_a_second_server_is_refused_even_with_a_spool_of_its_own,
    test_a_spool_of_another_database_is_refused,
    test_a_storage_that_is_closed_while_the_database_has_trouble_comes_back_with_all,
    test_closing_leaves_nothing_out_of_the_database,
    test_while_the_database_has_trouble_facts_wait_and_it_is_said_once,
)
from tests.unit.central_system.test_storage_migrations import (  # noqa: F401  (tests and fixtures are collected here too)
    later,
    test_a_database_of_a_later_version_is_refused,
    test_a_database_that_is_up_to_date_is_left_alone,
    test_an_upgrade_keeps_and_extends_what_is_there,
    test_an_upgrade_that_fails_changes_nothing,
    test_tables_of_another_program_are_left_alone,
    test_the_migrations_make_what_the_models_say,
)
from tests.unit.central_system.test_storage_scenarios import (  # noqa: F401  (likewise)
    test_a_meter_value_says_explicitly_what_it_left_to_the_defaults,
    test_a_plot_has_a_series_for_each_measurand_and_phase_by_the_charge_points_clock,
    test_a_storage_is_new_until_something_is_kept,
    test_an_empty_storage_knows_nothing,
    test_every_kind_of_fact_can_be_asked_for,
    test_every_kind_of_fact_is_there_after_a_restart,
    test_pages_follow_each_other_and_answer_for_one_charge_point,
    test_the_state_is_the_one_that_a_registry_has_of_the_same_facts,
)


def told(number: int) -> Fact:
    return Notified("CP", "DataTransfer", 1e9, {"data": number})


def numbers(storage: Storage) -> list[int]:
    found: list[int] = []
    before = None
    while True:
        page = storage.reading.notifications(before=before, limit=1000)
        found += [each.request["data"] for each in page.rows]
        if (before := page.before) is None:
            return found[::-1]


def test_a_server_that_restarts_in_mid_stream_gets_every_fact_once(
    url: str, postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    kept = 0
    with Storage.open(url) as storage:
        restarting = threading.Thread(target=postgresql.restart)
        restarting.start()
        while restarting.is_alive() or kept < 2000:
            storage.keep(told(kept))
            kept += 1
            restarting.join(0.0005)
        storage.flush(20)
        assert storage.problem is None
        assert numbers(storage) == list(range(kept))
    assert "facts stay in" in caplog.text, "the server was away while facts came"


def test_while_the_server_is_away_facts_are_taken_and_the_page_is_told(url: str, postgresql: PostgreSQL) -> None:
    with Storage.open(url) as storage:
        postgresql.stop()
        try:
            for number in range(100):
                storage.keep(told(number))
            with pytest.raises(
                StorageError, match=r"100 facts are not in the database after 0.5 s: cannot use postgresql"
            ):
                storage.flush(0.5)
            with pytest.raises(StorageError, match="cannot use postgresql"):
                storage.reading.counts()
            assert "cannot use postgresql" in str(storage.problem)
        finally:
            postgresql.start()
        storage.flush(20)
        assert numbers(storage) == list(range(100))


def test_a_storage_that_closes_while_the_server_is_away_loses_nothing(url: str, postgresql: PostgreSQL) -> None:
    with Storage.open(url) as storage:
        postgresql.stop()
        for number in range(100):
            storage.keep(told(number))
    with pytest.raises(StorageError, match="cannot use postgresql") as refused:
        Storage.open(url)
    assert "see that the server runs there" in refused.value.cure
    postgresql.start()
    with Storage.open(url) as storage:
        assert numbers(storage) == list(range(100))


def test_who_lost_the_lock_to_another_server_writes_no_more(url: str, engine: Engine) -> None:
    """The lock is that of the connection that writes: when the server ends it, the next one to ask has it."""
    with Storage.open(url) as storage:
        storage.keep(told(0))
        storage.flush(10)
        other = Database.of(url)
        mine = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        with engine.begin() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend(({mine}), 5000)"))
        with other.connect():
            storage.keep(told(1))
            with pytest.raises(StorageError, match=r"in use by ocpp-rig \d+@"):
                storage.flush(0.5)
            with engine.begin() as connection:
                assert connection.scalar(text("SELECT count(*) FROM notifications")) == 1
        other.engine.dispose()
        storage.flush(10)
        assert numbers(storage) == [0, 1]


def test_what_is_too_large_for_an_index_is_kept_whole(url: str) -> None:
    """PostgreSQL calls that an operational error (class 54), as it does its own absence."""
    tag = random.Random(1).randbytes(20_000).hex()
    with Storage.open(url) as storage:
        storage.keep(TagRegistered(tag, 1e9))
        storage.keep(told(1))
        storage.flush(10)
        after, whole = storage.reading.notifications().rows
    assert after.request == {"data": 1}
    assert (whole.action, whole.request["id_tag"]) == ("tag-registered", tag)
    assert "index row" in str(whole.problem)


def test_two_schemas_of_one_database_are_two_storages(url: str, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA second"))
    with (
        Storage.open(url) as first,
        Storage.open(f"{url}&options=-csearch_path%3Dsecond", tmp_path / "second") as second,
    ):
        first.keep(told(1))
        second.keep(told(2))
        first.flush(10)
        second.flush(10)
        assert (numbers(first), numbers(second)) == ([1], [2])


def test_a_database_of_another_encoding_is_refused(postgresql: PostgreSQL, tmp_path: Path) -> None:
    postgresql.administrate("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(StorageError, match="stores text as SQL_ASCII") as refused:
        Storage.open(postgresql.url("ascii"), tmp_path)
    assert "--encoding=UTF8" in refused.value.cure
    postgresql.administrate("DROP DATABASE ascii")


def test_a_database_that_does_not_exist_is_told(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match='database "nowhere" does not exist') as refused:
        Storage.open(postgresql.url("nowhere"), tmp_path)
    assert "that the database exists" in refused.value.cure
