"""Local Auth List Management (OCPP 1.6 sections 3.5.2, 5.10 and 5.15)."""

from collections.abc import Mapping

from rig.twin.frames import JsonObject
from rig.twin.id_tags import IdTagInfo
from rig.twin.profiles.configuration_keys import MAX_LIST, MAX_SEND_LIST
from rig.twin.requests import Fields
from rig.twin.station import Handler, Station

_NOT_SUPPORTED = -1

Update = dict[str, IdTagInfo | None]
"""What is to be known of each idTag of an update; None for one that is to be forgotten."""


class LocalAuthList:
    """The list of idTags that the central system keeps in the charge point; `Authorization` uses it."""

    def __init__(self, station: Station) -> None:
        self._settings = station.device.settings
        self._list = station.device.memory.local_list
        self.handlers: Mapping[str, Handler] = {
            "GetLocalListVersion": self._get_version,
            "SendLocalList": self._send_list,
        }

    async def run(self) -> None:
        """Nothing happens of itself."""

    def _get_version(self, _: Fields) -> JsonObject:
        return {"listVersion": self._list.version if self._enabled() else _NOT_SUPPORTED}

    def _send_list(self, request: Fields) -> JsonObject:
        version = request.integer("listVersion")
        kind = request.choice("updateType", ("Differential", "Full"))
        entries = request.optional(request.each, "localAuthorizationList") or []
        update = {
            entry.id_token("idTag"): _info(entry)  # the last of several, which are then refused for their number
            for entry in entries
        }
        if not self._enabled():
            return {"status": "NotSupported"}
        if kind == "Differential" and version <= self._list.version:
            return {"status": "VersionMismatch"}
        # -1 and 0 mean something else (errata 3.52), and no idTag may come twice (section 6.41).
        distinct = len({id_tag.lower() for id_tag in update}) == len(entries)
        if version <= 0 or not distinct or len(entries) > MAX_SEND_LIST:
            return {"status": "Failed"}
        applied = self._replace(update) if kind == "Full" else self._amend(update)
        if applied:
            self._list.version = version if len(self._list.tags) else 0
        return {"status": "Accepted" if applied else "Failed"}

    def _replace(self, update: Update) -> bool:
        """Make the update the whole list; False when it lacks what is to be known of an idTag (section 7.1)."""
        if None in update.values():
            return False
        self._list.tags.clear()
        return self._amend(update)

    def _amend(self, update: Update) -> bool:
        """Add, change and remove idTags; False when the list has no room for them all."""
        tags = self._list.tags
        added = sum(info is not None and id_tag not in tags for id_tag, info in update.items())
        removed = sum(info is None and id_tag in tags for id_tag, info in update.items())
        if len(tags) + added - removed > MAX_LIST:
            return False
        for id_tag, info in update.items():
            if info is None:
                tags.remove(id_tag)
            else:
                tags.put(id_tag, info)
        return True

    def _enabled(self) -> bool:
        return self._settings.boolean("LocalAuthListEnabled")


def _info(entry: Fields) -> IdTagInfo | None:
    fields = entry.optional(entry.fields, "idTagInfo")
    return None if fields is None else IdTagInfo.of_request(fields)
