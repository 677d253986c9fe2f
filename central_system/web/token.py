"""Whoever asks from another machine shows a token."""

import hashlib
import hmac

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from central_system.web.errors import refusal

COOKIE = "ocpp-rig-token"

HOW = "open the address that the central system printed when it started, or send `Authorization: Bearer TOKEN`"


class Token:
    """ASGI middleware that lets through who shows the token, as `Authorization: Bearer` (RFC 6750) or in the cookie.

    `GET /?token=…` gives the cookie and leads to `/`, so that the token does not stay in the address. The cookie holds
    a digest of it; a cookie is of a host, not of a port, so its name has the port in it.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._digest = hashlib.sha256(self._token).hexdigest()
        self._cookie = f"{COOKIE}-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 in the application's stead, or let it answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        if scope["path"] == "/" and "token" in asked.query_params:
            await self._admit(asked.query_params["token"])(scope, receive, send)
        elif self._shown(asked):
            await self._app(scope, receive, send)
        else:
            headers = {"WWW-Authenticate": "Bearer"}
            await refusal(401, f"the token is missing or wrong; {HOW}", headers)(scope, receive, send)

    def _shown(self, asked: HTTPConnection) -> bool:
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is(given.strip().encode("latin-1"))
        return hmac.compare_digest(asked.cookies.get(self._cookie, "").encode(), self._digest.encode())

    def _is(self, given: bytes) -> bool:
        """Whether it is the token; takes as long whichever byte is wrong."""
        return hmac.compare_digest(given, self._token)

    def _admit(self, given: str) -> Response:
        if not self._is(given.encode("utf-8", "replace")):
            return refusal(401, f"this token is wrong; {HOW}", {"WWW-Authenticate": "Bearer"})
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._digest, httponly=True, samesite="lax", path="/")
        return response
