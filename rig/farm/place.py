"""A board of a labgrid farm: its place is acquired for the run, and free again when the run is over."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO, Any, Self

from rig.bench.device import Device
from rig.errors import BenchError, UsageError
from rig.farm.order import DEFAULT_COORDINATOR, MODULE, Order, told
from rig.farm.resources import Resource, device_of
from rig.targets.attached import Attach, Attached

RELEASE_S = 15.0
"""Wall seconds that giving back may take before it is said that it did not work."""

Say = Callable[[str], object]


def acquired(device: Device, *, wait_s: float, token: str | None = None) -> Attach:
    """The board of the bench file's entry `device`, at its place: labgrid tells where its console and its probe are.

    Whoever has the place is waited for `wait_s` seconds at the most, in the order of labgrid's reservations. With the
    `token` of a reservation, the place that this reservation has got is taken.

    The context raises BenchError where the place cannot be had: somebody else has it (named), the coordinator
    ($LG_COORDINATOR) does not answer, there is no such place, it lacks a console or a probe, an exporter is gone.
    """

    @contextlib.contextmanager
    def attach(say: Say) -> Iterator[Attached]:
        if not device.place:
            raise UsageError(f"{device.id} is in no farm: its entry in the bench file names no `place`")
        order = Order(_coordinator(), wait_s, place=device.place, token=token)
        with _kept(order, f"labgrid place {device.place}", say) as (keeper, answer):
            resources = [Resource(**each) for each in answer["resources"]]
            ours = device_of(device.place, device, resources)
            say(f"labgrid place {device.place}: console {ours.serial}, probe {ours.probe_id}")
            yield Attached(ours, keeper.watched)

    return attach


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place that nobody else is given, and what its reservation is called."""

    place: str
    token: str


@contextlib.contextmanager
def reserved(tags: Mapping[str, str], *, wait_s: float, say: Say) -> Iterator[Reservation]:
    """A place that has all of these tags, reserved within the block.

    Raises:
        BenchError: there is none, or others have all of them and keep them for `wait_s` seconds.
    """
    order = Order(_coordinator(), wait_s, tags=tags)
    with _kept(order, "labgrid's reservation", say) as (_, answer):
        yield Reservation(answer["place"], answer["token"])


def _coordinator() -> str:
    return os.environ.get("LG_COORDINATOR") or DEFAULT_COORDINATOR


class _Keeper:
    """The process that has the place; it lives until `close`, or until this process is gone."""

    def __init__(self, order: Order, what: str, log: IO[bytes]) -> None:
        self._what = what
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, str(order)],
            bufsize=0,  # a loop that waits for the pipe must find in it all that was not read
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # it outlives us by as long as giving back takes
        )

    def answer(self) -> dict[str, Any]:
        """What it tells next.

        Raises:
            BenchError: it tells of an error, or has ended.
        """
        while line := self._stdout.readline():
            answer = told(line.decode())
            if answer and answer["event"] in {"error", "lost"}:
                raise BenchError(answer["message"], answer["cure"])
            if answer:
                return answer
        self._log.seek(0)
        log = self._log.read().decode(errors="replace").strip().splitlines()
        raise BenchError(
            f"bench lost: the process that keeps {self._what} ended" + "".join(f"\n  {line}" for line in log[-5:]),
            "see with `labgrid-client who` whether the place is free; else `labgrid-client -p PLACE release`",
        )

    @contextlib.asynccontextmanager
    async def watched(self, lost: Callable[[BenchError], None]) -> AsyncIterator[None]:
        """Within it, `lost` is called once if labgrid takes the place away, or a part of it."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            loop.remove_reader(self._stdout)
            try:
                self.answer()
            except BenchError as error:
                lost(error)

        loop.add_reader(self._stdout, read)
        try:
            yield
        finally:
            loop.remove_reader(self._stdout)

    def close(self, say: Say) -> None:
        """Have it give back what it has."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(RELEASE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            say(f"{self._what} was not given back within {RELEASE_S:g} s; see `labgrid-client who`")
        self._stdout.close()

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout  # noqa: S101  (it is a pipe; tells the type)
        return self._process.stdout

    @classmethod
    @contextlib.contextmanager
    def started(cls, order: Order, what: str, say: Say) -> Iterator[Self]:
        """A keeper for as long as the context lasts."""
        if find_spec("labgrid") is None:
            raise BenchError(
                "a place of a farm needs labgrid, which is not installed here",
                "pip install 'zephyr-ocpp-rig[farm]' (in a virtual environment: labgrid brings a pyserial of its own)",
            )
        with tempfile.TemporaryFile() as log:
            keeper = cls(order, what, log)
            try:
                yield keeper
            finally:
                keeper.close(say)


@contextlib.contextmanager
def _kept(order: Order, what: str, say: Say) -> Iterator[tuple[_Keeper, dict[str, Any]]]:
    """A keeper that has what it was ordered to, and its answer."""
    with _Keeper.started(order, what, say) as keeper:
        while (answer := keeper.answer())["event"] == "waiting":
            say(f"{what}: in use by {answer['holders']}; waiting up to {order.wait_s:g} s")
        yield keeper, answer
