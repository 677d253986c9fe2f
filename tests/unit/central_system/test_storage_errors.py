"""What cannot be used as a storage is told with a cure; and what the URL of one may be."""

import builtins
import os
import pwd
import sys
from pathlib import Path

import pytest

from central_system.storage import Storage, StorageError
from central_system.storage.database import Database


@pytest.mark.parametrize(
    ("url", "problem", "cure"),
    [
        ("", "cannot be understood", "sqlite:////var"),
        ("rig.db", "cannot be understood", "sqlite:////var"),
        ("mysql://host/rig", "kind mysql", "postgresql://user"),
        ("postgresql+asyncpg://host/rig", "kind postgresql.asyncpg", "postgresql://user"),
        ("sqlite+aiosqlite:///rig.db", "kind sqlite.aiosqlite", "sqlite:////var"),
        ("sqlite://", "names no file", "leave it out"),
        ("sqlite:///:memory:", "names no file", "leave it out"),
        ("sqlite:////proc/nowhere/rig.db", "cannot use /proc/nowhere", "the right to write"),
        ("sqlite:////proc/rig.db", "cannot use /proc", "the right to write"),
        ("sqlite:////tmp", "cannot use", "is there, can be written"),
        ("postgresql://host:port/rig", "cannot be understood", "postgresql://user"),
        ("postgresql://rig:secret@127.0.0.1:1/rig", "Connection refused", "the server runs there"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_with_a_cure(
    url: str, problem: str, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(StorageError, match=problem) as told:
        Storage.open(url)
    assert cure in told.value.cure
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "rig.db"
    file.write_text("a letter to somebody, long enough to be more than a header of SQLite's would be\n" * 20)
    before = file.read_bytes()
    with pytest.raises(StorageError, match=f"{file} is no SQLite database"):
        Storage.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_missing_driver_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return original(name, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StorageError, match="No module named 'psycopg'") as told:
        Database.of("postgresql://localhost/rig")
    assert told.value.cure == "pip install 'zephyr-ocpp-rig[postgresql]'"


def test_a_failed_opening_leaves_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "rig.db"
    file.write_bytes(b"no database" * 200)
    for _ in range(2):
        with pytest.raises(StorageError, match="is no SQLite database"):
            Storage.open(f"sqlite:///{file}")
    file.unlink()
    Storage.open(f"sqlite:///{file}").close()


def test_the_database_is_for_its_user_alone(tmp_path: Path) -> None:
    with Storage.open(f"sqlite:///{tmp_path}/rig.db"):
        kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) >= 4
    assert not any(path.stat().st_mode & 0o077 for path in tmp_path.rglob("*"))


def test_a_spool_may_lie_elsewhere(tmp_path: Path) -> None:
    with Storage.open(f"sqlite:///{tmp_path}/rig.db", tmp_path / "spool"):
        assert (tmp_path / "spool" / "lock").exists()
    assert not (tmp_path / "rig.db.spool").exists()


def test_the_spool_of_a_database_elsewhere_is_in_the_users_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert Database.of("postgres://rig:pw@db.lan/bench").name == "postgresql+psycopg://rig:***@db.lan/bench"
    assert Database.of("postgres://rig:pw@db.lan/bench").spool == Path("/state/ocpp-rig/spool/db.lan%3A5432%2Fbench")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    of_socket = Database.of("postgresql:///bench?host=/run/postgresql").spool
    assert of_socket == Path("/home/me/.local/state/ocpp-rig/spool/%2Frun%2Fpostgresql%3A5432%2Fbench")


def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    me = os.geteuid()
    try:
        if me == 0:  # may write everywhere
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        with pytest.raises(StorageError, match="Permission denied") as told:
            Storage.open(f"sqlite:///{tmp_path}/rig.db")
    finally:
        os.seteuid(me)
    assert "the right to write there" in told.value.cure
