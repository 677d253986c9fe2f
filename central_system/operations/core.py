"""Core: what every charge point must be able to do (OCPP 1.6 §3.3, Feature Profiles)."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import ChargingProfile, KeyValue
from ocpp.v16.enums import AvailabilityType, ResetType

from central_system.operations.asking import ChargePoint, ask
from central_system.outcome import Outcome


@dataclass
class Configuration(call_result.GetConfiguration):
    """GetConfiguration.conf with its keys typed (OCPP 1.6 §6.24)."""

    configuration_key: list[KeyValue] | None = None
    unknown_key: list[str] | None = None


async def change_availability(
    charge_point: ChargePoint, connector_id: int, availability: AvailabilityType, *, within_s: float
) -> Outcome[call_result.ChangeAvailability]:
    """Ask to put a connector, or the whole charge point (connector 0), in or out of service (OCPP 1.6 §5.2).

    During a transaction the answer is Scheduled, and the change comes after it.
    """
    request = call.ChangeAvailability(connector_id, availability)
    return await ask(charge_point, request, call_result.ChangeAvailability, within_s=within_s)


async def change_configuration(
    charge_point: ChargePoint, key: str, value: str, *, within_s: float
) -> Outcome[call_result.ChangeConfiguration]:
    """Ask to set one configuration key (OCPP 1.6 §5.3)."""
    request = call.ChangeConfiguration(key, value)
    return await ask(charge_point, request, call_result.ChangeConfiguration, within_s=within_s)


async def clear_cache(charge_point: ChargePoint, *, within_s: float) -> Outcome[call_result.ClearCache]:
    """Ask to empty the authorization cache (OCPP 1.6 §5.4)."""
    return await ask(charge_point, call.ClearCache(), call_result.ClearCache, within_s=within_s)


async def data_transfer(
    charge_point: ChargePoint,
    vendor_id: str,
    message_id: str | None = None,
    data: str | None = None,
    *,
    within_s: float,
) -> Outcome[call_result.DataTransfer]:
    """Ask for something that OCPP does not know and a vendor defines (OCPP 1.6 §5.6)."""
    request = call.DataTransfer(vendor_id, message_id, data)
    return await ask(charge_point, request, call_result.DataTransfer, within_s=within_s)


async def get_configuration(
    charge_point: ChargePoint, keys: Sequence[str] = (), *, within_s: float
) -> Outcome[Configuration]:
    """Ask for configuration keys, for all of them where none is named (OCPP 1.6 §5.8)."""
    return await ask(charge_point, call.GetConfiguration(list(keys) or None), Configuration, within_s=within_s)


async def remote_start_transaction(
    charge_point: ChargePoint,
    id_tag: str,
    connector_id: int | None = None,
    charging_profile: ChargingProfile | None = None,
    *,
    within_s: float,
) -> Outcome[call_result.RemoteStartTransaction]:
    """Ask to start charging for an idTag (OCPP 1.6 §5.11).

    Where no connector is named, the charge point chooses. `charging_profile` is of the purpose TxProfile and names no
    transaction.
    """
    request = call.RemoteStartTransaction(id_tag, connector_id, charging_profile)
    return await ask(charge_point, request, call_result.RemoteStartTransaction, within_s=within_s)


async def remote_stop_transaction(
    charge_point: ChargePoint, transaction_id: int, *, within_s: float
) -> Outcome[call_result.RemoteStopTransaction]:
    """Ask to stop a transaction (OCPP 1.6 §5.12)."""
    request = call.RemoteStopTransaction(transaction_id)
    return await ask(charge_point, request, call_result.RemoteStopTransaction, within_s=within_s)


async def reset(charge_point: ChargePoint, kind: ResetType, *, within_s: float) -> Outcome[call_result.Reset]:
    """Ask to restart, at once (Hard) or after stopping all transactions in order (Soft) (OCPP 1.6 §5.14)."""
    return await ask(charge_point, call.Reset(kind), call_result.Reset, within_s=within_s)


async def unlock_connector(
    charge_point: ChargePoint, connector_id: int, *, within_s: float
) -> Outcome[call_result.UnlockConnector]:
    """Ask to unlock a connector, and to stop its transaction first where there is one (OCPP 1.6 §5.18)."""
    request = call.UnlockConnector(connector_id)
    return await ask(charge_point, request, call_result.UnlockConnector, within_s=within_s)
