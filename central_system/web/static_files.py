"""The page itself: files, as they are in `central_system/web/page`."""

from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).parent / "page"

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""Said here, for `mimetypes` reads what a machine's files say, and a browser runs no script of another type."""


def add_to(app: FastAPI, page: Path = PAGE) -> None:
    """Serve the page at `/` and its files under `/page/`."""

    async def index(_: Request) -> FileResponse:
        return FileResponse(page / "index.html")

    app.add_route("/", index, methods=["GET"], include_in_schema=False)
    app.mount("/page", _Typed(directory=page))


class _Typed(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        media_type = MEDIA_TYPES.get(Path(path).suffix)
        if media_type and response.status_code == HTTPStatus.OK:
            response.headers["Content-Type"] = f"{media_type}; charset=utf-8"
        return response
