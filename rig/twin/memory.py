"""What outlives a restart of the charge point, as in its flash."""

from collections.abc import Collection
from dataclasses import dataclass, field

from rig.twin.certificates import Certificate
from rig.twin.charging_profiles import ChargingProfiles
from rig.twin.frames import JsonObject
from rig.twin.id_tags import Cache, LocalList
from rig.twin.profiles.configuration_keys import keys_of
from rig.twin.profiles.profile import Profile
from rig.twin.reservations import Reservations
from rig.twin.settings import Settings


@dataclass
class Vault:
    """What the security whitepaper has a charge point keep."""

    roots: dict[str, list[Certificate]] = field(default_factory=dict)
    """Installed root certificates by certificateType."""
    requested_key: bytes | None = None
    """The public key that a certificate was last requested for."""
    own: Certificate | None = None
    """The charge point certificate."""
    log: list[str] = field(default_factory=list)
    """The security log, oldest event first."""


@dataclass
class Memory:
    """Configuration, lists, reservations, charging profiles: all that OCPP 1.6 wants to persist."""

    settings: Settings
    inoperative: set[int] = field(default_factory=set)
    """Connectors that ChangeAvailability has made inoperative; 0 is the charge point as a whole (section 5.2)."""
    registers: dict[int, float] = field(default_factory=dict)
    """The energy registers of the connectors, in Wh."""
    stops: list[JsonObject] = field(default_factory=list)
    """StopTransactions that were not delivered yet (section 5.14)."""
    cache: Cache = field(default_factory=Cache)
    local_list: LocalList = field(default_factory=LocalList)
    reservations: Reservations = field(default_factory=Reservations)
    charging_profiles: ChargingProfiles = field(default_factory=ChargingProfiles)
    vault: Vault = field(default_factory=Vault)

    @classmethod
    def fresh(cls, profiles: Collection[Profile]) -> "Memory":
        """As it leaves the factory."""
        return cls(Settings(keys_of(profiles)))
