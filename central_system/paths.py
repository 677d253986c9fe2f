"""The paths under which charge points connect."""

import re

PATH = re.compile(r"(?:/steve/websocket/CentralSystemService)?/(?P<identity>[A-Za-z0-9*_=:+|@.-]{1,48})")
"""SteVe's path, or the charge point's identity alone (OCPP-J 1.6 §3.1.1)."""


def identity_of(path: str) -> str | None:
    """The charge point's identity in the path of its upgrade request; None where it has none."""
    match = PATH.fullmatch(path)
    return match["identity"] if match else None
