"""Places of a real coordinator and exporter: acquired, refused, waited for, reserved, lost, given back."""

import asyncio
import contextlib
import functools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from rig.bench.device import Device
from rig.errors import BenchError
from rig.farm import place as place_module
from rig.farm.place import acquired, reserved
from tests.farm.conftest import Farm, MakeFarm, console, ignore, probe

PLACES = ("disco1", "disco2", "disco3")
LOSS_S = 20.0


@pytest.fixture(scope="module")
def shared(make_farm: MakeFarm) -> Iterator[Farm]:
    with make_farm() as farm:
        exported = {name: {"console": console(7000, speed=921_600), "pyocd": probe(5555)} for name in PLACES}
        with farm.exporter("bench1", exported):
            farm.make_places(
                *(functools.partial(farm.make_place, name, f"bench1/{name}/*", board="disco_f769") for name in PLACES),
                functools.partial(farm.make_place, "mute", "bench1/disco1/NetworkService"),
                functools.partial(farm.make_place, "moved", "bench9/disco1/*"),
            )
            yield farm


@pytest.fixture
def farm(shared: Farm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    monkeypatch.setenv("LG_COORDINATOR", shared.coordinator)
    yield shared
    for place in PLACES:
        assert shared.owner(place) is None, f"{place} was left acquired or reserved"


@contextlib.contextmanager
def held_by_alice(farm: Farm, place: str) -> Iterator[Callable[[], object]]:
    """Alice has the place until she lets go."""
    farm.client("-p", place, "acquire", user="alice")
    released: list[str] = []

    def let_go() -> None:
        if not released:
            released.append(farm.client("-p", place, "release", user="alice"))

    try:
        yield let_go
    finally:
        let_go()


def board(place: str) -> Device:
    return Device("a board", "stm32f769i_disco", place=place)


def test_a_place_is_ours_within_the_block_and_tells_where_console_and_probe_are(farm: Farm) -> None:
    with acquired(board("disco1"), wait_s=0)(ignore) as attached:
        assert attached.device.serial == "socket://127.0.0.1:7000"
        assert attached.device.baud == 921_600
        assert attached.device.probe == "remote:127.0.0.1:5555"
        assert (farm.owner("disco1") or "").partition("/")[0], "nobody has it"
        assert farm.owner("disco2") is None
    assert farm.owner("disco1") is None


def test_a_place_that_somebody_has_is_refused_with_the_owners_name(farm: Farm) -> None:
    with held_by_alice(farm, "disco1"), pytest.raises(BenchError) as refused:
        acquired(board("disco1"), wait_s=0)(ignore).__enter__()
    assert "disco1" in refused.value.message
    assert "/alice" in refused.value.message
    assert "labgrid-client -p disco1 release" in refused.value.cure


def test_a_second_run_of_the_same_user_is_refused_too_and_told_that_it_is_he(farm: Farm) -> None:
    with acquired(board("disco1"), wait_s=0)(ignore), pytest.raises(BenchError) as refused:
        acquired(board("disco1"), wait_s=0)(ignore).__enter__()
    assert "is you" in refused.value.cure
    assert farm.owner("disco1") is None


def test_whoever_waits_has_the_place_as_soon_as_it_is_released(farm: Farm) -> None:
    told = []
    with held_by_alice(farm, "disco1") as let_go:

        def hear(line: str) -> None:
            told.append(line)
            if "waiting" in line:
                let_go()

        with acquired(board("disco1"), wait_s=60)(hear):
            assert not (farm.owner("disco1") or "").endswith("/alice")
    assert "/alice" in told[0]


def test_waiting_ends_when_its_time_is_over(farm: Farm) -> None:
    with held_by_alice(farm, "disco1"), pytest.raises(BenchError, match=r"waited 0\.2 s"):
        acquired(board("disco1"), wait_s=0.2)(ignore).__enter__()


RIG = """
import sys
from rig.bench.device import Device
from rig.farm.place import acquired
with acquired(Device("a board", "stm32f769i_disco", place="disco1"), wait_s=60)(lambda line: print(line, flush=True)):
    sys.stdin.read()
"""


def killed_when_it_says(words: str) -> None:
    with subprocess.Popen([sys.executable, "-c", RIG], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as rig:
        assert rig.stdout
        assert words in rig.stdout.readline()
        rig.send_signal(signal.SIGKILL)


def test_a_killed_run_frees_its_place(farm: Farm) -> None:
    killed_when_it_says("console")
    farm.until_free("disco1")


def test_a_run_that_is_killed_while_it_waits_stands_in_line_no_more(farm: Farm) -> None:
    with held_by_alice(farm, "disco1"):
        killed_when_it_says("waiting")
    farm.until_free("disco1")


def test_a_reservation_by_tag_is_given_a_free_place_and_nobody_else_is_given_that(farm: Farm) -> None:
    with held_by_alice(farm, "disco1"), held_by_alice(farm, "disco3"):
        with reserved({"board": "disco_f769"}, wait_s=0, say=ignore) as reservation:
            assert reservation.place == "disco2"
            with pytest.raises(BenchError, match="is you"):
                acquired(board("disco2"), wait_s=0)(ignore).__enter__()
            with acquired(board("disco2"), wait_s=0, token=reservation.token)(ignore) as attached:
                assert attached.device.serial
        assert farm.owner("disco2") is None


def test_tags_that_no_free_place_has_are_refused_with_all_owners(farm: Farm) -> None:
    with contextlib.ExitStack() as alice:
        for place in PLACES:
            alice.enter_context(held_by_alice(farm, place))
        with pytest.raises(BenchError) as refused:
            reserved({"board": "disco_f769"}, wait_s=0, say=ignore).__enter__()
    assert refused.value.message.count("/alice") == len(PLACES)


def test_tags_that_no_place_has_are_refused_whatever_the_patience(farm: Farm) -> None:
    del farm
    with pytest.raises(BenchError, match=r"no place tagged board=disco_f746; tags: .*disco1: board=disco_f769"):
        reserved({"board": "disco_f746"}, wait_s=600, say=ignore).__enter__()


@pytest.mark.parametrize(
    ("place", "message", "cure"),
    [
        ("disco9", "no place disco9; it has disco1, disco2, disco3", "labgrid-client -p disco9 create"),
        ("mute", "no NetworkSerialPort", "add-match"),
        ("moved", "nothing matches bench9/disco1/*; exporters: bench1", "start labgrid-exporter on bench9"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused_with_the_cure(farm: Farm, place: str, message: str, cure: str) -> None:
    with pytest.raises(BenchError) as refused:
        acquired(board(place), wait_s=0)(ignore).__enter__()
    assert message in refused.value.message
    assert cure in refused.value.cure
    if place in {"mute", "moved"}:
        assert farm.owner(place) is None


def test_a_coordinator_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_COORDINATOR", "127.0.0.1:9")
    with pytest.raises(BenchError) as refused:
        acquired(board("disco1"), wait_s=0)(ignore).__enter__()
    assert "127.0.0.1:9" in refused.value.message
    assert "LG_COORDINATOR" in refused.value.cure


def test_without_labgrid_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_module, "find_spec", lambda _: None)
    with pytest.raises(BenchError) as refused:
        acquired(board("disco1"), wait_s=0)(ignore).__enter__()
    assert "pip install 'zephyr-ocpp-rig[farm]'" in refused.value.cure


async def loss(device: Device, break_it: Callable[[], object]) -> BenchError:
    """What a run is told when this happens in its midst."""
    told: asyncio.Future[BenchError] = asyncio.get_running_loop().create_future()
    with acquired(device, wait_s=0)(ignore) as attached:
        async with attached.watched(told.set_result), asyncio.timeout(LOSS_S):
            await asyncio.to_thread(break_it)
            return await told


def test_a_place_that_is_taken_away_is_lost(farm: Farm) -> None:
    error = asyncio.run(loss(board("disco1"), lambda: farm.client("-p", "disco1", "release", "--kick", user="alice")))
    assert "bench lost: labgrid place disco1 was released by somebody else" in error.message


def test_a_place_whose_exporter_ends_is_lost(make_farm: MakeFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_farm() as farm, farm.exporter("bench2", {"disco": {"console": console(), "pyocd": probe()}}) as exporter:
        monkeypatch.setenv("LG_COORDINATOR", farm.coordinator)
        farm.make_place("disco", "bench2/disco/*")
        error = asyncio.run(loss(board("disco"), exporter.kill))
        assert farm.owner("disco") is None
    assert "bench lost" in error.message
    assert "exporter bench2 has ended" in error.message


def test_a_place_whose_coordinator_ends_is_lost(make_farm: MakeFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_farm() as farm, farm.exporter("bench3", {"disco": {"console": console(), "pyocd": probe()}}):
        monkeypatch.setenv("LG_COORDINATOR", farm.coordinator)
        farm.make_place("disco", "bench3/disco/*")
        error = asyncio.run(loss(board("disco"), farm.end_coordinator))
    assert f"coordinator at {farm.coordinator} went away" in error.message
