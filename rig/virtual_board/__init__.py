"""A virtual STM32F769I-DISCO: a process of its own with a debug probe, a chip to be flashed, and a console.

pyOCD finds it as it finds an ST-LINK, and its own flash algorithm runs on the chip's model. What was flashed is
"run" by playing the twin on the console, and only if the flash holds, bit for bit, an image that is known.
"""

BOARD = "stm32f769i_disco"
"""Zephyr's name of the board."""
PRODUCT = "virtual STM32F769I-DISCO"
"""What its probe calls itself, and a bench file calls the board."""


def is_virtual(product: str) -> bool:
    """Whether a board of this name is a virtual one, whose firmware a twin plays."""
    return product == PRODUCT
