"""OCPP-J frames (OCPP 1.6-J, section 4.2) and the message ids of the charge point's calls."""

import json
import random
import re
from collections.abc import Collection
from dataclasses import dataclass

from rig.twin.defects import Defect

JsonObject = dict[str, object]

_PDU = {
    "BootNotification": 0,
    "Authorize": 1,
    "StartTransaction": 2,
    "StopTransaction": 3,
    "Heartbeat": 4,
    "MeterValues": 5,
    # From here on the library has no message of its own; its numbers end at 13.
    "StatusNotification": 14,
    "DiagnosticsStatusNotification": 15,
    "FirmwareStatusNotification": 16,
    "LogStatusNotification": 17,
    "SecurityEventNotification": 18,
    "SignCertificate": 19,
    "SignedFirmwareStatusNotification": 20,
}
_BROKEN_CALL = re.compile(r'\s*\[\s*2\s*,\s*"([^"\\]*)"')
_CALLS_BEFORE_REUSE = 6


@dataclass(frozen=True)
class Call:
    """A request of the central system."""

    uid: str
    action: str
    payload: JsonObject


@dataclass(frozen=True)
class Result:
    """The answer to one of the charge point's own calls."""

    uid: str
    payload: JsonObject


@dataclass(frozen=True)
class Failure:
    """A CALLERROR to one of the charge point's own calls."""

    uid: str


class MalformedFrameError(Exception):
    """A frame breaks OCPP-J; ``uid`` is the call's message id where it can be read."""

    def __init__(self, uid: str | None) -> None:
        super().__init__(f"malformed frame, message id {uid}")
        self.uid = uid


def parse(text: str) -> Call | Result | Failure:
    """Understand a frame.

    Raises:
        MalformedFrameError: it is no JSON, or no OCPP-J frame.
    """
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        broken_call = _BROKEN_CALL.match(text)
        raise MalformedFrameError(broken_call[1] if broken_call else None) from None
    match frame:
        case [2, str(uid), str(action), dict(payload)]:
            return Call(uid, action, payload)
        case [2, str(uid), *_]:
            raise MalformedFrameError(uid)
        case [3, str(uid), dict(payload)]:
            return Result(uid, payload)
        case [4, str(uid), *_]:
            return Failure(uid)
        case _:
            raise MalformedFrameError(None)


def encode(*parts: object) -> str:
    """A frame as the firmware writes it: without white space."""
    return json.dumps(parts, separators=(",", ":"))


class MessageIds:
    """Makes message ids as the firmware does: ``<session>-<kind of call>-<random 32 bits>``."""

    def __init__(self, source: random.Random, defects: Collection[Defect]) -> None:
        self._random = source
        self._defects = defects
        self._made: list[str] = []

    def make(self, action: str, connector: int) -> str:
        """A new id for ``action``, sent on behalf of ``connector`` (0: the charge point as a whole)."""
        # The firmware's session number is the address of an 80-byte block; these are qemu_x86's.
        uid = f"{1389400 + 80 * connector}-{_PDU[action]}-{self._random.getrandbits(32)}"
        if Defect.UID_REUSED in self._defects and len(self._made) == _CALLS_BEFORE_REUSE:
            uid = self._made[-1]
        self._made.append(uid)
        return uid
