"""The stream of changes."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent

from central_system.web.context import Here
from central_system.web.errors import EVERYWHERE, answers_beside_a_stream

router = APIRouter(tags=["changes"])

MOST = 32
"""Streams at once; each is a browser's tab."""


async def _room(here: Here) -> None:
    if here.changes.listeners >= MOST:
        raise HTTPException(503, f"{MOST} pages follow the changes already; close some")


@router.get(
    "/changes",
    summary="What changes, as it does (server-sent events)",
    response_class=EventSourceResponse,
    responses=answers_beside_a_stream(*EVERYWHERE, 503),
    dependencies=[Depends(_room)],
)
async def changes(here: Here) -> AsyncIterator[ServerSentEvent]:
    """Events `changed`, at most five a second: a JSON list of what to fetch again.

    Of status, charge-points, transactions, meters, frames, tags, refused, operated. A comment comes every 15 s, so that
    who lost the connection notices.
    """
    async for names in here.changes.follow():
        yield ServerSentEvent(event="changed", data=names)
