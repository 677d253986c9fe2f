"""Remote Trigger (OCPP 1.6 section 5.17)."""

from collections.abc import Mapping

from rig.twin.link import Reply
from rig.twin.requests import Fields
from rig.twin.station import Handler, Station
from rig.twin.triggers import CoreTriggers, answer_trigger


class RemoteTrigger:
    """Sends messages when the central system asks for them."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._core = CoreTriggers(station).triggers
        self.handlers: Mapping[str, Handler] = {"TriggerMessage": self._trigger}

    async def run(self) -> None:
        """Nothing happens of itself."""

    def _trigger(self, request: Fields) -> Reply:
        return answer_trigger(request, {**self._core, **self._station.triggers})
