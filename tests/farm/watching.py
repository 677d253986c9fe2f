"""What the coordinator says, waited for without asking again and again."""

import asyncio
from collections import Counter
from collections.abc import Callable

from rig.farm.coordinator import Coordinator


def until_exported(address: str, groups: set[str]) -> None:
    def there(farm: Coordinator) -> bool:
        found = Counter("/".join(path[:2]) for path, _ in farm.entries())
        return all(found[group] == 2 for group in groups)

    asyncio.run(_until(address, there))


def until_owner(address: str, place: str, owner: str | None) -> None:
    asyncio.run(_until(address, lambda farm: farm.place(place).acquired == owner))


def owner_of(address: str, place: str) -> str | None:
    async def ask() -> str | None:
        farm = Coordinator(address)
        async with farm.connected():
            return await farm.owner_of(farm.place(place))

    return asyncio.run(ask())


async def _until(address: str, true: Callable[[Coordinator], bool]) -> None:
    farm = Coordinator(address)
    async with farm.connected(), asyncio.timeout(30):
        await farm.until(lambda: true(farm))
