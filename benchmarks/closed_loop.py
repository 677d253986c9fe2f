"""How many messages a second a central system answers when each charge point asks again as soon as it is answered."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence

from benchmarks.charge_points import ChargePoint
from benchmarks.life import AUTHORIZE, HEARTBEAT, METER, now


class WrongAnswerError(Exception):
    """A central system did not answer as it must: its speed says nothing."""


def work() -> Iterator[bytes]:
    """Heartbeat, MeterValues and Authorize in turn, for ever."""
    stamp = now()
    for value in itertools.count():
        yield HEARTBEAT
        yield METER % (1, stamp, value)
        yield AUTHORIZE % b"ZepId00"


async def answered_per_s(charge_points: Sequence[ChargePoint], seconds: float) -> float:
    """Messages a second, with a message of every charge point under way all the time.

    Raises:
        WrongAnswerError: something was answered with an error, or not at all.
    """
    begun = time.perf_counter()
    until = begun + seconds
    answered = 0
    under_way = len(charge_points)
    over = asyncio.Event()
    wrong: list[str] = []

    def ask_on(charge_point: ChargePoint) -> None:
        calls = work()

        def took(text: bytes | None, _: float, came: float) -> None:
            nonlocal answered, under_way
            answered += 1
            if text is None or not text.startswith(b"[3,"):
                wrong.append(f"{charge_point.identity}: {text!r:.300}")
            if came < until and not wrong:
                charge_point.ask(next(calls), took)
                return
            under_way -= 1
            if not under_way:
                over.set()

        charge_point.ask(next(calls), took)

    for each in charge_points:
        ask_on(each)
    async with asyncio.timeout(seconds + 30):
        await over.wait()
    if wrong:
        raise WrongAnswerError(f"{len(wrong)} wrong answers, the first: {wrong[0]}")
    return answered / (time.perf_counter() - begun)
