"""What can go wrong on the way to an image, as exceptions that say how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class BuildError(Exception):
    """An image could not be made or understood.

    Attributes:
        message: What happened.
        cure: What the reader does next, a command where there is one.
        log: The file that holds the evidence, or None where the message holds all of it.
    """

    def __init__(self, message: str, *, cure: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.log = log

    def __str__(self) -> str:
        lines = [self.message]
        if self.log is not None:
            lines.append(f"log: {self.log}")
        lines.append(f"cure: {self.cure}")
        return "\n".join(lines)


# The names below read as the condition they report; "…Error" would add nothing (hence N818).


class WorkspaceNotFound(BuildError):  # noqa: N818
    """There is no Zephyr workspace where one was looked for."""


class WorkspaceRefused(BuildError):  # noqa: N818
    """A new workspace could not be made: the folder is taken, or west could not fetch Zephyr."""


class SampleNotFound(BuildError):  # noqa: N818
    """The Zephyr tree has no OCPP sample."""


class ToolchainMissing(BuildError):  # noqa: N818
    """A compiler, a build tool or a Python module that the build needs is not installed."""


class UnknownBoard(BuildError):  # noqa: N818
    """The board's name is none of those that this package can build for."""


class UnknownFragment(BuildError):  # noqa: N818
    """A Kconfig fragment is neither one of the package's own nor a file, or cannot be read as one."""


class FragmentRefused(BuildError):  # noqa: N818
    """Kconfig did not give a symbol the value that a fragment asks for."""


class BuildFailed(BuildError):  # noqa: N818
    """West, CMake or the compiler ended with an error, or the image is not the one that was built."""


class ImageRefused(BuildError):  # noqa: N818
    """A file that was given as firmware is none, or is not for the board it was given for."""
