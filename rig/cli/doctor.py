"""`ocpp-rig doctor`: what this machine can run, what is missing, and the cure."""

import argparse
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from central_system.ports import PortUnavailableError, listening_socket
from firmware_build import BOARDS, BuildError, find_interpreter, find_workspace, missing_tools, read_sample
from rig.bench.bench_file import default_bench, load_bench
from rig.bench.doctor import examine
from rig.bench.host import Host
from rig.finding import Finding
from rig.netns import ALLOW
from rig.targets.choose import RUNNABLE
from rig.targets.qemu import missing_emulator
from rig.virtual_board.entry import completed

OCPP_PORT, SNTP_PORT = 8180, 123
HOST = "127.0.0.1"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "doctor",
        help="what this machine can run",
        description="Tell what this machine can run, what is missing and how to get it. Exit code 0 where real "
        "firmware can be built and run, 3 where only the twin can. Where there is a bench file, its boards are "
        "examined too; one that lacks something is exit code 3 as well.",
    )
    command.add_argument("--bench", type=Path, metavar="FILE", help="the bench file to examine (see ocpp-rig bench)")
    command.set_defaults(call=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Print the report. Returns the exit code.

    Raises:
        UsageError: the bench file is missing or has mistakes.
    """
    path = default_bench(arguments.bench)
    devices = [completed(each) for each in load_bench(path)] if path else []
    boards = list(_boards())
    workspace = _workspace()
    _print((Finding("twin", "can be run"), workspace, *boards, *_isolation()))
    lacking = False
    for device, findings in examine(devices, Host()) if path else ():
        print(f"\n{device.platform} {device.id} of {path}" + ("" if device.connected else ", not connected"))
        _print(findings)
        lacking |= any(finding.cure for finding in findings)
    runs = not workspace.cure and any(not board.cure for board in boards)
    return 0 if runs and not lacking else 3


def _print(findings: Iterable[Finding]) -> None:
    for finding in findings:
        print(f"{finding.what:<22} {finding.state}")
        if finding.cure:
            print(f"{'':<22} cure: {finding.cure}")


def _workspace() -> Finding:
    try:
        workspace = find_workspace()
        sample = read_sample(workspace)
        find_interpreter(workspace)
    except BuildError as error:
        return Finding("Zephyr workspace", error.message, error.cure)
    return Finding("Zephyr workspace", f"{workspace.topdir}, Zephyr {workspace.version}, sample {sample.path}")


def _boards() -> Iterator[Finding]:
    for board in BOARDS:
        missing = [*missing_tools(board.name), *missing_emulator(board.name)]
        if missing:
            lacking = ", ".join(each.name for each in missing)
            yield Finding(board.name, f"lacks {lacking}", "; ".join(dict.fromkeys(each.cure for each in missing)))
        elif board.name in RUNNABLE:
            yield Finding(board.name, "can be built and run")
        else:
            yield Finding(board.name, "can be built")


def _isolation() -> Iterator[Finding]:
    """Whether runs get ports of their own; only where they cannot, this host's ports matter."""
    # In a child: the namespace is entered for good.
    code = "from rig import netns; netns.enter()"
    tried = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=False)
    if tried.returncode == 0:
        yield Finding("network namespaces", "allowed: any number of runs at once")
        return
    cure = f"{ALLOW}, or run one at a time on this host's ports"
    yield Finding("network namespaces", "not allowed for this user", cure)
    for kind, port, name in ((socket.SOCK_STREAM, OCPP_PORT, "TCP"), (socket.SOCK_DGRAM, SNTP_PORT, "UDP")):
        try:
            listening_socket(kind, HOST, port).close()
            yield Finding(f"{name} port {port}", "free")
        except PortUnavailableError as error:
            yield Finding(f"{name} port {port}", error.problem, error.cure)
