"""How the central system is."""

from importlib.metadata import version

from fastapi import APIRouter

from central_system.web.context import Here
from central_system.web.fields import View
from central_system.web.sntp import written

router = APIRouter(tags=["status"])

VERSION = version("zephyr-ocpp-rig")


class Status(View):
    """The central system at `now`; times are seconds since 1970.

    `storage_problem` says why the database does not take what happens, which is safe in the spool; `strangers` whether
    charge points are let in that nobody registered.
    """

    version: str
    now: float
    started_at: float
    ocpp_port: int
    sntp_port: int | None
    sntp_faults: list[str]
    storage_problem: str | None
    connected: int
    open_transactions: int
    strangers: bool


@router.get("/status", summary="How the central system is")
async def status(here: Here) -> Status:
    """What the line at the top of the page says."""
    parts = here.parts
    return Status(
        version=VERSION,
        now=parts.clock.now(),
        started_at=parts.started_at,
        ocpp_port=parts.central_system.port,
        sntp_port=parts.sntp.port if parts.sntp else None,
        sntp_faults=written(parts.sntp.faults) if parts.sntp else [],
        storage_problem=parts.storage.problem,
        connected=len(parts.central_system.charge_points),
        open_transactions=len(parts.registry.transactions),
        strangers=parts.registry.rules.strangers,
    )
