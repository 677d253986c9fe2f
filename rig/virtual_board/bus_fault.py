"""What the bus answers where there is nothing to be had."""


class BusFaultError(Exception):
    """An access that the bus refuses: nothing is there, or it is protected."""

    def __init__(self, address: int) -> None:
        super().__init__(f"bus fault at {address:#010x}")
        self.address = address
