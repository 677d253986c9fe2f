"""Messages about transactions: delivered in order, and repeated until they are answered (OCPP 1.6 section 3.7.1)."""

import asyncio
from contextlib import suppress
from typing import Literal

from rig.twin.clock import DeviceClock, TimeLimit
from rig.twin.frames import JsonObject
from rig.twin.link import Link, NoAnswerError
from rig.twin.settings import MESSAGE_ATTEMPTS, MESSAGE_RETRY_INTERVAL, Settings

UNKNOWN: Literal["unknown"] = "unknown"
"""Stands for the id of a transaction whose StartTransaction has not been answered yet."""
TransactionId = int | Literal["unknown"]

_NEVER_TOLD = -1
"""What stands for an id that the central system did not tell, however often it was asked (errata 3.18)."""
_LIMIT = TimeLimit(device=5.0, wall=1.0)


class Delivery:
    """Delivers the messages about one connector's transactions.

    They may be made while the charge point is offline; the transaction's id is put in where it was not known then.
    """

    def __init__(self, connector: int, clock: DeviceClock, link: Link, settings: Settings) -> None:
        self._connector = connector
        self._clock = clock
        self._link = link
        self._settings = settings
        self._in_order = asyncio.Lock()
        self._transaction_id = _NEVER_TOLD

    async def deliver(self, action: str, request: JsonObject) -> JsonObject:
        """Send a message, after those before it and until it is answered.

        Raises:
            NoAnswerError: it was not answered, however often it was repeated.
        """
        async with self._in_order:
            if request.get("transactionId") == UNKNOWN:
                request = {**request, "transactionId": self._transaction_id}
            if action == "StartTransaction":
                self._transaction_id = _NEVER_TOLD
            for attempt in range(1, max(1, self._settings.seconds(MESSAGE_ATTEMPTS)) + 1):
                await self._link.connected.wait()
                with suppress(NoAnswerError):
                    answer = await self._link.call(action, request, limit=_LIMIT, connector=self._connector)
                    told = answer.get("transactionId")
                    self._transaction_id = told if type(told) is int else self._transaction_id
                    return answer
                await self._clock.sleep(attempt * self._settings.seconds(MESSAGE_RETRY_INTERVAL))
        raise NoAnswerError(f"{action}: given up")
