"""Every operation, asked of the twin with all profiles of OCPP 1.6, and of the twin as Zephyr's sample is."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from central_system.clock import WorldClock
from central_system.events import Frame, ServerProblem, WireEvent
from central_system.operations.catalogue import CATALOGUE
from central_system.outcome import Answered, Outcome, Refused
from central_system.registry.registry import Registry
from central_system.server import CentralSystem
from central_system.session import Session
from tests.every_operation import REQUESTS, Asking

TIME_SCALE = 20
ZEPHYR_HAS = {
    *("ChangeConfiguration", "GetConfiguration", "RemoteStartTransaction", "RemoteStopTransaction", "UnlockConnector"),
}


@asynccontextmanager
async def twin(central_system: CentralSystem, folder: Path, *options: str) -> AsyncIterator[None]:
    config = folder / "prj.conf"
    config.write_text(f"CONFIG_NET_SAMPLE_OCPP_PORT={central_system.port}\n", encoding="utf-8")
    command = [sys.executable, "-m", "rig.twin", "--config", str(config), "--time-scale", str(TIME_SCALE), *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def asked_of_a_twin(folder: Path, *options: str) -> tuple[list[tuple[str, Outcome[object]]], list[WireEvent]]:
    """The outcome of every request of `tests.every_operation`; Reset comes last, for it restarts the twin."""
    seen: list[WireEvent] = []
    booted = asyncio.Event()

    def observe(event: WireEvent) -> None:
        seen.append(event)
        if isinstance(event, Frame) and event.sender == "CS>" and '"status":"Accepted"' in (event.text or ""):
            booted.set()

    async def run() -> list[tuple[str, Outcome[object]]]:
        clock = WorldClock(1_795_343_248.0)
        async with (
            asyncio.timeout(60),
            CentralSystem(
                "127.0.0.1", 0, clock=clock, observe=observe, registry=Registry(now=clock.now)
            ) as central_system,
            twin(central_system, folder, *options),
        ):
            await booted.wait()
            session = central_system.charge_points["zephyr"]
            return [
                (action, await _outcome(asking, session)) for asking, action, _ in sorted(REQUESTS, key=_reset_last)
            ]

    return asyncio.run(run()), seen


def _reset_last(request: tuple[Asking, str, object]) -> bool:
    return request[1] == "Reset"


async def _outcome(asking: Asking, session: Session) -> Outcome[object]:
    return await asking(session)


def test_a_twin_with_all_profiles_answers_every_operation(tmp_path: Path) -> None:
    outcomes, seen = asked_of_a_twin(tmp_path, "--profile", "all")
    assert {action for action, _ in outcomes} == set(CATALOGUE)
    assert {action: outcome for action, outcome in outcomes if not isinstance(outcome, Answered)} == {}
    assert [event for event in seen if isinstance(event, ServerProblem)] == []


def test_the_sample_s_twin_refuses_by_callerror_what_zephyr_does_not_have(tmp_path: Path) -> None:
    outcomes, _ = asked_of_a_twin(tmp_path)
    refused = {
        action for action, outcome in outcomes if outcome == Refused("NotImplemented", f"{action} is not implemented")
    }
    assert refused == set(CATALOGUE) - ZEPHYR_HAS
    assert all(isinstance(outcome, Answered) for action, outcome in outcomes if action in ZEPHYR_HAS)
