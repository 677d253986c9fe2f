"""Charge points: who may connect, who is, and what each connector does."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field, TypeAdapter

from central_system.parts import Parts
from central_system.registry.facts import ChargePointRegistered, ChargePointRemoved
from central_system.registry.records import ChargePointRecord, Connector, Transaction
from central_system.session import Session
from central_system.web.context import Context, Here
from central_system.web.errors import answers
from central_system.web.fields import Body, Identity, Number, View
from central_system.web.json_values import SENDABLE, Text, said

router = APIRouter(prefix="/charge-points", tags=["charge points"])


class ConnectorView(View):
    """A connector: its latest StatusNotification at `at`, where there was one, and the transaction that runs there.

    Connector 0 is the charge point as a whole.
    """

    connector: int
    status: Text | None = None
    error_code: Text | None = None
    at: float | None = None
    transaction: int | None = None
    id_tag: Text | None = None


class ChargePointView(View):
    """A charge point that may connect, is connected, or has been; times are seconds since 1970.

    `vendor`, `model`, `serial_number` and `firmware_version` are of its latest BootNotification, at `booted_at`;
    it is connected `since` then; `last_seen` is when its latest message came, if this server has seen it.
    """

    id: str
    registered: bool
    connected: bool
    since: float | None
    last_seen: float | None
    peer: str | None
    boot_status: str
    heartbeat_interval_s: int
    has_password: bool
    vendor: Text | None
    model: Text | None
    serial_number: Text | None
    firmware_version: Text | None
    booted_at: float | None
    connectors: list[ConnectorView]


VIEWS = TypeAdapter(list[ChargePointView])
PIECE, BREATH_S = 25, 0.001
"""How many are told at once, and for how long the interpreter is left to those who answer charge points after it."""


class Registration(Body):
    """What is to hold for a charge point: the answer to its BootNotification (OCPP 1.6 §4.2), and its password.

    A password that is left out stays as it is; null is none. It is kept as a hash and told to nobody.
    """

    boot_status: Literal["Accepted", "Pending", "Rejected"]
    heartbeat_interval_s: Number
    password: Annotated[str, Field(min_length=1, max_length=256), SENDABLE] | None = Field(default=None, repr=False)


@router.get("", summary="All charge points", response_model=list[ChargePointView])
async def charge_points(here: Here) -> Response:
    """Those that are registered and those that have connected, by identity.

    Thousands are told in pieces, with a breath between them: while a piece is made, no charge point is answered.
    """
    known = sorted(here.parts.registry.charge_points.keys() | here.parts.central_system.charge_points.keys())
    connectors = _connectors(here.parts)
    told = []
    for first in range(0, len(known), PIECE):
        told.append(VIEWS.dump_json(_views(here.parts, known[first : first + PIECE], connectors))[1:-1])
        await asyncio.sleep(BREATH_S)
    return Response(b"[" + b",".join(told) + b"]", media_type="application/json")


@router.put("/{identity}", summary="Register a charge point, or change what holds for it", responses=answers(507))
async def register(identity: Identity, wanted: Registration, here: Here) -> ChargePointView:
    """It may connect from now on."""
    registry = here.parts.registry
    is_new = "password" in wanted.model_fields_set
    password = await asyncio.to_thread(_hashed, wanted.password) if wanted.password else None

    def registered() -> ChargePointRegistered:
        old = registry.charge_points.get(identity)
        kept = password if is_new or old is None else old.password
        return ChargePointRegistered(identity, registry.now(), wanted.boot_status, wanted.heartbeat_interval_s, kept)

    await here.record(registered)
    here.changes.poke()
    (view,) = _views(here.parts, [identity], _connectors(here.parts))
    return view


@router.delete("/{identity}", summary="Forget a charge point", status_code=204, responses=answers(404, 507))
async def forget(identity: Identity, here: Here) -> Response:
    """It may not connect any more, unless strangers may; its connection ends, its transactions stay."""
    registry = here.parts.registry

    def removed() -> ChargePointRemoved:
        if identity not in registry.charge_points:
            raise _unknown(identity)
        return ChargePointRemoved(identity, registry.now())

    await here.record(removed)
    if not registry.rules.strangers:
        await _drop(here, identity)
    here.changes.poke()
    return Response(status_code=204)


@router.post("/{identity}/disconnect", summary="End its connection", status_code=204, responses=answers(404, 409))
async def disconnect(identity: Identity, here: Here) -> Response:
    """At once, without a word, as a network does; a charge point connects again."""
    session_of(here.parts, identity)
    await _drop(here, identity)
    here.changes.poke()
    return Response(status_code=204)


def session_of(parts: Parts, identity: str) -> Session:
    """The connection of a charge point.

    Raises:
        HTTPException: it is not known, or not connected.
    """
    session = parts.central_system.charge_points.get(identity)
    if session is None and identity not in parts.registry.charge_points:
        raise _unknown(identity)
    if session is None:
        raise HTTPException(409, f"{identity} is not connected; wait until it is, or see why under /api/refused")
    return session


def _unknown(identity: str) -> HTTPException:
    return HTTPException(404, f"there is no charge point {identity}; register it, or GET /api/charge-points")


async def _drop(here: Context, identity: str) -> None:
    async def drop() -> None:
        if session := here.parts.central_system.charge_points.get(identity):
            await session.drop()

    await here.in_ocpp_loop(drop())


def _hashed(password: str) -> str:
    from central_system.security.passwords import hash_password  # noqa: PLC0415  (the one place that needs it)

    return hash_password(password)


def _views(
    parts: Parts, identities: Iterable[str], connectors: dict[str, list[ConnectorView]]
) -> list[ChargePointView]:
    sessions = parts.central_system.charge_points
    last_seen = parts.central_system.last_seen
    return [
        _view(parts.registry.known(each), sessions.get(each), last_seen.get(each), connectors.get(each, []))
        for each in identities
    ]


def _view(
    record: ChargePointRecord, session: Session | None, last_seen: float | None, connectors: list[ConnectorView]
) -> ChargePointView:
    boot = record.boot
    return ChargePointView(
        id=record.identity,
        registered=record.registered,
        connected=session is not None,
        since=session.since if session else None,
        last_seen=session.last_seen if session else last_seen,
        peer=session.peer if session else None,
        boot_status=record.boot_status,
        heartbeat_interval_s=record.heartbeat_interval_s,
        has_password=record.password is not None,
        vendor=said(boot, "chargePointVendor"),
        model=said(boot, "chargePointModel"),
        serial_number=said(boot, "chargePointSerialNumber"),
        firmware_version=said(boot, "firmwareVersion"),
        booted_at=record.booted_at,
        connectors=connectors,
    )


def _connectors(parts: Parts) -> dict[str, list[ConnectorView]]:
    """By charge point: those that notified a status, and those where a transaction runs (the latest, if several do)."""
    notified = parts.registry.connectors.copy()
    running = parts.registry.transactions.copy()
    latest = {(each.charge_point, each.connector): each for each in sorted(running.values(), key=_number)}
    found: dict[str, list[ConnectorView]] = defaultdict(list)
    for identity, connector in sorted(notified.keys() | latest.keys()):
        where = identity, connector
        found[identity].append(_connector(connector, notified.get(where), latest.get(where)))
    return found


def _connector(number: int, notified: Connector | None, running: Transaction | None) -> ConnectorView:
    return ConnectorView(
        connector=number,
        status=notified.status if notified else None,
        error_code=notified.error_code if notified else None,
        at=notified.at if notified else None,
        transaction=running.transaction if running else None,
        id_tag=running.id_tag if running else None,
    )


def _number(transaction: Transaction) -> int:
    return transaction.transaction
