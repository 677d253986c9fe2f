"""The paths under which charge points connect."""

import re
from urllib.parse import unquote

PATH = re.compile(r"(?:/steve/websocket/CentralSystemService)?/(?P<identity>[^/?#]{1,144})")
"""SteVe's path, or the charge point's identity alone, percent-encoded (OCPP-J 1.6 §3.1.1)."""
IDENTITY = re.compile(r"[A-Za-z0-9*_=:+|@.-]{1,48}")


def identity_of(path: str) -> str | None:
    """The charge point's identity in the path of its upgrade request; None where it has none."""
    match = PATH.fullmatch(path)
    identity = unquote(match["identity"]) if match else ""
    return identity if IDENTITY.fullmatch(identity) else None
