"""Who is at the other end of a connection."""

from dataclasses import dataclass


@dataclass(slots=True, weakref_slot=True, eq=False)
class Caller:
    """What tap and server know together of the connection that they serve.

    Attributes:
        connection: Its number, as in the events.
        peer: Address and port.
        identity: The charge point that it says it is, once its upgrade request is in.
        names: To whom its certificate is made out; None where it was asked for none.
        why: Why it is sent away, once it is.
    """

    connection: int
    peer: str
    identity: str | None = None
    names: tuple[str, ...] | None = None
    why: str = ""
