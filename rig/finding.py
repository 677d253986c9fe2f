"""One thing that the doctor found out about this machine or its bench."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; `cure` is empty where nothing is missing."""

    what: str
    state: str
    cure: str = ""
