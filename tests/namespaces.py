"""Network namespaces for tests: as many hosts as it takes, on one machine."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

HOLDER = "import sys; from rig import netns; netns.enter(); print('entered', flush=True); sys.stdin.read()"


@contextlib.contextmanager
def network_namespace() -> Iterator[str]:
    """A network namespace with nothing but loopback; gives its path. It ends with the context, and with the tests.

    Skips the test where the kernel gives this user none.
    """
    # It reads a pipe that only we can write to: however we end, its end of it is closed.
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stderr
        if not holder.stdout.readline():
            pytest.skip(f"no network namespace here: {holder.stderr.read().strip().splitlines()[-1]}")
        yield f"/proc/{holder.pid}/ns/net"
        holder.stdin.close()
