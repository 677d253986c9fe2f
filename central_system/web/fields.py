"""What paths, queries and bodies may hold."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from central_system import paths
from central_system.web.json_values import SENDABLE

LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last that a dateTime can say."""

IDENTITY = f"^{paths.IDENTITY.pattern}$"
"""A charge point's identity, as `central_system.paths` takes it."""

ID_TAG = r"^[^\x00-\x1f\x7f]{1,20}$"
"""An IdToken: up to 20 characters (OCPP 1.6 §7.28)."""

Identity = Annotated[str, Path(pattern=IDENTITY, description="The charge point's identity.")]
IdTag = Annotated[str, Path(pattern=ID_TAG, description="The idTag.")]
OfChargePoint = Annotated[str | None, Query(pattern=IDENTITY, description="Of this charge point only.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many, the latest ones.")]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
SentTag = Annotated[str, Field(pattern=ID_TAG), SENDABLE]


class Body(BaseModel):
    """A request's body: what it does not know, or has the wrong type, is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class View(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True)
