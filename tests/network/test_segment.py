"""An Ethernet segment made of software, before any board is on it."""

import os
import shutil
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from rig.bench.device import Network
from rig.errors import BenchError
from rig.network.interface import facing, interfaces
from rig.network.segment import CABLE, TAP, make_segment
from tests.namespaces import network_namespace

HOST = IPv4Interface("192.0.2.1/24")


def need_tap() -> None:
    if not shutil.which("ip"):
        pytest.skip("ip (iproute2) is not installed")
    try:
        Path("/dev/net/tun").open("rb").close()
    except OSError as error:
        pytest.skip(f"no TAP interface here: /dev/net/tun: {error.strerror}")


def test_it_has_a_carrier_before_a_board_is_on_it() -> None:
    need_tap()
    with network_namespace() as one:
        make_segment(HOST, rig=one, board=one)
        found, address = facing(Network(CABLE, namespace=one))
    assert (found.name, found.carrier, address) == (CABLE, True, HOST)


def test_its_sides_may_lie_in_two_namespaces() -> None:
    need_tap()
    if os.geteuid() != 0:
        pytest.skip("a cable between two network namespaces takes root")
    with network_namespace() as rig, network_namespace() as board:
        make_segment(HOST, rig=rig, board=board)
        here, there = ({each.name for each in interfaces(side)} for side in (rig, board))
    assert here == {"lo", CABLE}
    assert {"lo", TAP} < there


def test_a_segment_that_cannot_be_made_says_at_what() -> None:
    need_tap()
    with network_namespace() as one:
        make_segment(HOST, rig=one, board=one)
        with pytest.raises(BenchError, match=f"no Ethernet segment can be made: `ip link add {CABLE} .*exists"):
            make_segment(HOST, rig=one, board=one)
