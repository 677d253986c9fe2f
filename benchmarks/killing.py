"""Kill a central system under load, again and again, and hold what it kept against what it acknowledged.

The charge points note every acknowledgement. A StartTransaction or StopTransaction without an answer is sent again
(OCPP 1.6 §9.3, TransactionMessageAttempts); a meter value is not, so that each is kept exactly once or, where it was
not acknowledged, at most once.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from benchmarks.api import told
from benchmarks.charge_points import ChargePoint, connected
from benchmarks.ledger import Ledger, compare
from benchmarks.life import now
from benchmarks.serving import NotServingError, Served, serving

METERED = (3, 9)
"""MeterValues in each transaction: between these, by the charge point's number, so that they keep no step."""
ALIVE_S = (0.3, 1.5)
"""How long a central system lives under load: between these, by chance."""
STARTING_S = (0.2, 2.0)
"""The same for one that is killed while it starts, and so while it takes over what the one before left."""


class Charging:
    """A charge point that charges whenever it is connected, and remembers where it was."""

    def __init__(self, number: int, ledger: Ledger) -> None:
        self.identity = f"charge-point-{number}"
        self._ledger = ledger
        self._values = itertools.count(number * 1_000_000 + 1)
        self._register = next(self._values)
        self._begun = now().decode()
        self._transaction: int | None = None
        self._metered = METERED[0] + number % (METERED[1] - METERED[0] + 1)
        self._left = 0

    async def charge(self, port: int, over: asyncio.Event) -> None:
        """As fast as the answers come, until the connection is lost; or, once it is `over`, until nothing is open."""
        with contextlib.suppress(ConnectionError):
            charge_point = await connected(self.identity, port)
            try:
                while self._transaction is not None or not over.is_set():
                    await self._go_on(charge_point)
            finally:
                await charge_point.gone()

    async def _go_on(self, charge_point: ChargePoint) -> None:
        if self._transaction is None:
            await self._start(charge_point)
        elif self._left:
            await self._meter(charge_point, self._transaction)
        else:
            await self._stop(charge_point, self._transaction)

    async def _start(self, charge_point: ChargePoint) -> None:
        start = {"connectorId": 1, "idTag": self.identity[-20:], "meterStart": self._register, "timestamp": self._begun}
        transaction = (await charge_point.call("StartTransaction", start))["transactionId"]
        mine = (self.identity, self._begun)
        if self._ledger.started.setdefault(transaction, mine) != mine:
            self._ledger.wrong.append(
                f"transaction {transaction} was given to {self._ledger.started[transaction]} and to {mine}"
            )
        self._transaction, self._left = transaction, self._metered

    async def _meter(self, charge_point: ChargePoint, transaction: int) -> None:
        self._register = next(self._values)
        value = str(self._register)
        self._left -= 1
        self._ledger.unknown.add(value)
        sampled = {"timestamp": self._begun, "sampledValue": [{"value": value, "unit": "Wh"}]}
        await charge_point.call(
            "MeterValues", {"connectorId": 1, "transactionId": transaction, "meterValue": [sampled]}
        )
        self._ledger.unknown.discard(value)
        self._ledger.metered[value] = transaction

    async def _stop(self, charge_point: ChargePoint, transaction: int) -> None:
        stop = {"transactionId": transaction, "meterStop": self._register, "timestamp": now().decode()}
        self._ledger.stopping.add(transaction)
        answer = await charge_point.call("StopTransaction", stop)
        self._ledger.stopping.discard(transaction)
        # Of one that was repeated, the central system does not know any more whose tag it was (§6.50: optional).
        if answer.get("idTagInfo", {"status": "Accepted"})["status"] != "Accepted":
            self._ledger.wrong.append(f"the StopTransaction of transaction {transaction} was answered {answer}")
        self._ledger.stopped[transaction] = self._register
        self._transaction, self._begun = None, now().decode()


def killed(
    command: Sequence[str],
    database: str,
    log: Path,
    *,
    kills: int,
    charge_points: int,
    random: Random,
    say: Callable[[str], object] = print,
) -> Ledger:
    """Start `command`, which keeps in `database`, and kill it under load as often as asked, then let all stop in peace.

    Every other death is followed by one of the successor while it starts. The ledger tells in `wrong` what was lost,
    doubled or contradicted.

    Raises:
        NotServingError: it does not start any more; what it said is in `log`.
    """
    ledger = Ledger()
    charging = [Charging(number, ledger) for number in range(charge_points)]
    for kill in range(kills):
        if kill % 2:
            _killed_while_starting(command, log, random.uniform(*STARTING_S), say)
        alive_s = random.uniform(*ALIVE_S)
        begun = time.monotonic()
        with serving(command, log, web=True) as served:
            say(f"it serves after {time.monotonic() - begun:.2f} s and is to be killed {alive_s:.3f} s after that")
            compare(database, ledger)
            asyncio.run(_charge(served, charging, ledger, alive_s))
        say(f"killed; {ledger}, {len(ledger.open)} open")
    with serving(command, log, web=True) as served:
        compare(database, ledger)
        asyncio.run(_charge(served, charging, ledger, None))
    compare(database, ledger)
    if ledger.open:
        ledger.wrong.append(f"transactions {sorted(ledger.open)} could not be stopped")
    return ledger


def _killed_while_starting(command: Sequence[str], log: Path, after_s: float, say: Callable[[str], object]) -> None:
    say(f"killed {after_s:.3f} s after its start")
    with contextlib.suppress(NotServingError), serving(command, log, web=True, within_s=after_s) as served:
        served.kill()


async def _charge(served: Served, charging: Sequence[Charging], ledger: Ledger, alive_s: float | None) -> None:
    """Have all charge until the central system is dead or, where it is to live, until nobody charges."""
    assert served.web_port
    listed = await told(served.web_port, "/api/transactions?open=true&limit=1000")
    open_there = {each["transaction"] for each in listed}
    if lost := ledger.open - ledger.stopping - open_there:
        ledger.wrong.append(f"transactions {sorted(lost)} were open when it died and are not now")
    if raised := open_there & ledger.stopped.keys():
        ledger.wrong.append(f"transactions {sorted(raised)} are open again, although their stop was acknowledged")
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    if alive_s is None:
        over.set()
    else:
        loop.call_later(alive_s, served.process.kill)
    async with asyncio.timeout(60):
        await asyncio.gather(*(each.charge(served.port, over) for each in charging))
