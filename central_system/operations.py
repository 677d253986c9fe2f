"""What a central system can ask of a charge point (OCPP 1.6 §5), typed. `within_s` is in wall seconds."""

from collections.abc import Sequence
from typing import Any

from ocpp.v16.enums import Action

from central_system.session import Outcome, Session


async def remote_start_transaction(
    charge_point: Session, id_tag: str, connector_id: int | None = None, *, within_s: float
) -> Outcome:
    """Ask to start charging for `id_tag`, on a connector of the charge point's choice where none is named (§5.11)."""
    payload: dict[str, Any] = {"idTag": id_tag}
    if connector_id is not None:
        payload["connectorId"] = connector_id
    return await charge_point.request(Action.remote_start_transaction, payload, within_s=within_s)


async def remote_stop_transaction(charge_point: Session, transaction_id: int, *, within_s: float) -> Outcome:
    """Ask to stop a transaction (§5.12)."""
    payload = {"transactionId": transaction_id}
    return await charge_point.request(Action.remote_stop_transaction, payload, within_s=within_s)


async def unlock_connector(charge_point: Session, connector_id: int, *, within_s: float) -> Outcome:
    """Ask to unlock a connector (§5.18)."""
    payload = {"connectorId": connector_id}
    return await charge_point.request(Action.unlock_connector, payload, within_s=within_s)


async def get_configuration(charge_point: Session, keys: Sequence[str] = (), *, within_s: float) -> Outcome:
    """Ask for configuration keys, for all of them where none is named (§5.8)."""
    payload = {"key": list(keys)} if keys else {}
    return await charge_point.request(Action.get_configuration, payload, within_s=within_s)


async def change_configuration(charge_point: Session, key: str, value: str, *, within_s: float) -> Outcome:
    """Set one configuration key (§5.3)."""
    payload = {"key": key, "value": value}
    return await charge_point.request(Action.change_configuration, payload, within_s=within_s)
