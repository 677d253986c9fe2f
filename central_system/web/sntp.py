"""The faults of the SNTP responder."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import Field

from central_system.sntp_faults import CATALOGUE, SntpFaultError, SntpFaults, spelt
from central_system.web.context import Here
from central_system.web.errors import answers
from central_system.web.fields import Body, View
from central_system.web.json_values import SENDABLE

router = APIRouter(tags=["SNTP"])


class KnownFault(View):
    """A fault that there is: how it is written (`late=SECONDS`, `stratum[=STRATUM]`), and what it does."""

    name: str
    description: str


class Faults(View):
    """The faults that are on, as they are written, and all that there are."""

    faults: list[str]
    known: list[KnownFault]


class WantedFaults(Body):
    """The faults to be on from now on, each as it is written: `late=2`. None where the list is empty."""

    faults: Annotated[list[Annotated[str, Field(max_length=100), SENDABLE]], Field(max_length=len(CATALOGUE))]


def written(faults: SntpFaults) -> list[str]:
    """Faults one by one."""
    return str(faults).split(",") if faults != SntpFaults() else []


def _told(faults: SntpFaults) -> Faults:
    described = zip(spelt(), CATALOGUE.values(), strict=True)
    known = [KnownFault(name=name, description=kind.meaning) for name, kind in described]
    return Faults(faults=written(faults), known=known)


@router.get("/sntp", summary="The faults of the SNTP responder")
async def faults(here: Here) -> Faults:
    """Which are on; none where no SNTP responder runs."""
    sntp = here.parts.sntp
    return _told(sntp.faults if sntp else SntpFaults())


@router.put("/sntp", summary="Change the faults of the SNTP responder", responses=answers(409))
async def set_faults(wanted: WantedFaults, here: Here) -> Faults:
    """The next request is answered with them."""
    sntp = here.parts.sntp
    if sntp is None:
        raise HTTPException(409, "no SNTP responder runs here; start the central system with --sntp-port")
    try:
        parsed = SntpFaults.parse(",".join(wanted.faults))
    except SntpFaultError as error:
        raise HTTPException(422, str(error)) from error

    async def change() -> None:
        sntp.faults = parsed

    await here.in_ocpp_loop(change())
    here.changes.tell("status")
    return _told(parsed)
