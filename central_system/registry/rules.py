"""What holds where the registry says nothing."""

from dataclasses import dataclass

from ocpp.v16.enums import AuthorizationStatus, RegistrationStatus


@dataclass(frozen=True, slots=True)
class Rules:
    """How strangers are treated, and what a new registration begins with.

    `boot_status` and `heartbeat_interval_s` go into BootNotification.conf (OCPP 1.6 §4.2). `strangers` lets charge
    points connect that nobody registered; `unknown_tag` is the status of an idTag that nobody registered (§4.1).
    A run of the rig hosts whatever comes, a check condemns it; a bench decides for itself.
    """

    heartbeat_interval_s: int = 10
    boot_status: str = RegistrationStatus.accepted.value
    strangers: bool = True
    unknown_tag: str = AuthorizationStatus.accepted.value
