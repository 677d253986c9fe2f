"""Ask the page's JSON API, in an event loop that has better to do than to wait for it."""

import asyncio
import json
from typing import Any


class ApiError(Exception):
    """The API gave another status than 200, or what is no JSON."""


async def asked(
    port: int, path: str, *, method: str = "GET", body: object = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request; the answer is still to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    writer.write(head.encode() + b"\r\n" + content)
    return reader, writer


async def fetched(port: int, path: str, *, method: str = "GET", body: object = None) -> tuple[int, bytes]:
    """The status and the body of an answer, however it is delimited.

    Raises:
        OSError: nobody answers.
        ApiError: what came is no HTTP.
    """
    reader, writer = await asked(port, path, method=method, body=body)
    try:
        head, _, content = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()
    if not head.startswith(b"HTTP/1.1 "):
        raise ApiError(f"{method} {path}: no HTTP: {head[:200]!r}")
    if b"transfer-encoding: chunked" in head.lower():
        content = _joined(content)
    return int(head.split(b" ", 2)[1]), content


async def told(port: int, path: str, *, method: str = "GET", body: object = None) -> Any:  # noqa: ANN401
    """The JSON of an answer.

    Raises:
        OSError: nobody answers.
        ApiError: the status is none of 2xx, or there is no JSON.
    """
    status, content = await fetched(port, path, method=method, body=body)
    if status // 100 != 2:  # noqa: PLR2004
        raise ApiError(f"{method} {path}: {status} {content[:500].decode(errors='replace')}")
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise ApiError(f"{method} {path}: no JSON ({error}): {content[:500]!r}") from error


def _joined(chunked: bytes) -> bytes:
    """The chunks of RFC 9112 §7.1 in one."""
    parts = []
    while chunked:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        parts.append(rest[:length])
        chunked = rest[length + 2 :] if length else b""
    return b"".join(parts)
