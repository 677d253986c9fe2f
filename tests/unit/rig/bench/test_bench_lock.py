"""One user of a device at a time: across threads, processes and users, whoever dies."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.bench import lock as lock_module
from rig.bench.lock import LockHeld, device_lock, lock_folder, lock_owner, locks
from rig.errors import BenchError

ID = "066BFF303435554157121019"
# Takes the lock, says so, and leaves when its stdin is closed. argv: seconds to wait, user id.
TAKER = f"""
import os, signal, sys
from rig.bench.lock import device_lock
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored in the background
if (uid := int(sys.argv[2])) != os.getuid():
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
with device_lock({ID!r}, wait_s=float(sys.argv[1]), say=lambda line: print(line, flush=True)):
    print("have it", flush=True)
    sys.stdin.read()
"""
NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


class Taker:
    """Another process that wants the device."""

    def __init__(self, wait_s: float = 0, uid: int = -1) -> None:
        user = os.getuid() if uid < 0 else uid
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-c", TAKER, str(wait_s), str(user)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline().rstrip("\n")

    def leave(self) -> str:
        """Let it end by itself; what it said at last."""
        out, err = self.popen.communicate()
        return out + err


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCPP_RIG_LOCKS", str(tmp_path / "locks"))
    return tmp_path / "locks"


@pytest.fixture
def takers() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def taker(takers: contextlib.ExitStack, wait_s: float = 0, uid: int = -1) -> Taker:
    started = Taker(wait_s, uid)
    takers.enter_context(started.popen)
    takers.callback(started.popen.kill)
    return started


def test_who_has_a_device_is_told_while_it_is_had_and_nothing_is_left_afterwards(folder: Path) -> None:
    assert lock_owner(ID) is None
    with device_lock(ID) as owner:
        assert owner.pid == os.getpid()
        assert lock_owner(ID) == owner
        assert locks() == [owner]
    assert lock_owner(ID) is None
    assert locks() == []
    assert list(folder.iterdir()) == []


def test_different_devices_do_not_disturb_each_other() -> None:
    with device_lock("a/b"), device_lock("a_b"), device_lock(".."):
        assert {owner.device for owner in locks()} == {"a/b", "a_b", ".."}


def test_within_one_process_too_a_device_has_one_user() -> None:
    with device_lock(ID), pytest.raises(LockHeld, match=f"process {os.getpid()} of "), device_lock(ID):
        pytest.fail("had it twice")


def test_a_second_process_is_refused_with_the_owners_name(takers: contextlib.ExitStack) -> None:
    first = taker(takers)
    assert first.says() == "have it"
    with pytest.raises(LockHeld) as refused, device_lock(ID):
        pytest.fail("it is not free")
    owner = refused.value.owner
    assert owner
    assert owner.pid == first.popen.pid
    assert f"in use by process {owner.pid} of {owner.user} on {owner.host}, since 20" in refused.value.message
    assert f"running `{owner.command}`" in refused.value.message
    assert refused.value.cure == f"wait for it (--wait SECONDS), or end it: kill {owner.pid}"


def test_one_that_waits_says_for_whom_and_gets_it_when_the_owner_leaves(takers: contextlib.ExitStack) -> None:
    with device_lock(ID):
        second = taker(takers, wait_s=60)
        said = second.says()
        assert f"in use by process {os.getpid()} of " in said
        assert "waiting up to 60 s" in said
    assert second.says() == "have it"


def test_the_patience_of_one_that_waits_ends(takers: contextlib.ExitStack) -> None:
    first = taker(takers)
    assert first.says() == "have it"
    with pytest.raises(LockHeld, match=r"\(waited 0\.2 s\)"), device_lock(ID, wait_s=0.2):
        pytest.fail("it is not free")


def test_ctrl_c_ends_the_waiting_at_once(takers: contextlib.ExitStack) -> None:
    with device_lock(ID) as owner:
        second = taker(takers, wait_s=3600)
        assert "waiting" in second.says()
        second.popen.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in second.leave()
        assert lock_owner(ID) == owner


def test_sigkill_frees_the_device_and_the_next_one_says_so(takers: contextlib.ExitStack) -> None:
    first = taker(takers)
    assert first.says() == "have it"
    first.popen.kill()
    first.popen.wait()
    assert lock_owner(ID) is None
    said: list[str] = []
    with device_lock(ID, say=said.append) as owner:
        assert said == [f"device {ID}: taken over from {said[0].split('taken over from ')[1]}"]
        assert f"process {first.popen.pid} of {owner.user}" in said[0]
        assert said[0].endswith(", which died")
        assert lock_owner(ID) == owner


def test_killing_one_that_waits_leaves_no_process(
    takers: contextlib.ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "bin/flock"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\necho $$\nPATH=${PATH#*:} exec flock "$@"\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(stub.parent), prepend=os.pathsep)
    with device_lock(ID):
        second = taker(takers, wait_s=3600)
        assert "waiting" in second.says()
        waiting = os.pidfd_open(int(second.says()))
        second.popen.kill()
        assert select.select([waiting], [], [], 30)[0] == [waiting]
        os.close(waiting)


def test_a_child_that_outlives_its_owner_does_not_keep_the_device() -> None:
    with device_lock(ID):
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with child, device_lock(ID) as owner:
        assert child.poll() is None
        assert owner.pid == os.getpid()


def test_a_file_that_its_owner_removed_meanwhile_is_no_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner leaves between the opening of its file and the locking of it."""
    opened: list[int] = []
    real = lock_module._open

    def open_as_the_owner_leaves(path: Path) -> int:
        descriptor = real(path)
        if not opened:
            path.unlink()
        opened.append(descriptor)
        return descriptor

    monkeypatch.setattr(lock_module, "_open", open_as_the_owner_leaves)
    with device_lock(ID) as owner:
        assert len(opened) == 2
        assert lock_owner(ID) == owner
        assert [file.name for file in folder.iterdir()] == [f"{ID}.lock"]


def test_what_another_user_made_is_never_opened_with_o_creat(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fs.protected_regular forbids that in a sticky folder, even where the file may be written."""
    folder.mkdir()
    (folder / f"{ID}.lock").touch()
    flags, real = [], os.open

    def opened(path: str, flag: int, *rest: int) -> int:
        flags.append(flag)
        return real(path, flag, *rest)

    monkeypatch.setattr(os, "open", opened)
    with device_lock(ID):
        assert flags
        assert not any(flag & os.O_CREAT for flag in flags)


def test_folder_and_files_are_for_all_users_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        with device_lock(ID):
            assert folder.stat().st_mode & 0o7777 == 0o1777
            assert (folder / f"{ID}.lock").stat().st_mode & 0o7777 == 0o666
    finally:
        os.umask(before)


@pytest.fixture
def for_all_users(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        shared = Path(name) / "locks"
        shared.mkdir()
        shared.chmod(0o1777)
        monkeypatch.setenv("OCPP_RIG_LOCKS", str(shared))
        yield shared


@as_root
def test_another_user_is_refused_and_told_whom_to_ask(takers: contextlib.ExitStack, for_all_users: Path) -> None:
    with device_lock(ID) as owner:
        refused = taker(takers, uid=NOBODY).leave()
        assert f"in use by process {owner.pid} of root" in refused
        assert "ask root to end it" in refused
        assert list(for_all_users.iterdir()) == [for_all_users / f"{ID}.lock"]


@as_root
def test_a_device_goes_from_user_to_user_over_the_dead(takers: contextlib.ExitStack, for_all_users: Path) -> None:
    alice = taker(takers, uid=os.getuid())
    assert alice.says() == "have it"
    alice.popen.kill()
    alice.popen.wait()
    bob = taker(takers, uid=NOBODY)
    assert f"taken over from process {alice.popen.pid} of root" in bob.says()
    assert bob.says() == "have it"
    assert bob.leave() == ""
    left = for_all_users / f"{ID}.lock"
    assert left.read_bytes() == b""  # it is root's, in a sticky folder: nobody may not remove it
    said: list[str] = []
    with device_lock(ID, say=said.append):
        assert said == []


def test_a_folder_that_cannot_be_used_is_told_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OCPP_RIG_LOCKS", str(tmp_path / "file/locks"))
    with (
        pytest.raises(BenchError, match=r"install -d -m 1777 .*, or name another folder for all users"),
        device_lock(ID),
    ):
        pytest.fail("no folder, no lock")


def test_the_folder_is_the_same_for_every_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCPP_RIG_LOCKS")
    monkeypatch.setenv("TMPDIR", "/home/alice/tmp")
    assert lock_folder() in {Path("/run/lock/ocpp-rig"), Path("/tmp/ocpp-rig-locks")}  # noqa: S108
