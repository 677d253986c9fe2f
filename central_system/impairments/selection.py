"""Which frames are meant: those of an OCPP action, and of these perhaps one."""

import re

from websockets.frames import CTRL_OPCODES, Frame, Opcode

from central_system.events import Direction
from central_system.impairments.standing import Impairments
from central_system.wire import Unit

HEAD = re.compile(rb'\s*\[\s*([234])\s*,\s*"([^"\\]{1,256})"\s*(?:,\s*"([A-Za-z]{1,64})")?')
"""How an OCPP-J message begins (OCPP-J 1.6 §4.2): type, id, in a CALL the action."""
CALL = b"2"
MOST = 1000
"""Requests that are remembered; the oldest are forgotten first."""


class Actions:
    """Which action the frames of one connection are about.

    A request is known to it only if it passed while it was asked about both directions.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[Direction, bytes], str] = {}
        """By who asked and message id."""
        self._latest: dict[Direction, str] = {}

    def of(self, sender: Direction, unit: Unit) -> str:
        """An OCPP action, or ping, pong, close or binary; empty for anything else."""
        frame = unit.what
        if not isinstance(frame, Frame):
            return ""
        if frame.opcode in CTRL_OPCODES:
            return frame.opcode.name.lower()
        if frame.opcode is not Opcode.CONT:
            is_text = frame.opcode is Opcode.TEXT
            self._latest[sender] = self._of_message(sender, bytes(frame.data)) if is_text else "binary"
        return self._latest.get(sender, "")

    def _of_message(self, sender: Direction, payload: bytes) -> str:
        head = HEAD.match(payload)
        if not head:
            return ""
        kind, uid, action = head.groups()
        if kind != CALL:
            return self._asked.get(("CS>" if sender == "CP>" else "CP>", uid), "")
        if not action:
            return ""
        self._asked[sender, uid] = action.decode()
        if len(self._asked) > MOST:
            del self._asked[next(iter(self._asked))]
        return str(action.decode())


class Selection:
    """Says of each unit, as it passes, whether `only` and `nth` of these impairments mean it."""

    def __init__(self, impairments: Impairments) -> None:
        self._only = impairments.only
        self._nth = impairments.nth
        self._count = 0

    def takes(self, unit: Unit, action: str) -> bool:
        """Whether this one is meant; what is no frame is only where all is."""
        if self._only is None and self._nth is None:
            return True
        if not isinstance(unit.what, Frame) or (self._only is not None and action != self._only):
            return False
        self._count += 1
        return self._nth is None or self._count == self._nth
