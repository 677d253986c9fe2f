"""The charge point's answers to requests of the central system (OCPP 1.6 section 5).

Here are the operations that Zephyr's library has; those of the profiles that are switched on join them. They do what
OCPP 1.6 asks beyond the sample only where all of Core is on.
"""

from collections.abc import Callable
from functools import partial

from rig.twin.charging_profiles import TX_PROFILE, ChargingProfile
from rig.twin.connector import Connector
from rig.twin.defects import Defect
from rig.twin.frames import Call, JsonObject
from rig.twin.link import RefusalError, Reply
from rig.twin.profiles.actions import ACTIONS
from rig.twin.profiles.core import Core
from rig.twin.profiles.firmware_management import FirmwareManagement
from rig.twin.profiles.local_auth_list import LocalAuthList
from rig.twin.profiles.profile import Profile
from rig.twin.profiles.remote_trigger import RemoteTrigger
from rig.twin.profiles.reservation import ReservationProfile
from rig.twin.profiles.security import Security
from rig.twin.profiles.smart_charging import SmartCharging, is_sound, read_profile
from rig.twin.requests import Fields
from rig.twin.station import Extension, Handler, Station


class Operations:
    """Answers requests; what a request sets off happens after its answer, in the background."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._device = station.device
        self._core = Profile.CORE in station.device.profiles
        self._handlers: dict[str, Handler] = {
            "ChangeConfiguration": self._change_configuration,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "UnlockConnector": self._unlock,
        }
        self._extensions = self._switched_on()
        for extension in self._extensions:
            self._handlers |= extension.handlers

    def run_in_background(self) -> None:
        """Start what the profiles do of themselves."""
        for extension in self._extensions:
            self._station.start(extension.run())

    def answer(self, call: Call) -> Reply | None:
        """The answer to a request; None when the charge point stays silent, by a defect or while it is rejected.

        Raises:
            RefusalError: the request is not supported, or its payload breaks the schema.
        """
        if self._core and self._station.registration.status == "Rejected":
            return None  # section 4.2
        handler = self._handlers.get(call.action)
        if handler is None:
            # A charge point with all of Core knows the other profiles' actions, too (OCPP 1.6-J errata 3.9).
            if self._core and call.action in ACTIONS:
                raise RefusalError("NotSupported", f"{call.action} is not supported")
            raise RefusalError("NotImplemented", f"{call.action} is not implemented")
        answer = handler(Fields(call.payload))
        return Reply(answer) if isinstance(answer, dict) else answer

    def _switched_on(self) -> list[Extension]:
        extensions: dict[Profile, Callable[[Station], Extension]] = {
            Profile.CORE: Core,
            Profile.FIRMWARE_MANAGEMENT: FirmwareManagement,
            Profile.LOCAL_AUTH_LIST: LocalAuthList,
            Profile.RESERVATION: ReservationProfile,
            Profile.SMART_CHARGING: SmartCharging,
            Profile.REMOTE_TRIGGER: RemoteTrigger,
            Profile.SECURITY: partial(Security, change_configuration=self._change_configuration),
        }
        return [make(self._station) for profile, make in extensions.items() if profile in self._device.profiles]

    def _change_configuration(self, request: Fields) -> JsonObject:
        return {"status": self._device.settings.change(request.text("key"), request.text("value"))}

    def _get_configuration(self, request: Fields) -> JsonObject:
        known, unknown = self._device.settings.find(request.optional(request.texts, "key") or [])
        answer: JsonObject = {"configurationKey": [key.as_json() for key in known]}
        if unknown:
            answer["unknownKey"] = unknown
        return answer

    def _remote_start(self, request: Fields) -> JsonObject:
        id_tag = request.text("idTag")
        wanted = request.optional(request.integer, "connectorId")
        profile = self._profile_of(request)
        connector = self._connector_for(id_tag, wanted)
        pending = self._core and not self._device.registered.is_set()  # section 4.2
        unusable = profile is not None and not _is_for_a_new_transaction(profile)
        if connector is None or pending or unusable or Defect.REMOTE_START_REJECTED in self._device.defects:
            return {"status": "Rejected"}
        if Defect.REMOTE_START_IGNORED not in self._device.defects:
            # The firmware, too, prints the tag of the session before.
            self._device.console.info(
                "main", f"Remote start charging idtag {connector.id_tag} connector {connector.number}\n"
            )
            authorize = self._device.settings.boolean("AuthorizeRemoteTxRequests")
            connector.begin(id_tag, authorize=authorize, profile=profile)
        return {"status": "Accepted"}

    def _profile_of(self, request: Fields) -> ChargingProfile | None:
        """The charging profile in a request; without Smart Charging it is ignored (section 5.11)."""
        if Profile.SMART_CHARGING not in self._device.profiles:
            return None
        fields = request.optional(request.fields, "chargingProfile")
        now = round(self._device.clock.realtime())
        return None if fields is None else read_profile(fields, connector=0, now=now)

    def _connector_for(self, id_tag: str, wanted: int | None) -> Connector | None:
        """A connector where ``id_tag`` may charge, a reserved one before others; None where there is none."""
        reservations = self._device.memory.reservations
        may = [
            connector
            for number, connector in self._station.connectors.items()
            if wanted in {None, number} and connector.idle.is_set() and self._device.statuses.admits(number, id_tag)
        ]
        reserved = (one for one in may if any(held.is_for(id_tag, None) for held in reservations.on(one.number)))
        return next(reserved, next(iter(may), None))

    def _remote_stop(self, request: Fields) -> JsonObject:
        wanted = request.integer("transactionId")
        for connector in self._station.connectors.values():
            if connector.transaction_id == wanted:
                if Defect.REMOTE_STOP_IGNORED not in self._device.defects:
                    connector.stop("Remote")
                return {"status": "Accepted"}
        return {"status": "Rejected"}

    def _unlock(self, request: Fields) -> Reply | None:
        connector = self._station.connectors.get(request.integer("connectorId"))
        if connector is None:
            return Reply({"status": "NotSupported"})
        self._device.console.info("main", f"unlock connector {connector.number}\n")
        if Defect.UNLOCK_SILENT in self._device.defects:
            return None
        status = "UnlockFailed" if Defect.UNLOCK_FAILED in self._device.defects else "Unlocked"
        # Section 5.18 ends the transaction; the sample does not.
        stop = partial(connector.stop, "UnlockCommand") if self._core else None
        return Reply({"status": status}, stop)


def _is_for_a_new_transaction(profile: ChargingProfile) -> bool:
    """Whether a RemoteStartTransaction may bring this profile along (section 5.16.2)."""
    return is_sound(profile) and profile.purpose == TX_PROFILE and profile.transaction_id is None
