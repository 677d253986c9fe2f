"""The page itself: files, as they are in `central_system/web/page`."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).parent / "page"

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""Said here, for `mimetypes` reads what a machine's files say, and a browser runs no script of another type."""


def add_to(app: FastAPI, page: Path = PAGE) -> None:
    """Serve the page at `/` and its files under `/page/`."""

    async def index(_: Request) -> FileResponse:
        return FileResponse(page / "index.html")

    app.add_route("/", index, methods=["GET"], include_in_schema=False)
    app.mount("/page", StaticFiles(directory=page))
