"""HTTP Basic authentication (RFC 7617), as a charge point uses it: its identity is the user (OCPP-J 1.6 §6.2.2)."""

import base64
import binascii
import re

from websockets.datastructures import Headers

CHALLENGE = 'Basic realm="OCPP", charset="UTF-8"'
HIDDEN = "Basic (not recorded)"
_LINE = re.compile(rb"(?im)^([^\n]*authorization[ \t]*:)[^\n]*(?:\n[ \t][^\n]*)*")
"""The header in whatever spelling, and the lines that continue it: what is no HTTP may hold a password all the same."""


def password_in(headers: Headers, identity: str) -> bytes | str:
    """The password of `identity` in a request: bytes, for a key need not be text. Or, as text, why there is none.

    An identity may hold a colon, which RFC 7617 forbids a user: it is known, so where the password begins is, too.
    """
    sent = headers.get_all("Authorization")
    if len(sent) != 1:
        return "it sent no password" if not sent else "it sent more than one Authorization header"
    scheme, _, credentials = sent[0].partition(" ")
    if scheme.lower() != "basic":
        return f"it authenticates by {scheme[:32]!r}, not by Basic"
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return "what it sent as user and password is no base64"
    user = identity.encode() + b":"
    if not decoded.startswith(user):
        return (
            f"the user that it sent is {decoded.partition(b':')[0][:64].decode(errors='replace')!r}, not {identity!r}"
        )
    return decoded[len(user) :]


def shown(headers: Headers) -> dict[str, str]:
    """Headers as they may be recorded: without a password."""
    return {name: HIDDEN if name.lower() == "authorization" else value for name, value in headers.raw_items()}


def shown_bytes(raw: bytes) -> bytes:
    """Bytes of a request that was never understood, as they may be recorded."""
    return _LINE.sub(rb"\1 " + HIDDEN.encode() + b"\r", raw)
