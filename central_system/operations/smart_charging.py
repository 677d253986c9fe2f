"""Smart Charging: limits on power or current over time (OCPP 1.6 §3.3, Feature Profiles)."""

from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import ChargingProfile, ChargingSchedule
from ocpp.v16.enums import ChargingProfilePurposeType, ChargingRateUnitType

from central_system.operations.asking import ChargePoint, ask
from central_system.outcome import Outcome


@dataclass
class CompositeSchedule(call_result.GetCompositeSchedule):
    """GetCompositeSchedule.conf with its schedule typed (OCPP 1.6 §6.22)."""

    charging_schedule: ChargingSchedule | None = None  # type: ignore[assignment]  # `ocpp` leaves it a dict


async def clear_charging_profile(
    charge_point: ChargePoint,
    charging_profile_id: int | None = None,
    connector_id: int | None = None,
    charging_profile_purpose: ChargingProfilePurposeType | None = None,
    stack_level: int | None = None,
    *,
    within_s: float,
) -> Outcome[call_result.ClearChargingProfile]:
    """Ask to forget the charging profile of an id, or all that match what is named (OCPP 1.6 §5.5)."""
    request = call.ClearChargingProfile(charging_profile_id, connector_id, charging_profile_purpose, stack_level)
    return await ask(charge_point, request, call_result.ClearChargingProfile, within_s=within_s)


async def get_composite_schedule(
    charge_point: ChargePoint,
    connector_id: int,
    duration: int,
    charging_rate_unit: ChargingRateUnitType | None = None,
    *,
    within_s: float,
) -> Outcome[CompositeSchedule]:
    """Ask for the limits that all charging profiles together set on a connector from now on (OCPP 1.6 §5.7).

    `duration` is in seconds; connector 0 is what the charge point as a whole draws from the grid.
    """
    request = call.GetCompositeSchedule(connector_id, duration, charging_rate_unit)
    return await ask(charge_point, request, CompositeSchedule, within_s=within_s)


async def set_charging_profile(
    charge_point: ChargePoint, connector_id: int, cs_charging_profiles: ChargingProfile, *, within_s: float
) -> Outcome[call_result.SetChargingProfile]:
    """Ask to take on a charging profile, for a connector or the whole charge point (connector 0) (OCPP 1.6 §5.16).

    Limits are in steps of 0.1 A or W.
    """
    request = call.SetChargingProfile(connector_id, cs_charging_profiles)
    return await ask(charge_point, request, call_result.SetChargingProfile, within_s=within_s)
