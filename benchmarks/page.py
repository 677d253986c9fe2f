"""A page that somebody looks at while the load runs: it follows the changes and fetches what has changed."""

import asyncio
import contextlib
import http
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from benchmarks.api import asked, fetched

VIEWS = {"charge-points": "/api/charge-points", "transactions": "/api/transactions?limit=50", "status": "/api/status"}
"""What the page shows at the start, by the change that makes it fetch it again."""


@dataclass
class Page:
    """What a page saw: changes told, fetches, and how long each took in milliseconds."""

    port: int
    changes: int = 0
    fetched: list[float] = field(default_factory=list)
    fetched_bytes: int = 0
    wrong: list[str] = field(default_factory=list)

    async def look(self) -> None:
        """Look until cancelled."""
        for path in VIEWS.values():
            await self._fetch(path)
        reader, writer = await asked(self.port, "/api/changes")
        try:
            while line := await reader.readline():
                if line.startswith(b"data:"):
                    self.changes += 1
                    for name in json.loads(line[5:]):
                        if name in VIEWS:
                            await self._fetch(VIEWS[name])
            self.wrong.append("/api/changes ended")
        finally:
            writer.close()
            await writer.wait_closed()

    async def _fetch(self, path: str) -> None:
        begun = time.perf_counter()
        status, content = await fetched(self.port, path)
        self.fetched.append((time.perf_counter() - begun) * 1e3)
        self.fetched_bytes += len(content)
        if status != http.HTTPStatus.OK:
            self.wrong.append(f"{path}: {status} {content[:200]!r}")


@contextlib.asynccontextmanager
async def looked_at(port: int) -> AsyncIterator[Page]:
    """Have a page looked at until the block ends."""
    page = Page(port)
    looking = asyncio.create_task(page.look())
    try:
        yield page
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
