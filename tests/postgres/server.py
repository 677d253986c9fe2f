"""A PostgreSQL of one's own: Debian's programs, a temporary folder, a Unix socket in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

INSTALLED = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None: there is none."""
    found = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class PostgreSQL:
    """A server that listens on no network.

    It refuses to run as root, who runs it as the user `postgres`.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user: dict[str, Any] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="ocpp-rig-postgresql-"))
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._data = self.folder / "data"
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread
        self._run("initdb", "--username=rig", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["-k", str(self.folder), "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=30"]
        command = [str(self._programs / "postgres"), "-D", str(self._data), *options]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/", **self._user)
        log = self._process.stderr
        assert log
        said = []
        for line in log:
            said.append(line)
            if "ready to accept connections" in line:
                break
        else:
            self._process.wait()
            raise RuntimeError(f"postgres did not start: {''.join(said)}")
        # What it says later is of no interest, but somebody has to take it.
        self._listener = threading.Thread(target=log.read, daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """End it, the connections of its clients with it (SIGINT: fast shutdown)."""
        if (process := self._process) is None:
            return
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        self._listener.join()
        assert process.stderr
        process.stderr.close()
        self._process = None

    def restart(self) -> None:
        """End it and start it again."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Leave nothing."""
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """The URL of a database, for SQLAlchemy."""
        return f"postgresql://rig@/{database}?host={quote(str(self.folder), safe='')}"

    def administrate(self, statement: str) -> None:
        """Execute a statement that concerns databases."""
        with psycopg.connect(f"host={self.folder} user=rig dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._data}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, timeout=120, **self._user)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")
