"""The frame log."""

from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from central_system.web.context import Here
from central_system.web.fields import Limit, OfChargePoint, View
from central_system.web.frame_reader import Read
from central_system.web.frame_text import text_of
from central_system.web.json_values import Text

router = APIRouter(tags=["frames"])


class FrameView(View):
    """An event on the wire, number `n` at `t` seconds since 1970.

    `text` is what a person reads: the payload of a frame, a sentence for everything else. `action` is OCPP's; an answer
    has that of its request.
    """

    n: int
    t: float
    charge_point: Text | None
    connection: int | None
    kind: str
    sender: Literal["CP>", "CS>"] | None
    text: Text
    action: str | None

    @classmethod
    def of(cls, read: Read) -> "FrameView":
        """An event as it is told."""
        seen = read.seen
        return cls(
            n=seen.n,
            t=seen.t,
            charge_point=seen.charge_point,
            connection=getattr(seen.event, "connection", None),
            kind=seen.event.kind,
            sender=getattr(seen.event, "sender", None),
            text=text_of(seen.event),
            action=read.action,
        )


class Frames(View):
    """Events, the newest last; `last` is the number of the newest there is, whether or not it is among them."""

    frames: list[FrameView]
    last: int


@router.get("/frames", summary="What was seen on the wire")
async def frames(
    *,
    here: Here,
    after: Annotated[int, Query(ge=0, description="Only events with greater numbers.")] = 0,
    before: Annotated[int | None, Query(ge=1, description="Only events with smaller numbers.")] = None,
    limit: Limit = 200,
    charge_point: OfChargePoint = None,
    sender: Annotated[Literal["CP>", "CS>"] | None, Query(description="`CP>`: the charge point.")] = None,
    text: Annotated[str, Query(max_length=200, description="Contained in text or action, whatever the case.")] = "",
) -> Frames:
    """The latest `limit` of the events that fit, from the 10,000 that are remembered."""
    wanted = text.lower()
    found = (
        FrameView.of(each)
        for each in here.frames.newest_first(after, before)
        if charge_point in {None, each.seen.charge_point}
        and sender in {None, getattr(each.seen.event, "sender", None)}
        and (not wanted or wanted in (each.action or "").lower() or wanted in text_of(each.seen.event).lower())
    )
    latest = list(islice(found, limit))
    return Frames(frames=latest[::-1], last=here.frames.last)
