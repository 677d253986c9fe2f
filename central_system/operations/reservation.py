"""Reservation: a connector kept free for an idTag (OCPP 1.6 §3.3, Feature Profiles)."""

from ocpp.v16 import call, call_result

from central_system.operations.asking import ChargePoint, ask
from central_system.outcome import Outcome


async def cancel_reservation(
    charge_point: ChargePoint, reservation_id: int, *, within_s: float
) -> Outcome[call_result.CancelReservation]:
    """Ask to give up a reservation (OCPP 1.6 §5.1)."""
    request = call.CancelReservation(reservation_id)
    return await ask(charge_point, request, call_result.CancelReservation, within_s=within_s)


async def reserve_now(
    charge_point: ChargePoint,
    connector_id: int,
    expiry_date: str,
    id_tag: str,
    reservation_id: int,
    *,
    parent_id_tag: str | None = None,
    within_s: float,
) -> Outcome[call_result.ReserveNow]:
    """Ask to keep a connector, or any one (connector 0), for an idTag until a given time (OCPP 1.6 §5.13).

    `expiry_date` is OCPP's dateTime as text (`WorldClock.iso`). A `reservation_id` that the charge point has already is
    replaced.
    """
    request = call.ReserveNow(connector_id, expiry_date, id_tag, reservation_id, parent_id_tag)
    return await ask(charge_point, request, call_result.ReserveNow, within_s=within_s)
