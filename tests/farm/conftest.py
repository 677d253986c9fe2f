"""A labgrid farm on loopback: its real coordinator, its real exporter, as many places as a test wants."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

MISSING = None if importlib.util.find_spec("labgrid") else "labgrid is not installed: pip install '.[test,farm]'"
BIN = Path(sys.executable).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by name where there is no labgrid."""
    here = Path(__file__).parent
    for item in items:
        if MISSING and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=MISSING))


@contextlib.contextmanager
def program(
    command: Sequence[str | Path], ready: str, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program that has printed a line with `ready` in it, and that line. It ends with the block, and with us."""
    with subprocess.Popen(
        # No `preexec_fn`: Python would fork for it, and gRPC, which labgrid's client brings in, has handlers for that,
        # which may end the child.
        ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {}), "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError(f"{command[0]} ended before it was ready:\n{''.join(said)}")
        draining = threading.Thread(target=process.stdout.read)
        draining.start()
        try:
            yield process, said[-1].strip()
        finally:
            process.terminate()
            process.wait(15)
            draining.join()


@dataclass(frozen=True)
class Farm:
    """A coordinator, and how to talk to it as a user of labgrid does."""

    coordinator: str
    folder: Path
    end_coordinator: Callable[[], None]

    def client(self, *arguments: str, user: str | None = None) -> str:
        """What `labgrid-client` prints; `user`: as somebody else."""
        env = {**os.environ, "LG_COORDINATOR": self.coordinator, **({"LG_USERNAME": user} if user else {})}
        command = [str(BIN / "labgrid-client"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=60)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def exporter(self, name: str, groups: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
        """An exporter of these resources, which the coordinator knows when this yields."""
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(dict(groups)))
        command: list[str | Path] = [BIN / "labgrid-exporter", "-c", self.coordinator, "-n", name]
        with program([*command, "--hostname", "127.0.0.1", file], "Exporter ready") as (process, _):
            self.until_exported(f"{name}/{group}" for group in groups)
            yield process

    def make_place(self, name: str, *matches: str, **tags: str) -> None:
        """A place that has all that fits the matches."""
        self.client("-p", name, "create")
        for match in matches:
            self.client("-p", name, "add-match", match)
        if tags:
            self.client("-p", name, "set-tags", *(f"{key}={value}" for key, value in tags.items()))

    def make_places(self, *makers: Callable[[], None]) -> None:
        """Several at once: `labgrid-client` takes a second to start."""
        with ThreadPoolExecutor() as pool:
            for made in [pool.submit(maker) for maker in makers]:
                made.result()

    def owner(self, place: str) -> str | None:
        """Who has the place now."""
        from tests.farm.watching import owner_of  # noqa: PLC0415  (needs labgrid)

        return owner_of(self.coordinator, place)

    def until_exported(self, groups: Iterable[str]) -> None:
        """Wait until the coordinator knows all resources of these groups (`exporter/group`): a console and a probe."""
        from tests.farm.watching import until_exported  # noqa: PLC0415

        until_exported(self.coordinator, set(groups))

    def until_free(self, place: str) -> None:
        """Wait until nobody has the place."""
        from tests.farm.watching import until_owner  # noqa: PLC0415

        until_owner(self.coordinator, place, None)


MakeFarm = Callable[[], contextlib.AbstractContextManager[Farm]]


@pytest.fixture(scope="session")
def make_farm(tmp_path_factory: pytest.TempPathFactory) -> MakeFarm:
    """Makes a coordinator on a port that the kernel chooses."""

    @contextlib.contextmanager
    def make() -> Iterator[Farm]:
        folder = tmp_path_factory.mktemp("farm")
        # It keeps its places in the folder it is started in.
        command: list[str | Path] = [BIN / "labgrid-coordinator", "-l", "127.0.0.1:0"]
        with program(command, "listening on", cwd=folder) as (process, line):
            yield Farm(line.rpartition(" ")[2], folder, process.kill)

    return make


def console(port: int = 9, **more: Any) -> dict[str, Any]:
    """A console as an exporter's file describes it."""
    return {"cls": "NetworkSerialPort", "host": "127.0.0.1", "port": port, "protocol": "raw", **more}


def probe(port: int = 9) -> dict[str, Any]:
    """A `pyocd server` likewise."""
    return {"cls": "NetworkService", "address": "127.0.0.1", "port": port, "username": "nobody"}


def ignore(line: str) -> None:
    """Take no notice of what is said."""
