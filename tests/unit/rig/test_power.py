"""Switching a board's supply, with programs that stand in for uhubctl and for the bench's own commands."""

import asyncio
import os
import select
import time
from collections.abc import Coroutine
from pathlib import Path

import pytest

from rig.bench import power as switching
from rig.bench.device import Device, Power
from rig.bench.port_return import port_appears, port_is_there
from rig.bench.power import power_cycle, run_command, switch
from rig.errors import BenchError

HUB = Power(hub="1-1.4", port=2)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that this machine has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(switching, "OFF_S", 0.05)
    monkeypatch.chdir(tmp_path)
    return folder


def install(folder: Path, name: str, script: str) -> str:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    program.chmod(0o755)
    return str(program)


def device(power: Power | None, serial: str | None = None) -> Device:
    return Device(id="066AFF", platform="stm32f769i_disco", power=power, serial=serial)


def failure(work: Coroutine[None, None, object]) -> BenchError:
    with pytest.raises(BenchError) as failed:
        asyncio.run(work)
    assert failed.value.cure
    return failed.value


def test_a_hub_port_is_switched_off_and_on_again(programs: Path, tmp_path: Path) -> None:
    install(programs, "uhubctl", 'echo "$@" >> calls')
    assert asyncio.run(power_cycle(device(HUB))) is False
    assert (tmp_path / "calls").read_text() == "-l 1-1.4 -p 2 -a off\n-l 1-1.4 -p 2 -a on\n"


def test_commands_of_the_bench_file_are_run_as_they_stand_there(programs: Path, tmp_path: Path) -> None:
    relay = install(programs, "relay", 'echo "$1|$2" >> calls')
    power = Power(on=(relay, "on", "a b; touch $HOME"), off=(relay, "off"))
    asyncio.run(power_cycle(device(power)))
    assert (tmp_path / "calls").read_text() == "off|\non|a b; touch $HOME\n"


def test_a_console_with_a_supply_of_its_own_is_not_waited_for(programs: Path, tmp_path: Path) -> None:
    install(programs, "uhubctl", "exit 0")
    port = tmp_path / "port"
    port.touch()
    assert asyncio.run(power_cycle(device(HUB, str(port)))) is False
    assert asyncio.run(power_cycle(device(HUB, "rfc2217://exporter:4000"))) is False


def test_a_console_that_went_with_the_supply_is_waited_for(programs: Path, tmp_path: Path) -> None:
    port = tmp_path / "serial" / "by-id" / "usb-STLink"
    install(
        programs,
        "uhubctl",
        f'case "$6" in off) rm -r {port.parent.parent};;'
        f" on) (sleep 0.3; mkdir -p {port.parent}; ln -s /dev/null {port}) & esac",
    )
    port.parent.mkdir(parents=True)
    port.touch()
    assert asyncio.run(power_cycle(device(HUB, str(port)))) is True
    assert port.is_symlink()


def test_a_console_that_does_not_come_back_is_said_so(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(programs, "uhubctl", "exit 0")
    monkeypatch.setattr(switching, "RETURN_S", 0.1)
    error = failure(power_cycle(device(HUB, str(tmp_path / "port"))))
    assert error.message.endswith("port has not come back within 0.1 s of switching the supply on")


def test_a_port_is_there_when_udev_has_given_it_to_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).stat().st_mode & 0o060 == 0o060)
    port.chmod(0o600)
    assert not port_is_there(str(port))

    async def udev() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(port_appears(str(port), within_s=5))
            await asyncio.sleep(0.05)
            port.chmod(0o660)

    asyncio.run(udev())


def test_uhubctl_that_is_not_installed_is_named_with_its_package(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs))
    error = failure(switch(HUB, on=True))
    assert "no uhubctl on this machine" in error.message
    assert error.cure == "apt-get install uhubctl"


def test_what_uhubctl_says_of_its_failure_is_kept(programs: Path) -> None:
    install(programs, "uhubctl", "echo 'No compatible devices detected at location 1-1.4!' >&2; exit 1")
    error = failure(switch(HUB, on=False))
    assert error.message == (
        "power off: `uhubctl -l 1-1.4 -p 2 -a off` ended with exit code 1: "
        "No compatible devices detected at location 1-1.4!"
    )
    assert "udev rule" in error.cure


def test_the_first_failure_is_the_one_that_is_told(programs: Path) -> None:
    install(programs, "uhubctl", 'echo "$6 failed"; exit 1')
    assert "off failed" in failure(power_cycle(device(HUB))).message


def test_a_device_without_a_switch_says_what_to_write() -> None:
    error = failure(power_cycle(device(None)))
    assert error.message == "nothing switches the supply of 066AFF"
    assert "`power`" in error.cure


def test_a_program_that_is_not_there_is_the_bench_files_fault(programs: Path) -> None:
    del programs
    assert failure(run_command(["no-such-relay"], "reset", 5)).message == "reset: no program no-such-relay"
    assert failure(run_command([], "reset", 5)).message == "reset: no command"


def test_a_command_that_hangs_ends_at_its_budget_with_all_it_started(programs: Path, tmp_path: Path) -> None:
    hang = install(programs, "hang", "echo trying; sleep 1000 & echo $! > child; wait")
    since = time.monotonic()
    error = failure(run_command([hang], "reset", 1))
    assert time.monotonic() - since < 5
    assert error.message == f"reset: `{hang}` has not ended within 1 s: trying"
    assert_ended(int((tmp_path / "child").read_text()))


def test_a_command_ends_with_who_cancels_it(programs: Path, tmp_path: Path) -> None:
    hang = install(programs, "hang", "echo $$ > pid; mv pid self; exec sleep 1000")

    async def cancelled() -> None:
        running = asyncio.ensure_future(run_command([hang], "reset", 60))
        await port_appears(str(tmp_path / "self"), within_s=5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert_ended(int((tmp_path / "self").read_text()))


def test_a_cancelled_power_cycle_leaves_the_board_on(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(programs, "uhubctl", 'echo "$6" >> calls; touch "$6"')
    monkeypatch.setattr(switching, "OFF_S", 60)

    async def cancelled() -> None:
        cycle = asyncio.ensure_future(power_cycle(device(HUB)))
        await port_appears(str(tmp_path / "off"), within_s=5)
        cycle.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cycle

    asyncio.run(cancelled())
    assert (tmp_path / "calls").read_text() == "off\non\n"


def assert_ended(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = select.select([process], [], [], 5)[0]
    os.close(process)
    assert ended, f"process {pid} still runs"
