"""Sockets and programs in another network namespace, while this process stays where it is."""

import asyncio
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_system.clock import WorldClock
from central_system.events import SntpExchange, WireEvent
from central_system.ports import PortUnavailableError
from central_system.server import CentralSystem
from central_system.sntp import SntpResponder, reply_to
from central_system.sntp_packet import PACKET
from rig.errors import BenchError
from rig.network import enter
from rig.network.namespace import bound_in, command_in, not_entered, run_in
from tests.namespaces import network_namespace

LOOPBACK = "127.0.0.1"
HERE = Path("/proc/self/ns/net")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A network namespace of another process."""
    with network_namespace() as path:
        yield path


def in_it(namespace: str, program: str) -> str:
    """What a Python program prints that runs in a namespace."""
    return run_in(namespace, [sys.executable, "-c", program])


def test_a_socket_listens_in_the_other_namespace_and_this_process_stays_in_its_own(elsewhere: str) -> None:
    before = HERE.readlink()
    with bound_in(elsewhere)(socket.SOCK_STREAM, LOOPBACK, 0) as listening, socket.socket() as caller:
        listening.listen()
        port = listening.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            caller.connect((LOOPBACK, port))
        in_it(elsewhere, f"import socket; socket.create_connection(('{LOOPBACK}', {port})).sendall(b'hello')")
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(5) == b"hello"
    assert HERE.readlink() == before


def test_each_namespace_has_every_port(elsewhere: str) -> None:
    with bound_in(None)(socket.SOCK_STREAM, LOOPBACK, 0) as here:
        port = here.getsockname()[1]
        with bound_in(elsewhere)(socket.SOCK_STREAM, LOOPBACK, port) as there:
            assert there.getsockname() == here.getsockname()


def test_the_owner_of_a_namespace_may_bind_port_123_in_it(elsewhere: str) -> None:
    with bound_in(elsewhere)(socket.SOCK_DGRAM, LOOPBACK, 123) as bound:
        assert bound.getsockname() == (LOOPBACK, 123)


def test_a_port_that_is_taken_there_is_said_to_be_taken_there(elsewhere: str) -> None:
    bind = bound_in(elsewhere)
    with bind(socket.SOCK_DGRAM, LOOPBACK, 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortUnavailableError, match=f"UDP port {port} .* another program has it") as error:
            bind(socket.SOCK_DGRAM, LOOPBACK, port)
    assert f"in the network namespace {elsewhere}" in error.value.problem


def test_a_server_of_the_central_system_answers_in_the_other_namespace(elsewhere: str) -> None:
    now = 1_795_343_248.0
    seen: list[WireEvent] = []
    ask = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5);"
        f"s.sendto(b'\\x1b' + bytes({PACKET.size - 1}), ('{LOOPBACK}', 123)); print(s.recv(100).hex())"
    )

    async def scenario() -> str:
        bind = bound_in(elsewhere)
        clock = WorldClock(now)
        async with (
            SntpResponder(LOOPBACK, 123, now=lambda: now, observe=seen.append, bind=bind),
            CentralSystem(LOOPBACK, 8180, clock=clock, observe=seen.append, bind=bind) as server,
        ):
            assert server.port == 8180
            return await asyncio.to_thread(in_it, elsewhere, ask)

    told = asyncio.run(scenario())
    assert bytes.fromhex(told) == reply_to(b"\x1b" + bytes(PACKET.size - 1), now)
    assert [type(event) for event in seen] == [SntpExchange]


def test_a_command_runs_there_under_the_process_id_that_was_started(elsewhere: str) -> None:
    program = "import os; print(os.getpid(), os.readlink('/proc/self/ns/net'))"
    with subprocess.Popen(
        command_in(elsewhere, [sys.executable, "-c", program]), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        pid, namespace = process.stdout.read().split()
    assert int(pid) == process.pid
    assert namespace == str(Path(elsewhere).readlink())


def test_without_a_namespace_a_command_is_what_it_was() -> None:
    assert command_in(None, ["true", "-x"]) == ["true", "-x"]


def test_a_command_there_ends_with_the_process_that_started_it(elsewhere: str) -> None:
    starter = (
        "import subprocess, sys, time; from rig.network.namespace import command_in;"
        f"p = subprocess.Popen(command_in('{elsewhere}', ['sleep', '60'])); print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    assert select.select([child], [], [], 5)[0], "it is readable when the process has ended (pidfd_open(2))"
    os.close(child)


def test_a_name_that_nobody_gave_is_said_with_those_that_there_are() -> None:
    with pytest.raises(BenchError, match="there is no network namespace no-such-segment") as error:
        bound_in("no-such-segment")(socket.SOCK_STREAM, LOOPBACK, 0)
    assert "ip netns add" in error.value.cure


def test_a_file_that_is_no_network_namespace_is_refused() -> None:
    with pytest.raises(BenchError, match=r"/proc/self/ns/uts cannot be entered: Invalid argument"):
        bound_in("/proc/self/ns/uts")(socket.SOCK_STREAM, LOOPBACK, 0)


def test_a_user_without_rights_is_told_so(elsewhere: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become a user who may not enter what root made")
    program = f"import os; from rig.network import enter; os.setuid(65534); enter.main({elsewhere!r}, '1', 'true')"
    nobody = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert nobody.returncode == enter.NOT_ENTERED
    error = not_entered(nobody.stderr)
    assert error.message == f"the network namespace {elsewhere} cannot be entered: Permission denied"
    assert "run the rig as root" in error.cure
