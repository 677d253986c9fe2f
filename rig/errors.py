"""How the bench breaks. None of these is a verdict on the firmware."""


class BenchError(Exception):
    """The bench broke: the run is ERROR (exit code 3), never PASS or FAIL.

    `message` says what happened and where the evidence is, `cure` what to do next.
    """

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message + (f"\n  cure: {cure}" if cure else ""))
        self.message = message
        self.cure = cure


class UsageError(Exception):
    """The command asks for something that cannot be (exit code 2)."""
