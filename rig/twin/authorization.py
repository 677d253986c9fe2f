"""Who may charge: the local list, the cache and the central system (OCPP 1.6 sections 3.5 and 4.1)."""

from rig.twin.clock import DeviceClock, TimeLimit
from rig.twin.frames import JsonObject
from rig.twin.id_tags import ACCEPTED, IdTagInfo
from rig.twin.link import Link, NoAnswerError
from rig.twin.memory import Memory
from rig.twin.settings import Settings

_LIMIT = TimeLimit(device=0.5, wall=0.05)


class Authorization:
    """Authorises idTags, and learns of them from the central system's answers.

    Args:
        clock: device time.
        link: the way to the central system.
        settings: LocalPreAuthorize and its like.
        memory: the local list and the cache.
        locally: whether the charge point may decide by itself at all; the sample's never does.
    """

    def __init__(self, clock: DeviceClock, link: Link, settings: Settings, memory: Memory, *, locally: bool) -> None:
        self._clock = clock
        self._link = link
        self._settings = settings
        self._memory = memory
        self._locally = locally

    async def authorize(self, id_tag: str, connector: int) -> IdTagInfo:
        """Find out whether ``id_tag`` may charge.

        Raises:
            NoAnswerError: nobody could tell.
        """
        known = self._known_locally(id_tag, online=self._link.connected.is_set())
        if known is not None:
            return known
        answer = await self._link.call("Authorize", {"idTag": id_tag}, limit=_LIMIT, connector=connector)
        return self.learn(id_tag, answer)

    def learn(self, id_tag: str, answer: JsonObject) -> IdTagInfo:
        """Note what an answer says of ``id_tag``, if it is not in the local list (section 3.5.3)."""
        info = IdTagInfo.of_answer(answer)
        if self._locally and "idTagInfo" in answer and self._listed(id_tag) is None and self._caches():
            self._memory.cache.learn(id_tag, info, self._clock.realtime())
        return info

    def contradicts_list(self, id_tag: str, info: IdTagInfo) -> bool:
        """Whether the local list lets an idTag charge that the central system refuses (section 3.5.2)."""
        listed = self._listed(id_tag)
        return listed is not None and listed.status == ACCEPTED and info.status != ACCEPTED

    def _known_locally(self, id_tag: str, *, online: bool) -> IdTagInfo | None:
        """What holds without asking; None when the central system has to be asked."""
        if not self._locally:
            return None
        known = self._listed(id_tag)
        if known is None and self._caches():
            known = self._memory.cache.find(id_tag, self._clock.realtime())
        if online:
            # One that is not valid may have become so: it is asked for (section 3.5.1).
            use = known is not None and known.status == ACCEPTED and self._settings.boolean("LocalPreAuthorize")
            return known if use else None
        if known is not None and (self._settings.boolean("LocalAuthorizeOffline") or known.status != ACCEPTED):
            return known
        if known is None and self._settings.boolean("AllowOfflineTxForUnknownId"):
            return IdTagInfo(ACCEPTED)
        raise NoAnswerError("offline")

    def _listed(self, id_tag: str) -> IdTagInfo | None:
        if not self._settings.boolean("LocalAuthListEnabled"):
            return None
        return self._memory.local_list.tags.find(id_tag, self._clock.realtime())

    def _caches(self) -> bool:
        return self._settings.boolean("AuthorizationCacheEnabled")
