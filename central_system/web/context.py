"""What every endpoint works with."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request

from central_system.outcome import Outcome
from central_system.parts import Parts
from central_system.registry.facts import Fact
from central_system.web.changes import Changes
from central_system.web.frame_reader import FrameReader

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Context:
    """The central system, and what the page adds to it; `asking` are the operations that wait for their answers."""

    parts: Parts
    frames: FrameReader
    changes: Changes
    asking: set[asyncio.Task[Outcome[Any]]] = field(default_factory=set)

    async def in_ocpp_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have the charge points' event loop do something; what it raises is raised here."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.parts.loop))

    async def record(self, make: Callable[[], Fact]) -> None:
        """Record the fact that `make` makes in the charge points' event loop, where nothing else changes meanwhile.

        Raises:
            HTTPException: it cannot be kept, and nothing has changed; or what `make` raises.
        """

        async def record() -> None:
            self.parts.registry.record(make())

        try:
            await self.in_ocpp_loop(record())
        except OSError as error:
            raise HTTPException(
                507, f"this cannot be kept, and nothing has changed: {error}. Make room on the disk, then ask again."
            ) from error


async def context_of(request: Request) -> Context:
    """The context of the application that serves a request."""
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(context_of)]
