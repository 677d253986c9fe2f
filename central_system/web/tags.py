"""Who may charge: idTags."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field

from central_system.registry.facts import TagRegistered, TagRemoved
from central_system.registry.records import Tag
from central_system.web.context import Here
from central_system.web.errors import answers
from central_system.web.fields import LAST_SECOND, Body, IdTag, SentTag, View
from central_system.web.json_values import Text

router = APIRouter(prefix="/tags", tags=["tags"])


class TagView(View):
    """An idTag; see OCPP 1.6 §7.8.

    From `expiry_s` (seconds since 1970) on it is Expired; `parent` is its parentIdTag; `concurrent` allows several
    transactions at once.
    """

    id_tag: Text
    status: Text
    expiry_s: float | None
    parent: Text | None
    concurrent: bool

    @classmethod
    def of(cls, tag: Tag) -> "TagView":
        """A tag as it is told."""
        return cls(
            id_tag=tag.id_tag,
            status=tag.status,
            expiry_s=tag.expiry_s,
            parent=tag.parent,
            concurrent=tag.concurrent,
        )


class WantedTag(Body):
    """What is to hold for an idTag."""

    status: Literal["Accepted", "Blocked", "Expired", "Invalid"]
    expiry_s: Annotated[float, Field(ge=0, le=LAST_SECOND)] | None = None
    parent: SentTag | None = None
    concurrent: bool = False


@router.get("", summary="All idTags")
async def tags(here: Here) -> list[TagView]:
    """By name."""
    known = tuple(here.parts.registry.tags.values())
    return [TagView.of(each) for each in sorted(known, key=lambda tag: tag.id_tag)]


@router.put("/{id_tag:path}", summary="Register an idTag, or change what holds for it", responses=answers(404, 507))
async def register(id_tag: IdTag, wanted: WantedTag, here: Here) -> TagView:
    """It holds for the next request of a charge point."""
    told = wanted.status, wanted.expiry_s, wanted.parent, wanted.concurrent
    await here.record(lambda: TagRegistered(id_tag, here.parts.registry.now(), *told))
    here.changes.tell("tags")
    return TagView.of(Tag(id_tag, *told))


@router.delete("/{id_tag:path}", summary="Forget an idTag", status_code=204, responses=answers(404, 507))
async def forget(id_tag: IdTag, here: Here) -> Response:
    """From now on it is treated as one that nobody registered."""
    registry = here.parts.registry

    def removed() -> TagRemoved:
        if id_tag not in registry.tags:
            raise HTTPException(404, f"nobody registered the idTag {id_tag}; GET /api/tags lists those that are")
        return TagRemoved(id_tag, registry.now())

    await here.record(removed)
    here.changes.tell("tags")
    return Response(status_code=204)
