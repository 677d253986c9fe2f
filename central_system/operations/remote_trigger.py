"""Remote Trigger: messages of the charge point that come when asked for (OCPP 1.6 §3.3, Feature Profiles)."""

from ocpp.v16 import call, call_result
from ocpp.v16.enums import MessageTrigger

from central_system.operations.asking import ChargePoint, ask
from central_system.outcome import Outcome


async def trigger_message(
    charge_point: ChargePoint, requested_message: MessageTrigger, connector_id: int | None = None, *, within_s: float
) -> Outcome[call_result.TriggerMessage]:
    """Ask for a message that the charge point else sends by itself (OCPP 1.6 §5.17).

    The message comes after the answer. LogStatusNotification and SignChargePointCertificate are for
    ExtendedTriggerMessage alone.
    """
    request = call.TriggerMessage(requested_message, connector_id)
    return await ask(charge_point, request, call_result.TriggerMessage, within_s=within_s)
