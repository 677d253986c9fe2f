"""Who is served while garbage is thrown: charge points that behave, an operator, and a charge point that forges."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.api import told
from benchmarks.charge_points import ChargePoint, connected, frame
from benchmarks.malformed.ocpp import ODD, written

PATIENCE_S = 10.0


@dataclass
class Steady:
    """A well-behaved charge point that is served all the while."""

    identity: str
    slowest_s: float = 0.0
    values: int = 0
    """Meter values that were acknowledged; each its number, from 1 on."""
    transactions: list[int] = field(default_factory=list)

    async def charge(self, port: int, over: asyncio.Event) -> None:
        """Boot, then charge, meter and rest until it is over.

        Raises:
            ConnectionError: the connection was lost.
            TimeoutError: an answer did not come.
        """
        charge_point = await connected(self.identity, port)
        try:
            await self._call(charge_point, "BootNotification", {"chargePointModel": "s", "chargePointVendor": "s"})
            while not over.is_set():
                await self._transaction(charge_point)
        finally:
            await charge_point.gone()

    async def _transaction(self, charge_point: ChargePoint) -> None:
        start = {"connectorId": 1, "idTag": self.identity, "meterStart": 0, "timestamp": f"start {self.values}"}
        transaction = (await self._call(charge_point, "StartTransaction", start))["transactionId"]
        self.transactions.append(transaction)
        for _ in range(5):
            sampled = {"timestamp": "2026-11-22T10:27:38Z", "sampledValue": [{"value": str(self.values + 1)}]}
            meter = {"connectorId": 1, "transactionId": transaction, "meterValue": [sampled]}
            await self._call(charge_point, "MeterValues", meter)
            self.values += 1
            await self._call(charge_point, "Heartbeat", {})
            await asyncio.sleep(0.02)  # a charge point at a brisk pace, not a load
        await self._call(
            charge_point, "StopTransaction", {"transactionId": transaction, "meterStop": 1, "timestamp": "stop"}
        )

    async def _call(self, charge_point: ChargePoint, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE_S):
            answer = await charge_point.call(action, payload)
        self.slowest_s = max(self.slowest_s, time.perf_counter() - begun)
        return answer


class Forger(ChargePoint):
    """Answers an operation with everything but one answer: under other ids, twice, of wrong types, of wrong sizes."""

    def asked(self, call: bytes) -> None:
        """Forge."""
        uid = json.loads(call)[1]
        random = Random(uid)  # noqa: S311  (garbage, no secrets)
        forged = (
            [3, f"{uid} ", {"status": "Accepted"}],
            [3, uid],
            [3, uid, "Accepted"],
            [3, uid, random.choice(ODD)],
            [3, uid, {"status": random.choice(ODD)}],
            [3, uid, {"configurationKey": random.choice(ODD)}],
            [3, [uid], {}],
            [4, uid],
            [4, uid, random.choice(ODD), random.choice(ODD)],
            [4, uid, "GenericError", random.choice(ODD), {}],
            [2, uid, "Heartbeat", {}],
        )
        for each in random.choices(forged, k=random.randint(0, 6)):
            self.send(frame(written(each).encode()))


OPERATIONS: dict[str, dict[str, Any]] = {
    "ClearCache": {},
    "GetConfiguration": {},
    "ChangeAvailability": {"connectorId": 0, "type": "Operative"},
    "UnlockConnector": {"connectorId": 1},
    "Reset": {"type": "Soft"},
    "GetLocalListVersion": {},
    "GetCompositeSchedule": {"connectorId": 1, "duration": 60},
}
OUTCOMES = {"answered", "malformed", "refused", "unanswered"}


async def operate(port: int, web_port: int, over: asyncio.Event) -> list[str]:
    """Ask the forger for one thing after the other, as the operator's page does; what came back that may not."""
    forger = await connected("forger", port, Forger)
    wrong = []
    try:
        while not over.is_set():
            for action, payload in OPERATIONS.items():
                path = f"/api/charge-points/forger/operations/{action}"
                answer = await told(web_port, path, method="POST", body={"payload": payload, "within_s": 0.3})
                if answer.get("outcome") not in OUTCOMES:
                    wrong.append(f"{action} of the forger: {answer}")
        if forger.lost.is_set():
            wrong.append("the forger lost its connection")
    finally:
        await forger.gone()
    return wrong
