"""Who may charge, and what follows from what charges already."""

from dataclasses import dataclass, field

import pytest

from central_system.registry.facts import (
    Booted,
    ChargePointRegistered,
    ChargePointRemoved,
    Fact,
    StatusNotified,
    TagRegistered,
    TagRemoved,
    TransactionStopped,
)
from central_system.registry.records import ChargePointRecord, State, Tag, Transaction
from central_system.registry.registry import FIRST_TRANSACTION, Registry
from central_system.registry.rules import Rules

NOW_S = 1_795_343_248.0  # 2026-11-22T10:27:28Z
STRICT = Rules(strangers=False, unknown_tag="Invalid")


@dataclass
class Bench:
    rules: Rules = STRICT
    state: State | None = None
    now_s: float = NOW_S
    kept: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = Registry(self.rules, now=lambda: self.now_s, keep=self.kept.append, state=self.state)

    def start(
        self, charge_point: str = "zephyr", connector: int = 1, tag: str = "ZepId00", at: str = "t"
    ) -> tuple[int, str]:
        number, info = self.registry.start(charge_point, connector, tag, meter_start=0, timestamp=at)
        return number, info["status"]

    def stop(self, transaction: int) -> None:
        self.registry.record(TransactionStopped(transaction, "zephyr", 9, self.now_s, "later"))


def test_only_who_is_registered_may_connect() -> None:
    bench = Bench()
    assert not bench.registry.admits("zephyr")
    bench.registry.record(ChargePointRegistered("zephyr", NOW_S))
    assert bench.registry.admits("zephyr")
    bench.registry.record(ChargePointRemoved("zephyr", NOW_S))
    assert not bench.registry.admits("zephyr")


def test_a_stranger_that_booted_is_still_a_stranger() -> None:
    bench = Bench(Rules())
    assert bench.registry.admits("zephyr")
    bench.registry.record(Booted("zephyr", NOW_S, "Accepted", {"chargePointModel": "basic"}))
    assert (bench.registry.known("zephyr").registered, bench.registry.known("zephyr").boot) == (
        False,
        {"chargePointModel": "basic"},
    )
    strict = Registry(STRICT, now=lambda: NOW_S, state=State(tuple(bench.registry.charge_points.values())))
    assert not strict.admits("zephyr")


def test_the_boot_answer_is_that_of_the_charge_point_and_its_boot_survives_a_change() -> None:
    bench = Bench(Rules(heartbeat_interval_s=77, boot_status="Pending"))
    assert bench.registry.known("stranger") == ChargePointRecord("stranger", False, "Pending", 77)
    bench.registry.record(ChargePointRegistered("zephyr", NOW_S, "Accepted", 10))
    bench.registry.record(Booted("zephyr", NOW_S, "Accepted", {"chargePointVendor": "zephyr"}))
    bench.registry.record(ChargePointRegistered("zephyr", NOW_S, "Rejected", 5, password="hash"))  # noqa: S106
    known = bench.registry.known("zephyr")
    assert (known.boot_status, known.heartbeat_interval_s, known.password) == ("Rejected", 5, "hash")
    assert known.boot == {"chargePointVendor": "zephyr"}
    assert "hash" not in repr(known)


@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid"])
def test_a_tag_has_the_status_that_it_was_given(status: str) -> None:
    bench = Bench()
    bench.registry.record(TagRegistered("ZepId00", NOW_S, status, parent="Fleet"))
    assert bench.registry.id_tag_info("ZepId00") == {"status": status, "parentIdTag": "Fleet"}


def test_a_tag_that_nobody_registered_is_what_the_rules_say() -> None:
    bench = Bench()
    assert bench.registry.id_tag_info("ZepId00") == {"status": "Invalid"}
    bench.registry.record(TagRegistered("ZepId00", NOW_S))
    bench.registry.record(TagRemoved("ZepId00", NOW_S))
    assert bench.registry.id_tag_info("ZepId00") == {"status": "Invalid"}


def test_a_tag_expires_by_itself_and_a_blocked_one_stays_blocked() -> None:
    bench = Bench()
    bench.registry.record(TagRegistered("A", NOW_S, expiry_s=NOW_S + 60))
    bench.registry.record(TagRegistered("B", NOW_S, "Blocked", expiry_s=NOW_S + 60))
    expiry = "2026-11-22T10:28:28Z"
    assert bench.registry.id_tag_info("A") == {"status": "Accepted", "expiryDate": expiry}
    bench.now_s += 60
    assert bench.registry.id_tag_info("A") == {"status": "Expired", "expiryDate": expiry}
    assert bench.registry.id_tag_info("B")["status"] == "Blocked"


def with_tag(*, concurrent: bool = False) -> Bench:
    bench = Bench()
    bench.registry.record(TagRegistered("ZepId00", NOW_S, concurrent=concurrent))
    return bench


def test_a_tag_that_charges_already_is_concurrent_elsewhere_until_it_stops() -> None:
    bench = with_tag()
    first, status = bench.start(connector=1)
    assert status == "Accepted"
    assert bench.start(connector=2)[1] == "ConcurrentTx"
    assert bench.start("another", connector=1)[1] == "ConcurrentTx"
    bench.stop(first)
    assert bench.start(connector=2, at="t2")[1] == "Accepted"


def test_a_start_that_was_not_accepted_blocks_nobody() -> None:
    bench = Bench()
    bench.registry.record(TagRegistered("ZepId00", NOW_S, "Blocked"))
    assert bench.start(connector=1)[1] == "Blocked"
    bench.registry.record(TagRegistered("ZepId00", NOW_S))
    assert bench.start(connector=2)[1] == "Accepted"


def test_a_tag_may_be_allowed_to_charge_several_times_at_once() -> None:
    bench = with_tag(concurrent=True)
    assert [bench.start(connector=each)[1] for each in (1, 2, 3)] == ["Accepted"] * 3


def test_a_new_start_on_a_connector_proves_that_the_one_before_is_over_there() -> None:
    bench = with_tag()
    lost, _ = bench.start(connector=1, at="before the power went")
    again, status = bench.start(connector=1, at="after it came back")
    assert (status, lost in bench.registry.transactions) == ("Accepted", True), "its StopTransaction may still come"
    bench.stop(again)
    assert bench.start(connector=2)[1] == "Accepted", "and the lost one holds nobody up"


def test_the_same_start_once_more_is_the_same_transaction() -> None:
    bench = with_tag()
    first = bench.start()
    assert bench.start() == first
    assert bench.start(at="a second later") != first
    assert sum(fact.kind == "transaction-started" for fact in bench.kept) == 2


def test_a_transaction_id_is_never_given_out_twice_not_even_after_a_restart() -> None:
    bench = with_tag(concurrent=True)
    numbers = [bench.start(connector=each)[0] for each in (1, 2)]
    assert numbers == [FIRST_TRANSACTION, FIRST_TRANSACTION + 1]
    for number in numbers:
        bench.stop(number)
    restarted = Bench(state=State(last_transaction=numbers[-1]))
    assert restarted.start()[0] == FIRST_TRANSACTION + 2


def test_a_restarted_server_knows_what_charges() -> None:
    running = Transaction(140, "zephyr", 1, "ZepId00", 5, NOW_S, "t", "Accepted")
    bench = Bench(state=State(tags=(Tag("ZepId00"),), transactions=(running,), last_transaction=150))
    assert bench.start(connector=2) == (151, "ConcurrentTx")
    bench.stop(140)
    assert bench.start(connector=2, at="t2") == (152, "Accepted")


def test_a_connector_shows_its_latest_status() -> None:
    bench = Bench()
    for status in ("Available", "Charging"):
        request = {"connectorId": 1, "status": status, "errorCode": "NoError"}
        bench.registry.record(StatusNotified("zephyr", 1, NOW_S, status, request))
    assert [(each.status, each.error_code) for each in bench.registry.connectors.values()] == [("Charging", "NoError")]


def test_what_cannot_be_kept_does_not_become_true() -> None:
    def full(_: Fact) -> None:
        raise OSError(28, "No space left on device")

    registry = Registry(now=lambda: NOW_S, keep=full)
    with pytest.raises(OSError, match="No space"):
        registry.start("zephyr", 1, "ZepId00", meter_start=0, timestamp="t")
    assert not registry.transactions
