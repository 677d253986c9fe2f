"""Requests that another site makes a browser send are refused (cross-site request forgery, DNS rebinding)."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from central_system.web.errors import refusal

CHANGE_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})

HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]@/]+)(:\d{1,5})?")
"""A Host header (RFC 9110 §7.2), port and all."""


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine's own (RFC 6761 §6.3, RFC 1122 §3.2.1.3)."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


class SameOrigin:
    """ASGI middleware that lets through what comes from the page itself, or from a program that is no browser.

    `any_host` takes every Host header. Without it a site that has its own name resolve to 127.0.0.1, and so is of the
    same origin for the browser, is found out by that name.
    """

    def __init__(self, app: ASGIApp, *, any_host: bool) -> None:
        self._app = app
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 415 in the application's stead, or let it answer."""
        if scope["type"] == "http" and (refused := self._fault(scope["method"], Headers(scope=scope))):
            status, why = refused
            await refusal(status, why)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _fault(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Status and reason of the refusal, None where there is none."""
        host = ", ".join(headers.getlist("host"))
        found = HOST.fullmatch(host)
        if not found or not (self._any_host or is_loopback(found["name"])):
            return (
                403,
                "this page goes by localhost, 127.0.0.1 or [::1] only, not by the name asked for; use one of them",
            )
        changes = method not in CHANGE_NOTHING
        site = headers.get("sec-fetch-site", "none")  # https://www.w3.org/TR/fetch-metadata/
        is_link = not changes and headers.get("sec-fetch-mode") == "navigate"
        if site not in {"same-origin", "none"} and not is_link:
            return 403, "another site's page asked for this; ask from the operator's own page"
        if not changes:
            return None
        origin = headers.get("origin")
        if origin is not None and not _is_at(origin, host):
            return 403, f"a page of another origin asked for this; ask from the operator's own page, at {host}"
        kind = headers.get("content-type")
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if (kind is not None or has_body) and (kind or "").partition(";")[0].strip().lower() != "application/json":
            return 415, "a body is JSON here; send it with `Content-Type: application/json`"
        return None


def _is_at(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()
