"""A new key pair on the curve P-256, and the PKCS #10 request to certify it (RFC 2986, whitepaper A02.FR.02 and 03).

In plain Python, so that the twin needs no library for the one message that carries it. It is not hardened against
those who could measure its time: do not protect anything with it.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass

Point = tuple[int, int] | None
"""A point of the curve; None is the point at infinity."""

# FIPS 186-4, section D.1.2.3
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_A = -3
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G: Point = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_SIZE = 32

_EC_PUBLIC_KEY_ON_P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_ORGANIZATION = bytes.fromhex("060355040a")
_COMMON_NAME = bytes.fromhex("0603550403")
_INTEGER, _BIT_STRING, _UTF8, _SEQUENCE, _SET, _ATTRIBUTES = 0x02, 0x03, 0x0C, 0x30, 0x31, 0xA0
_SHORT_FORM = 0x80
_LINE = 64


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A request, and the public key that the certificate has to carry."""

    pem: str
    key: bytes


def make_request(organization: str, common_name: str) -> SigningRequest:
    """Make a key pair, and ask to certify it for this subject. The private key is forgotten: the twin does no TLS."""
    private = 1 + secrets.randbelow(_ORDER - 1)
    key = _encode(_multiply(private, _G))
    subject = _der(_SEQUENCE, _attribute(_ORGANIZATION, organization), _attribute(_COMMON_NAME, common_name))
    public_key = _der(_SEQUENCE, _EC_PUBLIC_KEY_ON_P256, _der(_BIT_STRING, b"\0", key))
    body = _der(_SEQUENCE, _number(0), subject, public_key, _der(_ATTRIBUTES))
    request = _der(_SEQUENCE, body, _ECDSA_WITH_SHA256, _der(_BIT_STRING, b"\0", _sign(private, body)))
    text = base64.b64encode(request).decode()
    lines = (text[at : at + _LINE] for at in range(0, len(text), _LINE))
    pem = "\n".join(("-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""))
    return SigningRequest(pem, key)


def _sign(private: int, message: bytes) -> bytes:
    """ECDSA with SHA-256."""
    digest = int.from_bytes(hashlib.sha256(message).digest())
    while True:
        nonce = 1 + secrets.randbelow(_ORDER - 1)
        point = _multiply(nonce, _G)
        r = point[0] % _ORDER if point else 0
        s = pow(nonce, -1, _ORDER) * (digest + r * private) % _ORDER
        if r and s:
            return _der(_SEQUENCE, _number(r), _number(s))


def _multiply(factor: int, point: Point) -> Point:
    product: Point = None
    while factor:
        if factor & 1:
            product = _add(product, point)
        point = _add(point, point)
        factor >>= 1
    return product


def _add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % _P == 0:
        return None
    if one == other:
        slope = (3 * one[0] ** 2 + _A) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _encode(point: Point) -> bytes:
    """An uncompressed point (SEC 1, section 2.3.3)."""
    if point is None:
        raise ValueError("the point at infinity is no public key")
    return b"\x04" + b"".join(part.to_bytes(_SIZE) for part in point)


def _attribute(kind: bytes, value: str) -> bytes:
    return _der(_SET, _der(_SEQUENCE, kind, _der(_UTF8, value.encode())))


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _der(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8 or 1)
    if len(value) >= _SHORT_FORM:
        length = bytes([_SHORT_FORM + len(length)]) + length
    return bytes([tag]) + length + value
