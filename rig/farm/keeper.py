"""Has a place of labgrid until its standard input ends: `python -P -m rig.farm.keeper ORDER`.

A place stays acquired until somebody releases it, even when the client that acquired it is killed. So the rig leaves
that to this process, and holds the other end of its standard input: however the rig ends, the kernel closes that end,
and the place is free.

JSON lines on standard output tell what becomes of the order:

- `waiting` (`holders`): somebody else has what is wanted, and is waited for.
- `reserved` (`place`, `token`), or `acquired` (`resources`): it is ours.
- `error` (`message`, `cure`): it cannot be had. `lost`, likewise: it was ours.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from labgrid.remote.common import Place

from rig.errors import BenchError
from rig.farm.coordinator import Coordinator
from rig.farm.order import Order


async def keep(order: Order) -> None:
    """Have what the order says until standard input ends."""
    coordinator = Coordinator(order.coordinator)
    over = _standard_input_ends()
    try:
        async with coordinator.connected():
            if order.tags:
                await _keep_reservation(coordinator, order.tags, order.wait_s, over)
            elif order.place:
                await _keep_place(coordinator, order.place, order.token, order.wait_s, over)
    except BenchError as error:
        tell("error", message=error.message, cure=error.cure)


async def _keep_reservation(
    farm: Coordinator, tags: Mapping[str, str], wait_s: float, over: "asyncio.Future[None]"
) -> None:
    async with _reserved(farm, tags, wait_s, over) as (place, token):
        if place:
            tell("reserved", place=place, token=token)
            await over


async def _keep_place(
    farm: Coordinator, name: str, token: str | None, wait_s: float, over: "asyncio.Future[None]"
) -> None:
    place = farm.place(name)
    farm.check_matches(place)
    if token:
        if place.reservation != token:
            raise BenchError(f"labgrid place {name}: its reservation {token} has ended", "run again")
        await farm.acquire(place)
    else:
        async with _reserved(farm, {"name": name}, wait_s, over) as (allocated, _):
            if not allocated:
                return
            await farm.acquire(place)  # from here on it needs no reservation
    try:
        tell("acquired", resources=[asdict(each) for each in farm.resources(place)])
        await _unless(over, farm.until(lambda: farm.lost(place) is not None))
        if (error := farm.lost(place)) and not over.done():
            tell("lost", message=error.message, cure=error.cure)
            await over
    finally:
        await farm.release(place)


@contextlib.asynccontextmanager
async def _reserved(
    farm: Coordinator, tags: Mapping[str, str], wait_s: float, over: "asyncio.Future[None]"
) -> AsyncIterator[tuple[str | None, str]]:
    """The place that a reservation has got, and its token; no place: nobody wants it any more.

    labgrid allocates in the order in which reservations were made, and so do all who reserve before they acquire.
    """
    wanted = [place for name, place in farm.places.items() if tags.items() <= {**place.tags, "name": name}.items()]
    if not wanted:
        have = "; ".join(f"{name}: {_text(place.tags) or 'none'}" for name, place in sorted(farm.places.items()))
        raise BenchError(
            f"labgrid has no place tagged {_text(tags)}; tags: {have or 'there is no place at all'}",
            "correct the tags, or set them: `labgrid-client -p PLACE set-tags NAME=VALUE`",
        )
    token = (await farm.reserve(tags)).token
    keeping = asyncio.create_task(farm.keep(token))
    try:
        await farm.sync()
        if not farm.allocated(token):
            holders = await _holders(farm, wanted)
            if wait_s <= 0:
                raise _taken(farm, tags, holders, wait_s)
            tell("waiting", holders=holders)
            await _unless(over, farm.until(lambda: farm.allocated(token) is not None), wait_s)
        if not farm.allocated(token) and not over.done():
            raise _taken(farm, tags, holders, wait_s)
        yield farm.allocated(token), token
    finally:
        keeping.cancel()
        await farm.cancel(token)


async def _holders(farm: Coordinator, places: Iterable[Place]) -> str:
    """Who has them: `host/user`, place by place where there are several."""
    owners = {place.name: await farm.owner_of(place) or "nobody yet" for place in places}
    if len(owners) == 1:
        return next(iter(owners.values()))
    return ", ".join(f"{name} by {owner}" for name, owner in sorted(owners.items()))


def _taken(farm: Coordinator, tags: Mapping[str, str], holders: str, wait_s: float) -> BenchError:
    one = [*tags] == ["name"]
    what = f"place {tags['name']} is" if one else f"places tagged {_text(tags)} are"
    patience = f" (waited {wait_s:g} s)" if wait_s else ""
    release = f"`labgrid-client -p {tags['name'] if one else 'PLACE'} release`"
    cure = f"wait longer with --wait SECONDS, or ask who has it to end, or to {release}"
    if farm.me in holders:
        cure += f" ({farm.me} is you: another run of yours, or acquired or reserved by hand: `labgrid-client who`)"
    return BenchError(f"labgrid {what} in use{patience} by {holders}", cure)


async def _unless(
    over: "asyncio.Future[None]", awaited: Coroutine[Any, Any, None], within_s: float | None = None
) -> None:
    """Wait for something until it is over, or for so many seconds."""
    task = asyncio.create_task(awaited)
    await asyncio.wait([over, task], timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    if not task.cancel():
        task.result()


def _text(tags: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(tags.items()))


def _standard_input_ends() -> "asyncio.Future[None]":
    """Done when nobody holds the other end of standard input any more."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024) and not over.done():
            loop.remove_reader(sys.stdin.fileno())
            over.set_result(None)

    loop.add_reader(sys.stdin.fileno(), read)
    return over


def tell(event: str, **what: object) -> None:
    """One line to the rig; where there is no rig any more, nobody needs it."""
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), (json.dumps({"event": event, **what}) + "\n").encode())


if __name__ == "__main__":
    # Only the end of standard input ends it: a Ctrl-C at the terminal is the rig's to handle, and a service manager
    # that ends everything at once ends the rig too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(keep(Order.read(sys.argv[1])))
