"""What the rig is to a charge point: the servers that it looks for; and what the journal says of the run."""

import contextlib
import time
from collections.abc import AsyncIterator
from importlib.metadata import version

from central_system.clock import WorldClock
from central_system.events import Observer
from central_system.ports import PortUnavailableError
from central_system.registry.registry import Registry
from central_system.registry.rules import Rules
from central_system.server import CentralSystem
from central_system.sntp import SntpResponder
from rig.errors import BenchError
from rig.journal.events import SCHEMA, RunStarted
from rig.network.namespace import bound_in
from rig.targets.base import Endpoints, Target


@contextlib.asynccontextmanager
async def servers(
    wanted: Endpoints, clock: WorldClock, rules: Rules, *, observe: Observer
) -> AsyncIterator[tuple[CentralSystem, Endpoints]]:
    """Central system and SNTP responder where the charge point looks for them; gives the ports that they have.

    Raises:
        BenchError: a port cannot be had.
    """
    host, bind = wanted.host, bound_in(wanted.namespace)
    # One within the other: where the second cannot have its port, the first gives its own back.
    async with contextlib.AsyncExitStack() as stack:
        try:
            sntp = SntpResponder(host, wanted.sntp_port, now=clock.now, observe=observe, bind=bind)
            await stack.enter_async_context(sntp)
            registry = Registry(rules, now=clock.now)
            server = CentralSystem(host, wanted.ocpp_port, clock=clock, observe=observe, registry=registry, bind=bind)
            await stack.enter_async_context(server)
        except PortUnavailableError as error:
            raise BenchError(error.problem, error.cure) from error
        yield server, wanted.bound(server.port, sntp.port)


def description(target: Target, endpoints: Endpoints, clock: WorldClock, rules: Rules, now: float) -> RunStarted:
    """What is run and how, at `now` seconds of the journal."""
    facts = target.facts
    return RunStarted(
        rig_version=version("zephyr-ocpp-rig"),
        schema=SCHEMA,
        target=facts.target,
        board=facts.board,
        ratio=facts.ratio,
        clock_error=facts.clock_error,
        has_dhcp=facts.has_dhcp,
        host_epoch_s=time.time() - now,
        world_epoch_s=clock.now() - now * facts.ratio,
        build=facts.build,
        build_source=facts.build_source,
        firmware_version=facts.firmware_version,
        heartbeat_interval_s=rules.heartbeat_interval_s,
        server_address=endpoints.address,
        server_port=endpoints.ocpp_port,
        path=endpoints.path,
        sntp_port=endpoints.sntp_port,
        facts=facts.facts,
    )
