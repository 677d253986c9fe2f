"""No request's body is longer than this."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_system.web.errors import refusal

MOST_BYTES = 256 * 1024

TOO_LONG = f"the body is longer than {MOST_BYTES} bytes; send less"


class BodyLimit:
    """ASGI middleware: a longer body is answered 413, at once where its length is told, else when it gets too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length[:20]) > MOST_BYTES:
            await refusal(413, TOO_LONG, {"Connection": "close"})(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BYTES:
                raise HTTPException(413, TOO_LONG, {"Connection": "close"})
            return message

        await self._app(scope, counted, send)
