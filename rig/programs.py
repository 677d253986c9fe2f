"""Where the programs are that the rig starts."""

import os
import shutil

SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where programs for root lie; on Debian only root has these on its PATH."""


def which(program: str) -> str | None:
    """The path of a program, also of one for root; None: it is not installed."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN)))
