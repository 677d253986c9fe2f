"""Every operation described, for people and programs that fill in forms."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, get_args, get_type_hints

from ocpp.v16.enums import Action

from central_system.operations import (
    core,
    firmware_management,
    local_auth_list,
    remote_trigger,
    reservation,
    security,
    smart_charging,
)
from central_system.operations.asking import ChargePoint, send
from central_system.operations.schemas import Fault, Schema, Side, first_fault, schema
from central_system.outcome import Outcome

PROFILES: Mapping[str, ModuleType] = {
    "Core": core,
    "Firmware Management": firmware_management,
    "Local Auth List Management": local_auth_list,
    "Reservation": reservation,
    "Smart Charging": smart_charging,
    "Remote Trigger": remote_trigger,
    "Security": security,
}
"""The feature profiles by OCPP's names (OCPP 1.6 §3.3), and the security extensions as one more."""

FIRST_LINE = re.compile(r"(?P<asks>.+) \((?P<clause>[^()]+ §[\d.]+)\)\.")


class BadRequestError(ValueError):
    """A payload that breaks the schema of its request; `fault` has the field and what is wrong with it."""

    def __init__(self, action: str, fault: Fault) -> None:
        super().__init__(f"{action}.req: {fault}; correct it, or send it unchecked")
        self.action = action
        self.fault = fault


class NoSuchOperationError(ValueError):
    """An action that a central system cannot ask for."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `asks` says what for, in a sentence, `clause` where OCPP defines it, `answer` its type here."""

    action: Action
    profile: str
    asks: str
    clause: str
    request: Schema
    response: Schema
    answer: type[Any]


async def ask(
    charge_point: ChargePoint, action: str, payload: Mapping[str, Any], *, within_s: float, unchecked: bool = False
) -> Outcome[Any]:
    """Send `payload` for `action`; `unchecked` sends it even if it breaks its schema, to see what a charge point does.

    Raises:
        NoSuchOperationError: a central system cannot ask for `action`.
        BadRequestError: `payload` breaks the schema of the request; nothing was sent.
    """
    operation = CATALOGUE.get(action)
    if operation is None:
        raise NoSuchOperationError(f"a central system cannot ask for {action!r}, only for {', '.join(CATALOGUE)}")
    if not unchecked and (fault := first_fault(operation.action, Side.REQUEST, dict(payload), formats=True)):
        raise BadRequestError(operation.action, fault)
    return await send(charge_point, operation.action, payload, operation.answer, within_s=within_s)


def _described() -> Iterator[Operation]:
    """Each typed function of each profile's module says all about itself: name, docstring, type of answer."""
    for profile, module in PROFILES.items():
        for name, function in vars(module).items():
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                action = Action[name]
                words = FIRST_LINE.fullmatch((inspect.getdoc(function) or "").partition("\n")[0])
                if not words:
                    raise TypeError(f"{function.__qualname__}: the docstring's first line has to end with its clause")
                (answer,) = get_args(get_args(get_type_hints(function)["return"])[0])
                schemas = schema(action, Side.REQUEST), schema(action, Side.RESPONSE)
                yield Operation(action, profile, words["asks"] + ".", words["clause"], *schemas, answer)


CATALOGUE: Mapping[str, Operation] = {operation.action: operation for operation in _described()}
"""All operations by action, profile by profile."""
