"""The central system's state in memory: every answer comes from here, none waits for a disk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ocpp.v16.enums import AuthorizationStatus

from central_system.registry.facts import (
    Booted,
    ChargePointRegistered,
    ChargePointRemoved,
    Fact,
    StatusNotified,
    TagRegistered,
    TagRemoved,
    TransactionStarted,
    TransactionStopped,
)
from central_system.registry.records import ChargePointRecord, Connector, State, Tag, Transaction
from central_system.registry.rules import Rules

FIRST_TRANSACTION = 101
LONGEST_ERROR = 255

Keep = Callable[[Fact], object]
"""Makes a fact durable before it is acted upon; raises OSError where it cannot."""


class Registry:
    """Who is known, what runs, and what follows from it (OCPP 1.6 §4.1, §4.2, §4.8, §4.10).

    Its dictionaries hold frozen records and change in one thread only, the event loop's; any thread may copy them
    (`tuple(registry.tags.values())` is one step under the interpreter's lock).
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        now: Callable[[], float],
        keep: Keep | None = None,
        state: State | None = None,
    ) -> None:
        state = state or State()
        self.rules = rules or Rules()
        self.now = now
        self._keep = keep
        self.charge_points = {each.identity: each for each in state.charge_points}
        self.tags = {each.id_tag: each for each in state.tags}
        self.connectors = {(each.charge_point, each.connector): each for each in state.connectors}
        self.transactions = {each.transaction: each for each in state.transactions}
        """Those that run, by transaction id."""
        self._latest = {(each.charge_point, each.connector): each for each in state.transactions}
        """The latest of each connector. A start on a connector proves that the transaction before is over there, though
        its StopTransaction may still come."""
        self._last_transaction = max(state.last_transaction, FIRST_TRANSACTION - 1)

    def record(self, fact: Fact) -> None:
        """Make it durable, then true.

        Raises:
            OSError: it cannot be kept (say, the disk is full), and nothing has changed.
        """
        if self._keep:
            self._keep(fact)
        self._apply(fact)

    def admits(self, identity: str) -> bool:
        """Whether a charge point of this identity may connect."""
        known = self.charge_points.get(identity)
        return self.rules.strangers or (known is not None and known.registered)

    def known(self, identity: str) -> ChargePointRecord:
        """What is known of a charge point; for a stranger, what the rules say."""
        found = self.charge_points.get(identity)
        if found and found.registered:
            return found
        rules = self.rules
        stranger = ChargePointRecord(identity, False, rules.boot_status, rules.heartbeat_interval_s)
        return replace(stranger, boot=found.boot, booted_at=found.booted_at) if found else stranger

    def id_tag_info(self, id_tag: str) -> dict[str, Any]:
        """An idTagInfo (§7.8): status, expiry and parent of an idTag."""
        tag = self.tags.get(id_tag)
        if tag is None:
            return {"status": self.rules.unknown_tag}
        expired = tag.expiry_s is not None and tag.expiry_s <= self.now()
        status = AuthorizationStatus.expired.value if expired and tag.status == "Accepted" else tag.status
        info: dict[str, Any] = {"status": status}
        if tag.expiry_s is not None:
            info["expiryDate"] = datetime.fromtimestamp(tag.expiry_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if tag.parent is not None:
            info["parentIdTag"] = tag.parent
        return info

    def start(
        self,
        identity: str,
        connector: int,
        id_tag: str,
        *,
        meter_start: int | None,
        timestamp: str,
        reservation: int | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """A new transaction: its id, never given out before, and the idTagInfo.

        The very StartTransaction once more (a charge point that had no answer repeats it, §9.3
        TransactionMessageAttempts) gets the id that it was given.

        Raises:
            OSError: see `record`.
        """
        info = self.id_tag_info(id_tag)
        latest = self._latest.get((identity, connector))
        if latest and (id_tag, meter_start, timestamp) == (latest.id_tag, latest.meter_start, latest.timestamp):
            return latest.transaction, info | {"status": latest.status}
        if info["status"] == "Accepted" and self._charges_elsewhere(identity, connector, id_tag):
            info["status"] = AuthorizationStatus.concurrent_tx.value
        number = self._last_transaction + 1
        self.record(
            TransactionStarted(
                number, identity, connector, id_tag, meter_start, self.now(), timestamp, info["status"], reservation
            )
        )
        return number, info

    def _charges_elsewhere(self, identity: str, connector: int, id_tag: str) -> bool:
        """Whether this tag, which may not, charges at another connector already."""
        tag = self.tags.get(id_tag)
        if tag is None or tag.concurrent:
            return False
        here = (identity, connector)
        return any(
            each.id_tag == id_tag and each.status == "Accepted" for where, each in self._latest.items() if where != here
        )

    def _apply(self, fact: Fact) -> None:
        match fact:
            case ChargePointRegistered(identity, _, boot_status, interval_s, password):
                old = self.charge_points.get(identity, ChargePointRecord(identity))
                self.charge_points[identity] = replace(
                    old, registered=True, boot_status=boot_status, heartbeat_interval_s=interval_s, password=password
                )
            case ChargePointRemoved(identity):
                self.charge_points.pop(identity, None)
            case TagRegistered(id_tag, _, status, expiry_s, parent, concurrent):
                self.tags[id_tag] = Tag(id_tag, status, expiry_s, parent, concurrent)
            case TagRemoved(id_tag):
                self.tags.pop(id_tag, None)
            case Booted(identity, at, _, request):
                self.charge_points[identity] = replace(self.known(identity), boot=request, booted_at=at)
            case StatusNotified(identity, connector, at, status, request):
                error = str(request.get("errorCode", ""))[:LONGEST_ERROR]
                self.connectors[identity, connector] = Connector(identity, connector, status, error, at)
            case TransactionStarted():
                self._begin(
                    Transaction(
                        fact.transaction,
                        fact.charge_point,
                        fact.connector,
                        fact.id_tag,
                        fact.meter_start,
                        fact.at,
                        fact.timestamp,
                        fact.status,
                    )
                )
            case TransactionStopped():
                self._end(fact.transaction)
            case _:
                pass  # kept, and nothing that an answer depends on

    def _begin(self, transaction: Transaction) -> None:
        self._last_transaction = max(self._last_transaction, transaction.transaction)
        self.transactions[transaction.transaction] = transaction
        self._latest[transaction.charge_point, transaction.connector] = transaction

    def _end(self, number: int) -> None:
        over = self.transactions.pop(number, None)
        if over and self._latest.get((over.charge_point, over.connector)) is over:
            del self._latest[over.charge_point, over.connector]
