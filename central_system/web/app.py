"""The application: the JSON API, the page's files, and what guards both."""

from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp

from central_system.web import (
    charge_points,
    errors,
    follow,
    frames,
    history,
    operations,
    refused,
    sntp,
    static_files,
    status,
    tags,
    transactions,
)
from central_system.web.body_limit import BodyLimit
from central_system.web.context import Context
from central_system.web.headers import SafeHeaders
from central_system.web.same_origin import SameOrigin
from central_system.web.token import Token

SUBJECTS = (status, charge_points, refused, tags, transactions, operations, history, frames, sntp, follow)


def application(context: Context, *, token: str | None, port: int, page: Path = static_files.PAGE) -> ASGIApp:
    """The ASGI application. Without a `token` it serves who asks for it by a name of this machine alone."""
    # No /docs: that page loads scripts from other hosts.
    app = FastAPI(
        title="OCPP central system", version=status.VERSION, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.openapi_version = "3.2.0"  # FastAPI says 3.1, which does not know the `itemSchema` that it gives event streams
    app.state.context = context
    errors.add_to(app)
    described = [Depends(HTTPBearer(auto_error=False))] if token else []  # for /openapi.json; `Token` sees to it
    responses = errors.answers(*errors.EVERYWHERE)
    for subject in SUBJECTS:
        app.include_router(subject.router, prefix="/api", responses=responses, dependencies=described)
    static_files.add_to(app, page)

    guarded: ASGIApp = BodyLimit(app)
    if token:
        guarded = Token(guarded, token, port)
    return SafeHeaders(SameOrigin(guarded, any_host=bool(token)))
