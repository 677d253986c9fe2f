"""Local Auth List Management: idTags that a charge point knows by itself (OCPP 1.6 §3.3, Feature Profiles)."""

from collections.abc import Sequence

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import AuthorizationData
from ocpp.v16.enums import UpdateType

from central_system.operations.asking import ChargePoint, ask
from central_system.operations.payloads import to_payload
from central_system.outcome import Outcome


async def get_local_list_version(
    charge_point: ChargePoint, *, within_s: float
) -> Outcome[call_result.GetLocalListVersion]:
    """Ask for the version of the local authorization list (OCPP 1.6 §5.10).

    0 means that it is empty, -1 that there is no such list.
    """
    return await ask(charge_point, call.GetLocalListVersion(), call_result.GetLocalListVersion, within_s=within_s)


async def send_local_list(
    charge_point: ChargePoint,
    list_version: int,
    update_type: UpdateType,
    local_authorization_list: Sequence[AuthorizationData] | None = None,
    *,
    within_s: float,
) -> Outcome[call_result.SendLocalList]:
    """Ask to replace the local authorization list (Full) or to change entries of it (Differential) (OCPP 1.6 §5.15).

    `list_version` is the list's afterwards. No list at all means an empty one. In a Differential update an entry
    without `id_tag_info` is removed.
    """
    request = call.SendLocalList(list_version, update_type, to_payload(local_authorization_list))
    return await ask(charge_point, request, call_result.SendLocalList, within_s=within_s)
