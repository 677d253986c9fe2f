"""An Ethernet segment made of software, for a board that is a process: a cable, a switch, and a TAP interface.

::

    the rig's side                       the board's side
    ocpp-rig0 (the rig's address) ------ ocpp-rig1 -- bridge ocpp-rig -- zeth (TAP) -- native_sim

The rig's end has a carrier as soon as the segment is made, as that of a board whose cable is plugged in. All of it is
gone with the namespaces that it lies in: they have to be the rig's own (`rig.netns.enter`), never the host's.
"""

from ipaddress import IPv4Interface

from rig.errors import BenchError
from rig.network.namespace import run_in

CABLE, PLUG, BRIDGE, TAP = "ocpp-rig0", "ocpp-rig1", "ocpp-rig", "zeth"


def make_segment(address: IPv4Interface, *, rig: str | None = None, board: str | None = None) -> None:
    """Make the segment; `CABLE` is then this host's interface that faces the board, `TAP` the board's own.

    Args:
        address: This host's, with the network.
        rig: The network namespace of the rig's side; None: the one that the rig is in.
        board: That of the board's side, likewise; both sides may lie in one.

    Raises:
        BenchError: this user may not, or iproute2 is not installed.
    """
    try:
        _make(address, rig, board)
    except BenchError as error:
        cure = "run the rig as root; or, in a network namespace of its own, let this user open /dev/net/tun"
        raise BenchError(f"no Ethernet segment can be made: {error.message}", cure) from error


def _make(address: IPv4Interface, rig: str | None, board: str | None) -> None:
    other = ("netns", board) if board else ()
    for command in (
        ("link", "add", CABLE, "type", "veth", "peer", "name", PLUG, *other),
        ("address", "add", str(address), "dev", CABLE),
        ("link", "set", CABLE, "up"),
    ):
        run_in(rig, ["ip", *command])
    for command in (
        # A new port forwards at once (bridge(8): else after 15 s of learning).
        ("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0"),
        # Made beforehand, so that the board needs no rights but to open it.
        ("tuntap", "add", "dev", TAP, "mode", "tap"),
        *(("link", "set", port, "master", BRIDGE) for port in (PLUG, TAP)),
        *(("link", "set", each, "up") for each in (PLUG, TAP, BRIDGE)),
    ):
        run_in(board, ["ip", *command])
