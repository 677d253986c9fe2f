"""Who was turned away."""

from itertools import islice

from fastapi import APIRouter

from central_system.events import TurnedAway
from central_system.web.context import Here
from central_system.web.fields import Limit, View
from central_system.web.json_values import Text

router = APIRouter(tags=["charge points"])


class Refusal(View):
    """Somebody at `peer` who said he was `charge_point` was turned away at `at`, in seconds since 1970.

    `status` is the HTTP status of the refusal, from 1000 on the WebSocket close code, null where the connection was
    closed without a word.
    """

    at: float
    charge_point: Text | None
    peer: str
    why: Text
    status: int | None


@router.get("/refused", summary="Who was turned away, and why")
async def refused(here: Here, limit: Limit = 200) -> list[Refusal]:
    """The latest first, of those that are still in the frame log."""
    found = (
        Refusal(at=each.seen.t, charge_point=event.charge_point, peer=event.peer, why=event.why, status=event.status)
        for each in here.frames.newest_first()
        if isinstance(event := each.seen.event, TurnedAway)
    )
    return list(islice(found, limit))
