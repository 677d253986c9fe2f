"""Transactions and what was metered in them."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query

from central_system.storage.views import StoredTransaction
from central_system.web.context import Here
from central_system.web.errors import answers
from central_system.web.fields import Limit, OfChargePoint, View
from central_system.web.json_values import Text
from central_system.web.stored import up_to_date

router = APIRouter(prefix="/transactions", tags=["transactions"], responses=answers(503))

MOST = 2**63 - 1
"""The greatest number that a database takes."""


class TransactionView(View):
    """A transaction; `stopped_at` and what follows are null while it runs.

    `started_at` and `stopped_at` are the central system's, in seconds since 1970, `timestamp` and `stop_timestamp` the
    charge point's own, as it wrote them; meter readings in Wh. `status` is what its idTag was answered.
    """

    transaction: int
    charge_point: Text
    connector: int | None
    id_tag: Text | None
    status: Text | None
    started_at: float | None
    timestamp: Text | None
    meter_start: int | None
    stopped_at: float | None
    stop_timestamp: Text | None
    meter_stop: int | None
    reason: Text | None


class Series(View):
    """What one measurand did: points of seconds since 1970, by the charge point's clock, and value; oldest first.

    `context` is null: values of all contexts (OCPP 1.6 §7.35) are one series.
    """

    measurand: Text
    unit: Text | None
    phase: Text | None
    context: Text | None
    location: Text | None
    points: list[tuple[float, float]]


class MeteredTransaction(TransactionView):
    """A transaction and its meter values."""

    series: list[Series]


@router.get("", summary="Transactions")
def transactions(
    here: Here,
    charge_point: OfChargePoint = None,
    running: Annotated[bool | None, Query(alias="open", description="Only those that run, or that are over.")] = None,
    before: Annotated[int | None, Query(ge=1, le=MOST, description="Only those with smaller ids.")] = None,
    limit: Limit = 50,
) -> list[TransactionView]:
    """The newest first."""
    page = up_to_date(here.parts).transactions(charge_point=charge_point, running=running, before=before, limit=limit)
    return [TransactionView(**_told(each)) for each in page.rows]


@router.get("/{transaction}", summary="A transaction and its meter values", responses=answers(404))
def transaction(transaction: Annotated[int, Path(ge=1, le=MOST)], here: Here) -> MeteredTransaction:
    """As much as a plot needs: the latest 20,000 values that are numbers."""
    reading = up_to_date(here.parts)
    found = reading.transaction(transaction)
    if found is None:
        raise HTTPException(404, f"there is no transaction {transaction}; GET /api/transactions lists them")
    series = [
        Series(
            measurand=each.measurand,
            unit=each.unit,
            phase=each.phase,
            context=None,
            location=each.location,
            points=list(each.points),
        )
        for each in reading.series(transaction)
    ]
    return MeteredTransaction(**_told(found), series=series)


def _told(stored: StoredTransaction) -> dict[str, Any]:
    return {
        "transaction": stored.transaction,
        "charge_point": stored.charge_point,
        "connector": stored.connector,
        "id_tag": stored.id_tag,
        "status": stored.status,
        "started_at": stored.started_at,
        "timestamp": stored.started,
        "meter_start": stored.meter_start,
        "stopped_at": stored.stopped_at,
        "stop_timestamp": stored.stopped,
        "meter_stop": stored.meter_stop,
        "reason": stored.reason,
    }
