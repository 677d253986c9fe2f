"""How an operation is asked: out goes JSON, back comes an outcome whose answer is typed."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from ocpp.v16.enums import Action

from central_system.operations.payloads import from_payload, to_payload
from central_system.operations.schemas import Side, first_fault
from central_system.outcome import Answered, Malformed, Outcome

Answer = TypeVar("Answer")


class ChargePoint(Protocol):
    """Whoever takes a CALL, as `central_system.session.Session` does."""

    async def request(self, action: Action, payload: Mapping[str, Any], *, within_s: float) -> Outcome[dict[str, Any]]:
        """Send a CALL and wait up to `within_s` wall seconds for what comes back."""


async def ask(charge_point: ChargePoint, request: object, answer: type[Answer], *, within_s: float) -> Outcome[Answer]:
    """Send `request`, a dataclass of `ocpp.v16.call`, and wait up to `within_s` wall seconds for the answer.

    It is sent as it is, not held against its schema: what a charge point makes of a wrong value is worth asking.
    """
    action = Action(type(request).__name__)
    return await send(charge_point, action, to_payload(request), answer, within_s=within_s)


async def send(
    charge_point: ChargePoint, action: Action, payload: Mapping[str, Any], answer: type[Answer], *, within_s: float
) -> Outcome[Answer]:
    """Send a payload as it is; the CALLRESULT is `Malformed` where it breaks its schema, else an `answer`."""
    outcome = await charge_point.request(action, payload, within_s=within_s)
    if not isinstance(outcome, Answered):
        return outcome
    if fault := first_fault(action, Side.RESPONSE, outcome.payload):
        return Malformed(outcome.payload, str(fault))
    return Answered(from_payload(answer, outcome.payload), outcome.payload)
