"""A command, and that nothing of it outlives us."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from firmware_build.process import Lifeline, ignore, run

# As a build is: a shell, its child, and a grandchild in a process group of its own, as ninja starts compilers.
FAMILY = "python3 -c 'import os, signal; os.setpgid(0, 0); print(os.getpid(), flush=True); signal.pause()' & "
FAMILY += "echo $$; wait"


def test_output_comes_line_by_line_with_the_status(tmp_path: Path) -> None:
    lines: list[str] = []

    finished = run(
        ["sh", "-c", "echo one; echo two >&2; pwd; exit 3"], cwd=tmp_path, environ=os.environ, on_line=lines.append
    )

    assert finished.status == 3
    assert finished.output == lines == ["one", "two", str(tmp_path)]


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    finished = run(["printf", r"\377caf\303\251\r\n"], cwd=tmp_path, environ=os.environ, on_line=ignore)

    assert finished.output == ["\ufffdcafé"]


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    finished = run(["no-such-program"], cwd=tmp_path, environ=os.environ, on_line=ignore)

    assert finished.status == 1
    assert finished.output == ["no-such-program: No such file or directory"]


def test_a_command_that_a_signal_ended_has_the_status_of_a_shell(tmp_path: Path) -> None:
    assert run(["sh", "-c", "kill -TERM $$"], cwd=tmp_path, environ=os.environ, on_line=ignore).status == 128 + 15


def test_what_a_finished_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    finished = run(["sh", "-c", "sleep 60 & echo $!"], cwd=tmp_path, environ=os.environ, on_line=ignore)

    assert ended([int(finished.output[0])])


def test_an_exception_ends_the_whole_family(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt_when_all_are_there(line: str) -> None:
        pids.append(int(line))
        if len(pids) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", FAMILY], cwd=tmp_path, environ=os.environ, on_line=interrupt_when_all_are_there)

    assert ended(pids)


def test_a_lifeline_that_another_thread_cuts_ends_the_whole_family(tmp_path: Path) -> None:
    pids: list[int] = []
    lifeline = Lifeline()
    all_there = threading.Event()

    def cut() -> None:
        all_there.wait()
        lifeline.cut()

    cutter = threading.Thread(target=cut)
    cutter.start()

    def note(line: str) -> None:
        pids.append(int(line))
        if len(pids) == 2:
            all_there.set()

    finished = run(["sh", "-c", FAMILY], cwd=tmp_path, environ=os.environ, on_line=note, lifeline=lifeline)
    cutter.join()

    assert finished.status == 128 + signal.SIGKILL
    assert ended(pids)


def test_a_lifeline_that_was_cut_before_ends_the_command_as_it_starts(tmp_path: Path) -> None:
    lifeline = Lifeline()
    lifeline.cut()
    lifeline.cut()

    finished = run(["sleep", "60"], cwd=tmp_path, environ=os.environ, on_line=ignore, lifeline=lifeline)

    assert finished.status == 128 + signal.SIGKILL


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_us_ends_the_whole_family(tmp_path: Path, by: signal.Signals) -> None:
    program = (
        "import os, pathlib, sys; from firmware_build.process import run\n"
        "show = lambda line: print(line, flush=True)\n"
        "run(['sh', '-c', sys.argv[1]], cwd=pathlib.Path.cwd(), environ=os.environ, on_line=show)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, FAMILY],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as rig:
        try:
            assert rig.stdout is not None
            pids = [int(rig.stdout.readline()), int(rig.stdout.readline())]
            rig.send_signal(by)
            rig.wait(timeout=10)
        finally:
            rig.kill()

        assert ended(pids)


def ended(pids: list[int], within: float = 5.0) -> bool:
    """Whether all of these processes end in time; a pidfd becomes readable when its process has ended."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([descriptor], [], [], within)[0]:
                return False
        finally:
            os.close(descriptor)
    return True
