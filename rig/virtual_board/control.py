"""Do something to a running board."""

import json
from dataclasses import dataclass

from rig.errors import BenchError, UsageError
from rig.virtual_board.wire import BoardGoneError, Connection, Operation, RefusedError


@dataclass(frozen=True, slots=True)
class Facts:
    """What a board tells of itself when it is ready.

    Attributes:
        id: Its name, and the unique id of its probe.
        console: The path of its pseudo-terminal; None while it is unplugged.
        pid: Its process.
        namespace: The path of the network namespace that it lies in; None: that in which it was started.
        console_port: The TCP port of loopback with its console, too; None: there is none.
    """

    id: str
    console: str | None
    pid: int
    namespace: str | None
    console_port: int | None


def facts_of(board: str) -> Facts:
    """The facts of a running board as they are now.

    Raises:
        BenchError: there is no such board.
    """
    return _control(board, {})


def change(board: str, fault: str, *, on: bool) -> Facts:
    """Let a fault (`faults.FAULTS`, with its value) begin or end; returns the board's facts after that.

    Raises:
        BenchError: there is no such board.
        UsageError: there is no such fault, or its value makes no sense.
    """
    return _control(board, {"fault": fault, "on": on})


def _control(board: str, request: dict[str, object]) -> Facts:
    try:
        with Connection(board) as connection:
            return Facts(**json.loads(connection.ask(Operation.CONTROL, json.dumps(request).encode())))
    except RefusedError as error:
        raise UsageError(str(error)) from error
    except BoardGoneError as error:
        raise BenchError(str(error), "start it: ocpp-rig virtual-board --id " + board) from error
