"""The frame log with one thing added: which request an answer answers."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from central_system.events import Frame
from central_system.frame_log import LENGTH, FrameLog, Seen

HEAD = re.compile(r'\s*\[\s*([234])\s*,\s*"([^"\\]{1,256})"\s*,\s*(?:"([A-Za-z]{1,64})")?')
"""How an OCPP-J message begins (OCPP-J 1.6 §4.2): type, id, in a CALL the action. The rest is not looked at."""

CALL = "2"


@dataclass(frozen=True, slots=True)
class Read:
    """An event, and the action of the request that it is or, where `is_answer`, answers; None where it is neither."""

    seen: Seen
    action: str | None = None
    is_answer: bool = False


class FrameReader:
    """Reads each event of a frame log once, when somebody asks, in that thread; one thread only."""

    def __init__(self, log: FrameLog) -> None:
        self._log = log
        self._read: deque[Read] = deque(maxlen=LENGTH)
        self._asked: dict[tuple[int, str, str], str] = {}
        """Actions by connection, who is to answer, and message id; the oldest are forgotten."""
        self.last = 0

    def newest_first(self, after: int = 0, before: int | None = None) -> Iterator[Read]:
        """All that is in the log of the numbers greater than `after` and smaller than `before`."""
        self._catch_up()
        newer = 0 if before is None else max(0, self.last - before + 1)
        return islice(reversed(self._read), newer, max(newer, self.last - after))

    def _catch_up(self) -> None:
        seen = self._log.seen
        if not seen:
            return
        newest = seen[-1].n  # numbers have no gaps
        for each in seen[max(0, len(seen) - (newest - self.last)) :]:
            self._read.append(self._resolved(each))
        self.last = newest
        # The log forgets by size as well; what it has forgotten is not to be kept here.
        while self._read and self._read[0].seen.n < seen[0].n:
            self._read.popleft()

    def _resolved(self, seen: Seen) -> Read:
        event = seen.event
        if not isinstance(event, Frame) or event.text is None or not (head := HEAD.match(event.text)):
            return Read(seen)
        kind, uid, action = head.groups()
        if kind != CALL:
            return Read(seen, self._asked.pop((event.connection, event.sender, uid), None), is_answer=True)
        if action:
            who_answers = "CP>" if event.sender == "CS>" else "CS>"
            self._asked[event.connection, who_answers, uid] = action
            if len(self._asked) > LENGTH:
                del self._asked[next(iter(self._asked))]
        return Read(seen, action)
