"""The link between charge points and central system: all its connections, and what is done to all of them."""

import asyncio
from typing import Literal, Protocol

from central_system.events import Direction, Impaired, Observer
from central_system.impairments.cable import Cable
from central_system.impairments.connection import Connection, Directions, NotConnectedError
from central_system.impairments.standing import NO_IMPAIRMENTS, Impairments

Cut = Literal["silent", "held", "refused"]
"""How a cut link looks to a charge point.

`silent`: the cable is pulled. Neither its bytes nor its SYNs are acknowledged, and its TCP sends them again when it
thinks fit, so that they come some time after the cut is over. `held`: its TCP finds nothing wrong, and a new
connection is taken (by the kernel, and served when the cut is over), but nothing passes. `refused`: the same, but a
new connection is refused (RST).
"""


class Door(Protocol):
    """Who lets new connections in."""

    def shut(self, how: Cut) -> None:
        """Let nobody in any more."""

    def reopen(self) -> None:
        """Let them in again."""


class Link:
    """Knows the impairments of each direction, and every connection, which it keeps to them. In the event loop only."""

    def __init__(self, observe: Observer, door: Door | None = None) -> None:
        self.cable = Cable()
        self.cable.set()
        self._observe = observe
        self._door = door
        self._impairments: dict[Direction, Impairments] = {"CP>": NO_IMPAIRMENTS, "CS>": NO_IMPAIRMENTS}
        self._connections: dict[int, Connection] = {}
        self._how: Cut = "silent"
        self._end: asyncio.TimerHandle | None = None

    def impair(self, direction: Directions, impairments: Impairments, *, connection: int | None = None) -> None:
        """Have these shape what passes from now on: on all connections, present and future, or on one.

        What is under way already stays as it was.

        Raises:
            NotConnectedError: there is no such connection.
        """
        senders: tuple[Direction, ...] = ("CP>", "CS>") if direction == "both" else (direction,)
        kept = self._connections.values() if connection is None else [self.connection(connection)]
        for sender in senders:
            self._observe(Impaired(connection, sender, "set", str(impairments)))
            if connection is None:
                self._impairments[sender] = impairments
            for each in kept:
                each.impair(sender, impairments)

    def connection(self, number: int) -> Connection:
        """The connection of this number (`Session.connection`), for acts.

        Raises:
            NotConnectedError: there is none.
        """
        try:
            return self._connections[number]
        except KeyError:
            there = ", ".join(map(str, self._connections)) or "none"
            raise NotConnectedError(f"there is no connection {number}; there are: {there}") from None

    def cut(self, for_s: float | None = None, *, how: Cut = "silent") -> None:
        """Cut the link: nothing passes for `for_s` wall seconds, None: until `mend`; no new connection is served.

        What is sent meanwhile comes afterwards. A cut of a link that is cut takes the place of the other.

        Raises:
            OSError: the kernel has no socket filters, which `silent` needs, or has given away the port (`refused`).
        """
        self._reconnect()
        if self._door:
            self._door.shut(how)
        self._observe(Impaired(None, None, "done", f"cut: {how}", for_s=for_s))
        self._how = how
        self.cable.clear()
        for connection in self._connections.values():
            connection.pause(deaf=how == "silent")
        if for_s is not None:
            self._end = asyncio.get_running_loop().call_later(for_s, self.mend)

    def mend(self) -> None:
        """End a cut."""
        if self._reconnect():
            self._observe(Impaired(None, None, "done", "mended"))

    async def up(self) -> None:
        """Wait until the link is not cut."""
        await self.cable.wait()

    def close(self) -> None:
        """It will be used no more."""
        if self._end:
            self._end.cancel()

    def joined(self, connection: Connection) -> None:
        """A charge point connects."""
        self._connections[connection.number] = connection
        for sender, impairments in self._impairments.items():
            if impairments != NO_IMPAIRMENTS:
                connection.impair(sender, impairments)
        if not self.cable.is_set():
            connection.pause(deaf=self._how == "silent")

    def left(self, connection: Connection) -> None:
        """A connection is over."""
        del self._connections[connection.number]

    def _reconnect(self) -> bool:
        """Whether the link was cut."""
        if self.cable.is_set():
            return False
        if self._end:
            self._end.cancel()
            self._end = None
        self.cable.set()
        if self._door:
            self._door.reopen()
        for connection in self._connections.values():
            connection.resume()
        return True
