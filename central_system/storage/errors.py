"""How a storage breaks."""


class StorageError(Exception):
    """The storage cannot be used: `problem` says what happened and where, `cure` what to do next."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}\n  cure: {cure}")
        self.problem = problem
        self.cure = cure
