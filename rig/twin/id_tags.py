"""What is known of an idTag (OCPP 1.6 section 7.27), and the two places where a charge point keeps it (section 3.5)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from rig.twin.frames import JsonObject
from rig.twin.requests import Fields

ACCEPTED = "Accepted"
STATUSES = (ACCEPTED, "Blocked", "Expired", "Invalid", "ConcurrentTx")
_LARGEST_CACHE = 100


@dataclass(frozen=True, slots=True)
class IdTagInfo:
    """Whether an idTag may charge."""

    status: str
    parent: str | None = None
    """The group it belongs to (section 3.10)."""
    expires: float | None = None
    """Until when ``status`` holds, in seconds since 1970."""

    @classmethod
    def of_answer(cls, answer: JsonObject) -> Self:
        """The ``idTagInfo`` of an answer; Invalid where there is none, as nothing else is safe."""
        match answer.get("idTagInfo"):
            case {"status": str(status), **rest}:
                parent = rest.get("parentIdTag")
                return cls(status, parent if isinstance(parent, str) else None, _moment(rest.get("expiryDate")))
            case _:
                return cls("Invalid")

    @classmethod
    def of_request(cls, fields: Fields) -> Self:
        """The ``idTagInfo`` of a request; raises `RefusalError` where it breaks the schema."""
        return cls(
            fields.choice("status", STATUSES),
            fields.optional(fields.id_token, "parentIdTag"),
            fields.optional(fields.moment, "expiryDate"),
        )

    def at(self, moment: float) -> Self:
        """What holds at ``moment``: a valid idTag expires (section 3.5.1)."""
        expired = self.status == ACCEPTED and self.expires is not None and self.expires <= moment
        return replace(self, status="Expired") if expired else self


def same(one: str, other: str | None) -> bool:
    """Whether two idTags are the same: they are compared without regard to case (section 7.28)."""
    return other is not None and one.lower() == other.lower()


class IdTags:
    """A list or cache of idTags."""

    def __init__(self) -> None:
        self._known: dict[str, IdTagInfo] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, id_tag: str) -> bool:
        return id_tag.lower() in self._known

    def find(self, id_tag: str, moment: float) -> IdTagInfo | None:
        """What is known of ``id_tag`` at ``moment``."""
        known = self._known.get(id_tag.lower())
        return known and known.at(moment)

    def put(self, id_tag: str, info: IdTagInfo) -> None:
        """Add or update an idTag."""
        self._known.pop(id_tag.lower(), None)
        self._known[id_tag.lower()] = info

    def remove(self, id_tag: str) -> None:
        """Forget an idTag, if it is there."""
        self._known.pop(id_tag.lower(), None)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()


class Cache(IdTags):
    """The Authorization Cache: what the central system last said of each idTag (section 3.5.1)."""

    def learn(self, id_tag: str, info: IdTagInfo, moment: float) -> None:
        """Note ``info``; a full cache first drops one that is not valid, else the oldest."""
        self.put(id_tag, info)
        if len(self) > _LARGEST_CACHE:
            invalid = (tag for tag, known in self._known.items() if known.at(moment).status != ACCEPTED)
            self.remove(next(invalid, next(iter(self._known))))


@dataclass
class LocalList:
    """The Local Authorization List (section 3.5.2)."""

    tags: IdTags = field(default_factory=IdTags)
    version: int = 0
    """0 while it is empty (section 5.10)."""


def _moment(value: object) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
