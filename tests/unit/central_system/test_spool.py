"""The spool: what `append` returned for is there, after a kill, a full disk, damage that is told where it is."""

import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_system.registry.facts import Notified
from central_system.storage.errors import StorageError
from central_system.storage.spool import Spool


def fact(number: int) -> Notified:
    return Notified("CP", "DataTransfer", float(number), {"vendorId": "x", "data": str(number)})


def filled(folder: Path, count: int, *, segment_bytes: int = 1 << 20) -> list[Path]:
    with Spool(folder, segment_bytes=segment_bytes) as spool:
        assert [spool.append(fact(number)) for number in range(1, count + 1)] == list(range(1, count + 1))
    return sorted(folder.glob("*.jsonl"))


def contents(spool: Spool, applied: int = 0) -> Iterator[int]:
    """The numbers of all facts in it; each is the one that was appended under that number."""
    reader = spool.reader(applied)
    while batch := reader.read():
        for sequence, read in batch:
            assert read == fact(sequence)
            yield sequence


def kept(folder: Path, applied: int = 0) -> list[int]:
    with Spool(folder) as spool:
        return list(contents(spool, applied))


def test_what_was_appended_is_read_once_and_in_order(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        reader = spool.reader(0)
        assert reader.read() == []
        spool.append(fact(1))
        spool.append(fact(2))
        assert [each.sequence for each in reader.read()] == [1, 2]
        assert reader.read() == []
        spool.append(fact(3))
        assert [(each.sequence, each.fact) for each in reader.read()] == [(3, fact(3))]


def test_numbers_go_on_where_they_ended(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    with Spool(tmp_path) as spool:
        assert spool.append(fact(4)) == 4
        assert list(contents(spool, applied=1)) == [2, 3, 4]


def test_segments_that_the_database_has_are_deleted_others_not(tmp_path: Path) -> None:
    segments = filled(tmp_path, 10, segment_bytes=300)
    assert len(segments) > 3
    with Spool(tmp_path, segment_bytes=300) as spool:
        assert list(contents(spool)) == list(range(1, 11))
        spool.drop(spool.applied(5))
        assert spool.applied(5) == []
        spool.append(fact(11))
        assert list(contents(spool, applied=5)) == [6, 7, 8, 9, 10, 11]
        assert len(sorted(tmp_path.glob("*.jsonl"))) < len(segments)


def test_a_reader_follows_over_segments_that_are_deleted_behind_it(tmp_path: Path) -> None:
    with Spool(tmp_path, segment_bytes=200) as spool:
        reader = spool.reader(0)
        seen = []
        for number in range(1, 30):
            spool.append(fact(number))
            seen += [each.sequence for each in reader.read()]
            spool.sync()
            spool.drop(spool.applied(number))
        assert seen == list(range(1, 30))
        assert len(list(tmp_path.glob("*.jsonl"))) == 1


def test_a_spool_that_the_database_wholly_has_begins_anew_behind_it(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    with Spool(tmp_path) as spool:
        spool.begin_anew(2)
        assert spool.last == 3, "the third is not in the database: nothing is deleted"
        spool.begin_anew(3)
        assert not list(tmp_path.glob("*.jsonl"))
        assert list(contents(spool, applied=3)) == []
        assert spool.append(fact(4)) == 4
    assert kept(tmp_path, applied=3) == [4]


def test_a_database_that_is_ahead_of_the_spool_is_followed(tmp_path: Path) -> None:
    """A loss of power may take the end of the spool that the database's own log has."""
    filled(tmp_path, 3)
    with Spool(tmp_path) as spool:
        reader = spool.reader(10)
        assert spool.append(fact(11)) == 11
        assert [each.sequence for each in reader.read()] == [11]


def test_a_database_that_lacks_facts_of_the_spool_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 10, segment_bytes=300)
    with Spool(tmp_path) as spool:
        spool.drop(spool.applied(5))
        with pytest.raises(StorageError, match=r"begins with fact \d, the database ends with fact 0") as refused:
            spool.reader(0)
        assert f"mv {tmp_path}" in refused.value.cure


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.data())
def test_a_line_torn_by_a_kill_is_cut_off_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    (segment,) = filled(folder, 3)
    lines = segment.read_bytes().splitlines(keepends=True)
    cut = data.draw(st.integers(0, len(lines[2]) - 1))
    segment.write_bytes(b"".join(lines[:2]) + lines[2][:cut])
    with Spool(folder) as spool:
        assert spool.last == 2
        assert segment.read_bytes() == b"".join(lines[:2])
        assert spool.append(fact(3)) == 3
        assert list(contents(spool)) == [1, 2, 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.data())
def test_other_damage_is_told_by_file_and_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (segment,) = filled(folder, 4)
    content = bytearray(segment.read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[where]))
    segment.write_bytes(content)
    if where == len(content) - 1:  # without its newline the last line is a torn one
        assert kept(folder) == [1, 2, 3]
        return
    with pytest.raises(StorageError) as told:
        kept(folder)
    line = bytes(segment.read_bytes()[:where]).count(b"\n") + 1
    if content[where] == ord("\n") and line == 4:
        line = 5  # the last line became two, neither of which is whole; the end is looked at first
    assert told.value.problem.startswith(f"{segment}:{line} is damaged: ")
    assert f"sed -i '{line}s/.*//' {segment}" in told.value.cure


@pytest.mark.parametrize("line", [1, 2, 4])
def test_the_cure_gives_up_one_line_and_keeps_the_others(tmp_path: Path, line: int) -> None:
    (segment,) = filled(tmp_path, 4)
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[line - 1] = b"\xff\x00garbage\n"
    segment.write_bytes(b"".join(lines))
    with pytest.raises(StorageError, match=f":{line} is damaged"):
        kept(tmp_path)
    lines[line - 1] = b"\n"  # what the cure's sed does
    segment.write_bytes(b"".join(lines))
    assert kept(tmp_path) == [number for number in (1, 2, 3, 4) if number != line]


def test_facts_before_the_damage_are_read_all_the_same(tmp_path: Path) -> None:
    (segment,) = filled(tmp_path, 4)
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(lines[0] + lines[1] + lines[3])
    with Spool(tmp_path) as spool:
        reader = spool.reader(0)
        assert [each.sequence for each in reader.read()] == [1, 2]
        for _ in range(2):
            with pytest.raises(StorageError, match=":3 is damaged: fact 3 should be there, not fact 4"):
                reader.read()


def test_a_segment_that_is_gone_is_missed_until_it_is_given_up(tmp_path: Path) -> None:
    segments = filled(tmp_path, 10, segment_bytes=300)
    gone = int(segments[1].stem)
    segments[1].unlink()
    with pytest.raises(StorageError, match=f"does not begin with fact {gone}: a file before it is gone") as told:
        kept(tmp_path)
    assert told.value.cure.endswith(f"echo > {segments[1]}")
    segments[1].write_text("\n", encoding="ascii")
    following = int(segments[2].stem)
    assert kept(tmp_path) == [*range(1, gone), *range(following, 11)]


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel takes part of a write and refuses the next one, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_half_a_line_keeps_nothing_of_it(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.append(fact(1))
        (segment,) = tmp_path.glob("*.jsonl")
        size = segment.stat().st_size
        for room in (0, 20):
            with files_of_at_most(size + room), pytest.raises(OSError, match=r"No space left|File too large"):
                spool.append(fact(2))
            assert segment.stat().st_size == size
        assert spool.append(fact(2)) == 2
        assert list(contents(spool)) == [1, 2]


def test_a_full_disk_is_told_to_who_appends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    write = os.write
    with Spool(tmp_path) as spool:
        spool.append(fact(1))
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", lambda _, line: write(full, line))
            with pytest.raises(OSError, match="No space left") as told:
                spool.append(fact(2))
        assert told.value.errno == errno.ENOSPC
        assert spool.append(fact(2)) == 2
        assert list(contents(spool)) == [1, 2]
    os.close(full)


def test_half_a_line_that_cannot_be_cut_off_at_once_is_cut_off_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    write = os.write
    with Spool(tmp_path) as spool:
        spool.append(fact(1))
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", lambda to, line: write(to, line[:30]))
            patched.setattr(os, "ftruncate", broken)
            with pytest.raises(OSError, match="30 of"):
                spool.append(fact(2))
            with pytest.raises(OSError, match="broken"):
                spool.append(fact(2))
        assert spool.append(fact(2)) == 2
    assert kept(tmp_path) == [1, 2]


def test_a_second_server_is_told_who_has_the_spool(tmp_path: Path) -> None:
    with Spool(tmp_path):
        with pytest.raises(StorageError, match=rf"in use by process {os.getpid()} since \d{{4}}-\d\d-\d\dT") as told:
            Spool(tmp_path)
        assert f"kill {os.getpid()}" in told.value.cure
    Spool(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_told_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot use") as told:
        Spool(tmp_path / "file")
    assert "name another place" in told.value.cure


def test_a_spool_that_was_left_takes_nothing_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.close()
    with pytest.raises(OSError, match="closed"):
        spool.append(fact(1))


CHILD = """
import sys
from pathlib import Path
from central_system.registry.facts import Notified
from central_system.storage.spool import Spool

spool = Spool(Path(sys.argv[1]), segment_bytes=20_000)
number = 0
while True:
    number += 1
    spool.append(Notified("CP", "DataTransfer", float(number), {"vendorId": "x", "data": str(number)}))
    print(number, flush=True)
"""


def test_every_append_that_returned_is_there_after_a_kill(tmp_path: Path) -> None:
    last = 0
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout
        for line in child.stdout:
            last = int(line)
            if last == 2000:
                child.send_signal(signal.SIGKILL)
            # What it told before it died comes too.
    assert last >= 2000
    numbers = kept(tmp_path)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) in {last, last + 1}, "the one after the last told may have been written, not more"
