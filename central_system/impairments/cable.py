"""The cable of a link: whole, or cut."""

import asyncio
from typing import Literal


class Cable(asyncio.Event):
    """Set while the link is not cut."""

    async def wait(self) -> Literal[True]:
        """Wait until it is whole. A cut may take the place of another: who waits is woken then, and has to wait on."""
        while not self.is_set():
            await super().wait()
        return True
