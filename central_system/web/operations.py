"""Ask a charge point for something."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from ocpp.v16.enums import Action
from pydantic import Field

from central_system.operations.catalogue import CATALOGUE, BadRequestError, Operation, ask
from central_system.outcome import Answered, Malformed, Outcome, Refused, Unanswered
from central_system.registry.facts import Operated
from central_system.session import Session
from central_system.web.charge_points import session_of
from central_system.web.context import Context, Here
from central_system.web.errors import answers
from central_system.web.fields import Body, Identity, View
from central_system.web.json_values import SENDABLE, Json, Text, told
from central_system.web.secrecy import without_password

LOG = logging.getLogger(__name__)

router = APIRouter(tags=["operations"])

LONGEST_S = 600

Name = Literal["answered", "malformed", "refused", "unanswered"]


class OperationView(View):
    """An operation that there is: what it asks for, the clause that defines it, the JSON schema of its payload."""

    action: str
    profile: str
    summary: str
    clause: str
    schema_: dict[str, Any] = Field(alias="schema")

    @classmethod
    def of(cls, operation: Operation) -> "OperationView":
        """An operation as it is told."""
        return cls(
            action=operation.action.value,
            profile=operation.profile,
            summary=operation.asks,
            clause=operation.clause,
            schema=dict(operation.request),
        )


class Asked(Body):
    """What to send, and how long to wait for the answer, in wall seconds.

    `unchecked` sends a payload that breaks its schema as well: what a charge point makes of it may be worth knowing.
    """

    payload: Annotated[dict[str, Any], SENDABLE] = Field(default_factory=dict)
    within_s: Annotated[float, Field(gt=0, le=LONGEST_S)] = 10
    unchecked: bool = False


class OutcomeView(View):
    """What came back, after `took_s` wall seconds.

    answered: `payload`; malformed: a `payload` that breaks its schema, and `why`; refused: a CALLERROR with `code` and
    `description`; unanswered: nothing within `after_s` wall seconds, or the connection closed first.
    """

    outcome: Name
    payload: Json = None
    why: Text | None = None
    code: Text | None = None
    description: Text | None = None
    after_s: float | None = None
    took_s: float


@router.get("/operations", summary="All operations")
async def operations() -> list[OperationView]:
    """All of OCPP 1.6 and of its security extensions."""
    return [OperationView.of(each) for each in CATALOGUE.values()]


@router.post(
    "/charge-points/{identity}/operations/{action}",
    summary="Ask a charge point for something",
    response_model_exclude_none=True,
    responses=answers(404, 409),
)
async def operate(identity: Identity, action: str, asked: Asked, here: Here) -> OutcomeView:
    """Sends the payload and waits for what comes back, which is kept in the history as well."""
    if action not in CATALOGUE:
        raise HTTPException(404, f"there is no operation {action}; GET /api/operations lists all {len(CATALOGUE)}")
    charge_point = _Elsewhere(here, session_of(here.parts, identity))
    at, begun = here.parts.registry.now(), time.monotonic()
    asking = asyncio.create_task(
        ask(charge_point, action, asked.payload, within_s=asked.within_s, unchecked=asked.unchecked)
    )
    here.asking.add(asking)
    try:
        outcome = await asking
    except BadRequestError as error:
        # What is wrong may be the password.
        secret = without_password(asked.payload) != asked.payload
        problem = f"{action}.req: {error.fault.field} is not as its schema wants it" if secret else str(error)
        raise HTTPException(422, problem) from error
    except asyncio.CancelledError:  # the page ends, but what was sent was sent
        outcome = Unanswered(time.monotonic() - begun)
    finally:
        here.asking.discard(asking)
    name, what = _named(outcome)
    await _keep(here, Operated(identity, action, at, without_password(asked.payload), name, what.get("payload", what)))
    return OutcomeView(outcome=name, took_s=time.monotonic() - begun, **what)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A charge point that lives in another event loop. Only sending is done there: schemas are looked at here."""

    here: Context
    session: Session

    async def request(self, action: Action, payload: Mapping[str, Any], *, within_s: float) -> Outcome[dict[str, Any]]:
        """See `Session.request`."""
        return await self.here.in_ocpp_loop(self.session.request(action, payload, within_s=within_s))


def _named(outcome: Outcome[Any]) -> tuple[Name, dict[str, Any]]:
    """What came back, by name, and what there is to say about it."""
    match outcome:
        case Answered(payload=payload):
            return "answered", {"payload": without_password(told(payload))}
        case Malformed(payload, why):
            shown = without_password(told(payload))
            # What is wrong may be the password.
            return "malformed", {"payload": shown, "why": why if shown == told(payload) else why.partition(":")[0]}
        case Refused(code, description):
            return "refused", {"code": code, "description": description}
        case Unanswered(after_s):
            return "unanswered", {"after_s": after_s}


async def _keep(here: Context, fact: Operated) -> None:
    """What came back is told even where it cannot be kept."""
    try:
        await here.record(lambda: fact)
    except HTTPException as error:
        LOG.error("%s of %s is not in the history: %s", fact.action, fact.charge_point, error.detail)  # noqa: TRY400
    here.changes.tell("operated")
