"""The end of a connection at a limit, and what the charge point is told of it."""

from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Response


class LimitReachedError(Exception):
    """The connection ends here; `answer` is what the charge point is told, None where nothing can be told."""

    def __init__(self, why: str, answer: Response | WebSocketFrame | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.answer = answer


def response(status: HTTPStatus, text: str) -> Response:
    """An answer to the upgrade request that ends the connection."""
    body = f"{text}\n".encode()
    headers = Headers({"Connection": "close", "Content-Type": "text/plain", "Content-Length": str(len(body))})
    return Response(status.value, status.phrase, headers, body)
