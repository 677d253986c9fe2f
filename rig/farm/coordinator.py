"""In the keeper: labgrid's coordinator, its places and resources as they are now, and what can be done to them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import grpc
from labgrid.remote.client import ClientSession, ServerError
from labgrid.remote.common import Place, Reservation, ReservationState, ResourceEntry
from labgrid.remote.generated import labgrid_coordinator_pb2 as messages
from labgrid.util.proxy import proxymanager

from rig.errors import BenchError
from rig.farm.resources import Resource

ANSWER_S = 10.0
"""Wall seconds that the coordinator may take for an answer."""
ACQUIRE_S = 40.0
"""It asks the exporter for each resource in turn, and gives it 10 s (labgrid.remote.coordinator.ExporterCommand)."""
REFRESH_S = 20.0
"""A reservation that nobody asks for ends after 60 s (labgrid.remote.common.Reservation.refresh)."""
PORT = 20408


class Session(ClientSession):
    """labgrid's client, that tells when something has changed."""

    def __init__(self, address: str) -> None:
        self.changed = asyncio.Condition()
        super().__init__(address, asyncio.get_running_loop())

    async def on_resource_changed(self, *args: Any) -> None:
        """See labgrid."""
        await super().on_resource_changed(*args)
        await self._tell()

    async def on_place_changed(self, *args: Any) -> None:
        """See labgrid."""
        await super().on_place_changed(*args)
        await self._tell()

    async def on_place_deleted(self, name: str) -> None:
        """See labgrid."""
        await super().on_place_deleted(name)
        await self._tell()

    async def message_pump(self) -> None:
        """See labgrid; it ends when the coordinator goes away."""
        await super().message_pump()
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class Coordinator:
    """The coordinator at `address`, within `connected`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = Session(proxymanager.get_grpc_address(address, default_port=PORT))

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected within it.

        Raises:
            BenchError: nobody answers there.
        """
        logging.getLogger().setLevel(logging.CRITICAL)  # its end is told by `lost`
        try:
            try:
                async with asyncio.timeout(ANSWER_S):
                    await self._session.start()
            except (ServerError, TimeoutError) as error:
                raise self._unreachable() from error
            yield
        finally:
            with contextlib.suppress(Exception):
                await self._session.stop()
            await self._session.close()

    def _unreachable(self) -> BenchError:
        return BenchError(
            f"labgrid's coordinator at {self.address} does not answer",
            "see that labgrid-coordinator runs there, and that LG_COORDINATOR=HOST:PORT names it",
        )

    @property
    def me(self) -> str:
        """How the coordinator calls this user on this machine: `host/user`."""
        return f"{self._session.gethostname()}/{self._session.getuser()}"

    @property
    def places(self) -> Mapping[str, Place]:
        """All places by name."""
        places: Mapping[str, Place] = self._session.places
        return places

    def place(self, name: str) -> Place:
        """The place of this name.

        Raises:
            BenchError: there is none.
        """
        if name not in self.places:
            raise BenchError(
                f"labgrid has no place {name}; it has {', '.join(sorted(self.places)) or 'none'}",
                f"correct the name, or make it: `labgrid-client -p {name} create`",
            )
        return self.places[name]

    def check_matches(self, place: Place) -> None:
        """See that all that the place is to have is there.

        Raises:
            BenchError: some of it is not: no exporter offers it now.
        """
        paths = [path for path, _ in self.entries()]
        if (match := place.unmatched(paths)) is None:
            return
        exporters = sorted({path[0] for path in paths})
        if match.exporter in exporters:
            cure = f"correct the match (`labgrid-client -p {place.name} show`) or the exporter's file"
        else:
            cure = f"start labgrid-exporter on {match.exporter}: it is not connected to {self.address}"
        raise BenchError(
            f"labgrid place {place.name}: nothing matches {match}; exporters: {', '.join(exporters) or 'none'}", cure
        )

    def resources(self, place: Place) -> list[Resource]:
        """What the acquired place has."""
        mine = {tuple(path) for path in place.acquired_resources}
        return [_resource(place, path, entry) for path, entry in self.entries() if path in mine]

    def entries(self) -> list[tuple[tuple[str, str, str, str], ResourceEntry]]:
        """All that exporters offer: exporter, group, class and name; and what it is."""
        return [
            ((exporter, group, entry.cls, name), entry)
            for exporter, groups in self._session.resources.items()
            for group, entries in groups.items()
            for name, entry in entries.items()
            if entry.data.get("cls")  # of one that is gone, nothing is left but its name
        ]

    def lost(self, place: Place) -> BenchError | None:
        """Why the place that was acquired is not to be used any more; None: it is."""
        if self._session.stopping.is_set():
            return BenchError(
                f"bench lost: labgrid's coordinator at {self.address} went away; it forgets who has which place",
                "see that it runs, then run again",
            )
        if place.name not in self.places or place.acquired != self.me:
            taken = f"it is now acquired by {place.acquired}" if place.acquired else "nobody has it now"
            return BenchError(
                f"bench lost: labgrid place {place.name} was released by somebody else; {taken}",
                "find out who needed it (`labgrid-client who`), then run again",
            )
        there = {each.path: each.available for each in self.resources(place)}
        gone = [path for path in map("/".join, place.acquired_resources) if not there.get(path)]
        if gone:
            exporter = gone[0].split("/")[0]
            return BenchError(
                f"bench lost: labgrid place {place.name} has no {' and no '.join(gone)} any more: exporter {exporter} "
                "has ended, or lost the device",
                f"see what labgrid-exporter on {exporter} says, then run again",
            )
        return None

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the coordinator has told what makes this true.

        Raises:
            BenchError: it went away.
        """
        async with self._session.changed:
            await self._session.changed.wait_for(lambda: true() or self._session.stopping.is_set())
        if not true():
            raise self._unreachable()

    async def sync(self) -> None:
        """Know what the coordinator has known so far.

        Raises:
            BenchError: it went away.
        """
        if not await self._session.sync_with_coordinator():
            raise self._unreachable()

    # ---- what can be done

    async def reserve(self, tags: Mapping[str, str]) -> Reservation:
        """A reservation of one place with all of these tags; it stands in line until one is free."""
        filters = {"main": messages.Reservation.Filter(filter=tags)}
        answer = await self._ask("CreateReservation", messages.CreateReservationRequest(filters=filters, prio=0.0))
        return Reservation.from_pb2(answer.reservation)

    def allocated(self, token: str) -> str | None:
        """The place that a reservation has got; None: it still waits."""
        return next((name for name, place in self.places.items() if place.reservation == token), None)

    async def owner_of(self, place: Place) -> str | None:
        """Who has acquired or reserved the place, as `host/user`; None: nobody."""
        if place.acquired:
            return str(place.acquired)
        answer = await self._ask("GetReservations", messages.GetReservationsRequest())
        owners = {each.token: each.owner for each in answer.reservations}
        return owners.get(place.reservation)

    async def keep(self, token: str) -> None:
        """Keep a reservation alive until cancelled, or until it has ended."""
        while True:
            with contextlib.suppress(BenchError):  # a coordinator that is slow once is asked again
                answer = await self._ask("PollReservation", messages.PollReservationRequest(token=token))
                state = Reservation.from_pb2(answer.reservation).state
                if state in {ReservationState.expired, ReservationState.invalid}:
                    return
            await asyncio.sleep(REFRESH_S)

    async def cancel(self, token: str) -> None:
        """End a reservation; one that has ended is none of our business."""
        with contextlib.suppress(BenchError):
            await self._ask("CancelReservation", messages.CancelReservationRequest(token=token))

    async def acquire(self, place: Place) -> None:
        """Have the place; its resources are known when this returns.

        Raises:
            BenchError: somebody else has it, or an exporter does not give its part.
        """
        await self._ask("AcquirePlace", messages.AcquirePlaceRequest(placename=place.name), within_s=ACQUIRE_S)
        await self.sync()

    async def release(self, place: Place) -> None:
        """Give the place back; no-one else's is taken away by that."""
        with contextlib.suppress(BenchError):
            await self._ask("ReleasePlace", messages.ReleasePlaceRequest(placename=place.name, fromuser=self.me))

    async def _ask(self, method: str, request: object, *, within_s: float = ANSWER_S) -> Any:  # noqa: ANN401
        try:
            return await getattr(self._session.stub, method)(request, timeout=within_s)
        except grpc.aio.AioRpcError as error:
            if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
                raise self._unreachable() from error
            raise BenchError(
                f"labgrid's coordinator refuses {method}: {error.details()}",
                "`labgrid-client places -v` and `labgrid-client resources -va` show who has what",
            ) from error


def _resource(place: Place, path: tuple[str, str, str, str], entry: ResourceEntry) -> Resource:
    match = place.getmatch(path)
    return Resource(
        path="/".join(path),
        cls=entry.cls,
        name=match.rename or path[3] if match else path[3],
        params=entry.args,
        available=bool(entry.avail),
        isolated=bool(entry.extra.get("proxy_required")),
    )
