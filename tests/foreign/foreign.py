"""A foreign charge point as a process, and what it tells."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Payload = dict[str, Any]
GENTLY_S = 3.0


@dataclass
class Foreign:
    """`told` is everything that the process has told, in order."""

    process: asyncio.subprocess.Process
    told: list[Payload] = field(default_factory=list)

    async def until(self, event: str) -> Payload:
        """Read on until it tells `event`; gives that line.

        Raises:
            AssertionError: it ended or failed before.
        """
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            self.told.append(json.loads(line))
            assert self.told[-1]["event"] != "failed", self.told[-1]
            if self.told[-1]["event"] == event:
                return self.told[-1]
        raise AssertionError(f"the charge point ended before it told {event!r}; it told {self.told}")

    def all(self, event: str) -> list[Payload]:
        """What it has told of `event`."""
        return [each for each in self.told if each["event"] == event]


@contextlib.asynccontextmanager
async def foreign_charge_point(
    folder: Path, library: str, port: int, *, answers: dict[str, Payload], calls: list[tuple[str, Payload]]
) -> AsyncIterator[Foreign]:
    """Start `library`'s charge point `zephyr`; it makes the calls, and answers until the block ends."""
    pipe = asyncio.subprocess.PIPE
    # A client of its own accord would go through a proxy.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = await asyncio.create_subprocess_exec(
        "node", str(folder / f"{library}.js"), stdin=pipe, stdout=pipe, limit=1 << 20, env=environment
    )
    assert process.stdin
    script = {"url": f"ws://127.0.0.1:{port}", "identity": "zephyr", "answers": answers, "calls": calls}
    process.stdin.write(json.dumps(script).encode() + b"\n")
    try:
        yield Foreign(process)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(GENTLY_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
