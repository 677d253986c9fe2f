"""Opening handshakes as no client should send them (RFC 9112; RFC 6455 §4.1)."""

from collections.abc import Callable
from random import Random

GOOD = {
    "Host": "127.0.0.1:8180",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}

ODD_LINES = (
    "",
    " ",
    "GET",
    "GET /fuzz",
    "GET  /fuzz  HTTP/1.1",
    "get /fuzz HTTP/1.1",
    "POST /fuzz HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT 127.0.0.1:22 HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET /fuzz HTTP/0.9",
    "GET /fuzz HTTP/1.0",
    "GET /fuzz HTTP/1.2",
    "GET /fuzz HTTP/9999999999999.1",
    "GET /fuzz ICAP/1.0",
    "GET /fuzz HTTP/1.1 HTTP/1.1",
    "GET http://127.0.0.1/fuzz HTTP/1.1",
    "GET //fuzz HTTP/1.1",
    "GET /../../etc/passwd HTTP/1.1",
    "GET /fuzz%00 HTTP/1.1",
    "GET /fuzz%2f..%2f HTTP/1.1",
    "GET /fuzz?a=b#c HTTP/1.1",
    "GET /fuzz\x00 HTTP/1.1",
    "GET /f\xffzz HTTP/1.1",
    "GET /fuzz\tHTTP/1.1",
    "GET /" + "a" * 49 + " HTTP/1.1",
    "GET /" + "a" * 9_000 + " HTTP/1.1",
    "GET /' OR 1=1 -- HTTP/1.1",
    "GET /<script>alert(1)</script> HTTP/1.1",
    "GET /\r\nX: y HTTP/1.1",
)

ODD_HEADERS = (
    "no colon at all",
    ": no name",
    "X y: a space in the name",
    "X: \x00",
    "X: a\x07b",
    "X: \xe4\xf6\xfc",
    " X: folded",
    "X:" + "y" * 9_000,
    "X" * 9_000 + ": y",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Content-Length: 5\r\nContent-Length: 6",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding : chunked",
    "Expect: 100-continue",
    "Authorization: Basic",
    "Authorization: Basic !!!!",
    "Authorization: Basic " + "QUFB" * 3_000,
    "Authorization: Basic /////w==",
    "Authorization: Basic Og==",
    "Authorization: Bearer x\r\nAuthorization: Basic eDp5",
    "Origin: null",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
    "Sec-WebSocket-Extensions: " + "a;" * 3_000,
    'Sec-WebSocket-Extensions: "',
)

ODD_VALUES = {
    "Host": ("", "a b", "[::1", "x" * 5_000, "127.0.0.1:99999"),
    "Upgrade": ("", "h2c", "websocket, h2c", "WEBSOCKET\x00", "tls/1.0"),
    "Connection": ("", "close", "keep-alive", "Upgrade, Upgrade", ","),
    "Sec-WebSocket-Key": ("", "x", "dGhlIHNhbXBsZSBub25jZQ", "!" * 24, "A" * 6_000, "dGhlIHNhbXBsZSBub25jZQ==dGhl"),
    "Sec-WebSocket-Version": ("", "0", "8", "12", "14", "-13", "13, 13", "1" * 5_000, "XIII"),
    "Sec-WebSocket-Protocol": (
        "",
        ",",
        "ocpp1.6,ocpp1.6",
        "ocpp2.0.1",
        "a" * 6_000,
        '"',
        ", ".join(["ocpp1.6"] * 1_500),
        "ö",
    ),
}


def handshake(random: Random) -> bytes:
    """The bytes of one."""
    return random.choice(KINDS)(random)


def _written(line: str, headers: list[str], end: str = "\r\n") -> bytes:
    return end.join([line, *headers, "", ""]).encode("latin-1", "replace")


def _good_headers() -> list[str]:
    return [f"{name}: {value}" for name, value in GOOD.items()]


def _odd_line(random: Random) -> bytes:
    return _written(random.choice(ODD_LINES), _good_headers())


def _odd_header(random: Random) -> bytes:
    headers = _good_headers()
    for _ in range(random.randint(1, 3)):
        headers.insert(random.randrange(len(headers) + 1), random.choice(ODD_HEADERS))
    return _written("GET /fuzz HTTP/1.1", headers) + random.choice(
        (b"", b"hello", b"0\r\n\r\n", b"GET /fuzz HTTP/1.1\r\n\r\n")
    )


def _odd_value(random: Random) -> bytes:
    name = random.choice(list(ODD_VALUES))
    return _written(
        "GET /fuzz HTTP/1.1",
        [f"{each}: {value}" for each, value in (GOOD | {name: random.choice(ODD_VALUES[name])}).items()],
    )


def _twice_or_missing(random: Random) -> bytes:
    headers = _good_headers()
    chosen = random.randrange(len(headers))
    headers[chosen : chosen + 1] = headers[chosen : chosen + 1] * random.choice((0, 2, 3))
    random.shuffle(headers)
    return _written("GET /fuzz HTTP/1.1", headers)


def _odd_ends(random: Random) -> bytes:
    return _written("GET /fuzz HTTP/1.1", _good_headers(), random.choice(("\n", "\r", "\n\r", "\r\r\n", "\x00")))


def _truncated(random: Random) -> bytes:
    whole = _written("GET /fuzz HTTP/1.1", _good_headers())
    return whole[: random.randrange(len(whole))]


def _damaged(random: Random) -> bytes:
    whole = bytearray(_written("GET /fuzz HTTP/1.1", _good_headers()))
    for _ in range(random.randint(1, 8)):
        whole[random.randrange(len(whole))] = random.randrange(256)
    return bytes(whole)


def _many_headers(random: Random) -> bytes:
    count = random.choice((129, 200, 5_000))
    return _written("GET /fuzz HTTP/1.1", [*_good_headers(), *(f"X-{n}: {n}" for n in range(count))])


def _binary(random: Random) -> bytes:
    return random.randbytes(random.choice((1, 17, 300, 10_000)))


def _other_protocols(random: Random) -> bytes:
    return random.choice(
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(200),  # a TLS ClientHello
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + random.randbytes(40),
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"EHLO example.org\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            b"\x00" * 200,
            b"\r\n" * 200,
            b"*1\r\n$4\r\nPING\r\n",
        )
    )


def _smuggled(random: Random) -> bytes:
    """Frames, or a second request, right behind the first: before its answer."""
    whole = _written("GET /fuzz HTTP/1.1", _good_headers())
    return whole + random.choice(
        (whole, b"\x81\x80\x00\x00\x00\x00", b"\x88\x80\x00\x00\x00\x00", random.randbytes(30))
    )


KINDS: tuple[Callable[[Random], bytes], ...] = (
    _odd_line,
    _odd_header,
    _odd_value,
    _twice_or_missing,
    _odd_ends,
    _truncated,
    _damaged,
    _many_headers,
    _binary,
    _other_protocols,
    _smuggled,
)
