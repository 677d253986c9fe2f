"""What a charge point's connection asks of the kernel."""

import socket
from asyncio.trsock import TransportSocket


def acknowledge_at_once(device: TransportSocket) -> None:
    """Have the kernel acknowledge the next segment without delay (tcp(7): the option holds for a while only).

    The firmware sends a second message while the first awaits its acknowledgement (Nagle, RFC 896). Linux delays one by
    40 ms (RFC 1122 §4.2.3.2), which at 20 times real time is longer than the firmware waits for its answer.
    """
    device.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def keep_alive(device: TransportSocket) -> None:
    """Have the kernel find out that the other end is gone without a word, as a board without power (tcp(7)).

    WebSocket pings would do, but the firmware answers them without their payload, and a user may count frames.
    """
    device.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4)):
        device.setsockopt(socket.IPPROTO_TCP, option, value)
