"""Talk to the worker, and try again where that can help."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware_build.flash import errors
from firmware_build.flash.budget import Stopwatch
from firmware_build.flash.errors import Attempt, FlashError
from firmware_build.flash.facts import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_build.flash.budget import Budget

ATTEMPTS = 3
"""How often at most; only where pyOCD's error is a transient one (`firmware_build.flash.translate.is_transient`)."""

WORKER = [sys.executable, "-P", "-m", "firmware_build.flash.worker"]
_LOG_LINES = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order.

    Attributes:
        content: What the worker tells of it.
        attempts: Every attempt, the one that did it last.
    """

    content: dict[str, Any]
    attempts: tuple[Attempt, ...]


def ask(order: Mapping[str, object], budget: Budget) -> Answer:
    """Have the worker carry out an order.

    Raises:
        FlashError: It could not; `attempts` tells how often it was tried.
    """
    attempts: list[Attempt] = []
    with budget.started():
        while True:
            watch = Stopwatch()
            try:
                content = _ask_once(order, budget)
            except _TransientError as transient:
                attempts.append(Attempt(watch.seconds, transient.error.message))
                if len(attempts) == ATTEMPTS:
                    transient.error.attempts = tuple(attempts)
                    raise transient.error from None
            except FlashError as error:
                error.attempts = (*attempts, Attempt(watch.seconds, error.message))
                raise
            else:
                return Answer(content, (*attempts, Attempt(watch.seconds)))


class _TransientError(Exception):
    def __init__(self, error: FlashError) -> None:
        self.error = error


def _ask_once(order: Mapping[str, object], budget: Budget) -> dict[str, Any]:
    log: list[str] = []
    end: dict[str, Any] | None = None

    def hear(line: str) -> None:
        nonlocal end
        message = _message(line)
        if message is None:
            log.append(line)
        elif message["event"] == "progress":
            budget.progress(Progress(message["phase"], message["fraction"]))
        else:
            end = message

    # From the root folder, because pyOCD reads files of the folder it is started in.
    finished = budget.run([*WORKER, json.dumps(order)], cwd=Path("/"), environ=os.environ, on_line=hear)
    evidence = "\n".join(log[-_LOG_LINES:])
    if end is None:
        budget.check(evidence)
        raise FlashError(
            f"the process that talks to the probe ended with status {finished.status} and told nothing",
            cure="report this as a bug, with the log",
            log=evidence,
        )
    if end["event"] == "error":
        kind: type[FlashError] = getattr(errors, end["kind"])
        error = kind(**end["arguments"], log=evidence)
        raise _TransientError(error) if end["transient"] else error
    return {key: value for key, value in end.items() if key != "event"}


def _message(line: str) -> dict[str, Any] | None:
    """What the worker tells in this line; None for a line of a log."""
    if not line.startswith('{"event"'):
        return None
    try:
        message: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return message
