"""`--place` in its three forms: a place, tags that a place must have, a place that is reserved already."""

import atexit
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from rig.errors import UsageError
from rig.farm.place import reserved


@dataclass(frozen=True, slots=True)
class Asked:
    """What `--place` asks for: `NAME`, `TAG=VALUE,TAG=VALUE`, or `NAME+TOKEN`, a place that a reservation holds."""

    place: str | None = None
    token: str | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the option.

        Raises:
            UsageError: it is none of the three.
        """
        if "=" not in text:
            place, _, token = text.partition("+")
            return cls(place=place, token=token or None)
        pairs = [pair.partition("=") for pair in text.split(",")]
        if not all(name and value for name, _, value in pairs):
            raise UsageError(f"--place {text}: write the name of a place, or tags as NAME=VALUE,NAME=VALUE")
        return cls(tags=tuple((name, value) for name, _, value in pairs))

    def settled(self, *, wait_s: float, say: Callable[[str], object]) -> Self:
        """With tags: a place that has them all, reserved until this process ends. Else as it is.

        Raises:
            BenchError: there is none, or others have them all, for `wait_s` seconds.
        """
        if not self.tags:
            return self
        until_exit = contextlib.ExitStack()
        reservation = until_exit.enter_context(reserved(dict(self.tags), wait_s=wait_s, say=say))
        atexit.register(until_exit.close)
        return type(self)(reservation.place, reservation.token)

    def __str__(self) -> str:
        if self.tags:
            return ",".join(f"{name}={value}" for name, value in self.tags)
        return f"{self.place}+{self.token}" if self.token else str(self.place)
