"""What a central system can ask of a charge point, typed: all of OCPP 1.6 §5 and of its security extensions.

Each operation waits up to `within_s` wall seconds and gives an `Outcome`; it never raises for what a charge point does.
"""

from central_system.operations.core import (
    change_availability,
    change_configuration,
    clear_cache,
    data_transfer,
    get_configuration,
    remote_start_transaction,
    remote_stop_transaction,
    reset,
    unlock_connector,
)
from central_system.operations.firmware_management import get_diagnostics, update_firmware
from central_system.operations.local_auth_list import get_local_list_version, send_local_list
from central_system.operations.remote_trigger import trigger_message
from central_system.operations.reservation import cancel_reservation, reserve_now
from central_system.operations.security import (
    certificate_signed,
    delete_certificate,
    extended_trigger_message,
    get_installed_certificate_ids,
    get_log,
    install_certificate,
    signed_update_firmware,
)
from central_system.operations.smart_charging import (
    clear_charging_profile,
    get_composite_schedule,
    set_charging_profile,
)

__all__ = [
    "cancel_reservation",
    "certificate_signed",
    "change_availability",
    "change_configuration",
    "clear_cache",
    "clear_charging_profile",
    "data_transfer",
    "delete_certificate",
    "extended_trigger_message",
    "get_composite_schedule",
    "get_configuration",
    "get_diagnostics",
    "get_installed_certificate_ids",
    "get_local_list_version",
    "get_log",
    "install_certificate",
    "remote_start_transaction",
    "remote_stop_transaction",
    "reserve_now",
    "reset",
    "send_local_list",
    "set_charging_profile",
    "signed_update_firmware",
    "trigger_message",
    "unlock_connector",
    "update_firmware",
]
