"""What was asked of charge points, and what they told beside transactions and status."""

from fastapi import APIRouter

from central_system.web.context import Here
from central_system.web.errors import answers
from central_system.web.fields import Limit, OfChargePoint, View
from central_system.web.json_values import Json, Text
from central_system.web.stored import up_to_date

router = APIRouter(tags=["history"], responses=answers(503))


class Operated(View):
    """An operation: `outcome` as in its answer, `answer` what came back; `at` in seconds since 1970."""

    at: float
    charge_point: Text
    action: Text
    request: Json
    outcome: Text
    answer: Json


class Notification(View):
    """A message that a charge point sent and that only had to be acknowledged, or could not be understood.

    With a `problem` it is something of which the database could not take all.
    """

    at: float
    charge_point: Text
    action: Text
    request: Json
    problem: Text | None


@router.get("/operated", summary="What was asked of charge points")
def operated(here: Here, charge_point: OfChargePoint = None, limit: Limit = 50) -> list[Operated]:
    """The latest first. Who asked is not known."""
    page = up_to_date(here.parts).operations(charge_point=charge_point, limit=limit)
    return [
        Operated(
            at=each.at,
            charge_point=each.charge_point,
            action=each.action,
            request=each.request,
            outcome=each.outcome,
            answer=each.answer,
        )
        for each in page.rows
    ]


@router.get("/notifications", summary="What charge points told beside transactions and status")
def notifications(here: Here, charge_point: OfChargePoint = None, limit: Limit = 50) -> list[Notification]:
    """The latest first: DataTransfer, firmware, diagnostics and security events."""
    page = up_to_date(here.parts).notifications(charge_point=charge_point, limit=limit)
    return [
        Notification(
            at=each.at,
            charge_point=each.charge_point,
            action=each.action,
            request=each.request,
            problem=each.problem,
        )
        for each in page.rows
    ]
