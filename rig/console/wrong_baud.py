"""Whether a console's bytes are those of a line that is read at another speed than it is written."""

ENOUGH = 64
"""Bytes. Fewer tell nothing: a reset alone leaves some that mean nothing."""
SHARE = 0.25
"""Real consoles have none to a few per cent; text of 115,200 baud read at 9,600 to 921,600 has 0.4 to 1.0 of them."""


def looks_like_wrong_baud(data: bytes) -> bool:
    """Whether more than a quarter of it is no text: neither printable UTF-8, line end, tab nor escape.

    A wrong speed turns the bits of each character into other bytes, at random as it seems, and random bytes are seldom
    valid UTF-8. A speed wrong by less than 5 % does no harm, and is not noticed.
    """
    if len(data) < ENOUGH:
        return False
    text = data.decode("utf-8", "surrogateescape")  # what is not valid becomes unprintable
    strange = sum(not character.isprintable() and character not in "\t\r\n\x1b" for character in text)
    return strange > SHARE * len(text)
