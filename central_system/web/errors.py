"""Every error has one shape: `{"detail": "what happened; what to do"}`. None holds a traceback, or what was sent."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.routing import Match

from central_system.storage.errors import StorageError
from central_system.web.json_values import told_text

LOG = logging.getLogger(__name__)

API = "see /openapi.json for what there is"


class Error(BaseModel):
    """Why a request was not granted."""

    detail: str


EVERYWHERE = (400, 401, 403, 413, 415, 422, 500)
"""The statuses that any request may be answered with."""


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the description of an endpoint says about its error answers."""
    return {status: {"model": Error, "description": HTTPStatus(status).phrase} for status in statuses}


def answers_beside_a_stream(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for an endpoint that else answers no JSON: FastAPI would say that its errors are none either."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Error.__name__}"}}}
    return {status: {"content": content, "description": HTTPStatus(status).phrase} for status in statuses}


def refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error answer."""
    return JSONResponse({"detail": told_text(detail)}, status, headers)


def add_to(app: FastAPI) -> None:
    """Have the application answer all errors in that shape."""

    @app.exception_handler(AnyHTTPException)
    async def refused(request: Request, error: AnyHTTPException) -> JSONResponse:
        detail, headers = error.detail, dict(error.headers or {})
        if not isinstance(error, HTTPException):  # the framework's own, which says no more than the status
            detail = f"{request.method} {request.url.path}: {error.detail}; {API}"
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_methods_at(request))  # RFC 9110 §15.5.6; it names those of one route only
        return refusal(error.status_code, detail, headers)

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, error: RequestValidationError) -> JSONResponse:
        # Never what was sent: it may be a password.
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return refusal(422, f"{faults}. Correct it and ask again; {API}.")

    @app.exception_handler(StorageError)
    async def unreadable(_: Request, error: StorageError) -> JSONResponse:
        return refusal(503, f"{error.problem}. To do: {error.cure}.")

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return refusal(
            500, f"the central system failed at this ({type(error).__name__}); its log has the traceback: report it"
        )


def _methods_at(request: Request) -> list[str]:
    """The methods that the path of a request has."""
    routes = request.app.router.routes
    return [
        method
        for method in ("DELETE", "GET", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
