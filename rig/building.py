"""The errors of `firmware_build` as those of the rig."""

import contextlib
from collections.abc import Iterator

from firmware_build import BuildError, UnknownBoard, UnknownFragment
from firmware_build.flash import FlashError
from rig.errors import BenchError, UsageError

LOG_LINES = 8
"""How much of the log of a failed flash is shown; `FlashError.log` has more."""


@contextlib.contextmanager
def build_errors() -> Iterator[None]:
    """Within it, a build that cannot be is a wrong command; one that fails, or a chip that fails, a broken bench.

    Raises:
        UsageError: the board or the fragment does not exist.
        BenchError: anything else went wrong with workspace, tools, build, image, probe or chip.
    """
    try:
        yield
    except (UnknownBoard, UnknownFragment) as error:
        raise UsageError(f"{error.message}: {error.cure}") from error
    except BuildError as error:
        raise BenchError(error.message + (f"\n  log: {error.log}" if error.log else ""), error.cure) from error
    except FlashError as error:
        log = "".join(f"\n    {line}" for line in error.log.splitlines()[-LOG_LINES:])
        raise BenchError(error.message + (f"\n  log:{log}" if log else ""), error.cure) from error
