"""MeterValues and the energy register, in the transactions of both connectors and in the rig's own."""

from datetime import UTC, datetime
from itertools import pairwise

from rig.checks.charging import local_transactions
from rig.checks.documented import CONNECTOR_OF_TAG, SAMPLE_INTERVAL_S, tolerance_s
from rig.checks.verdict import Finding, check, failed, judged, no_problem, not_applicable
from rig.journal.messages import Call
from rig.journal.recording import Recording
from rig.journal.transactions import Transaction, by_id, transactions_of


def epoch_s(timestamp: object) -> float | None:
    """An OCPP dateTime as seconds since 1970, None where it is none; without a time zone it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _meter_calls(transaction: Transaction) -> list[Call]:
    return [sample.call for sample in transaction.samples]


def _all_samples(transactions: list[Transaction]) -> list[Call]:
    return [call for transaction in transactions for call in _meter_calls(transaction)]


@check("meter.interval", "OCPP 1.6 §9.1, MeterValueSampleInterval; samples/net/ocpp (5 s)")
def interval(recording: Recording) -> Finding:
    """MeterValues come every sample interval, from the start of a transaction to its stop."""
    # Both ends of a gap are the charge point's own time stamps, in whole seconds: ± 1 s, whatever the host does.
    # To the start and the stop of the transaction it is the host's time.
    tolerance = tolerance_s(recording, SAMPLE_INTERVAL_S)
    problems, gaps = [], []
    local = local_transactions(recording)
    for transaction in local:
        name = f"connector {transaction.connector}"
        stamps = [epoch_s(sample.timestamp) for sample in transaction.metered]
        mine = [later - earlier for earlier, later in pairwise(stamps) if earlier is not None and later is not None]
        gaps += mine
        problems += [f"{name}: a gap of {gap:g} s" for gap in mine if abs(gap - SAMPLE_INTERVAL_S) > 1.0]
        if not transaction.metered:
            problems.append(f"{name}: no MeterValues")
            continue
        times = [sample.call.request.t for sample in transaction.metered]
        first = recording.device_s(times[0] - transaction.start.request.t)
        if abs(first - SAMPLE_INTERVAL_S) > tolerance:
            problems.append(f"{name}: the first after {first:.1f} s")
        last = recording.device_s(transaction.stop.request.t - times[-1]) if transaction.stop else 0.0
        if last > SAMPLE_INTERVAL_S + tolerance:
            problems.append(f"{name}: none in the last {last:.1f} s before the stop")
    measured = f"{len(gaps)} gaps, {min(gaps):g} to {max(gaps):g} s" if gaps else "no gap to measure"
    if not local:
        problems.append("no transaction")
    return no_problem(problems, measured, f"{SAMPLE_INTERVAL_S:g} ± 1 s", _all_samples(local))


@check("meter.inside", "OCPP 1.6 §4.7: sampled values belong to a transaction")
def inside(recording: Recording) -> Finding:
    """MeterValues come only between a transaction's start and its stop."""
    transactions = transactions_of(recording)
    sent = recording.calls_from_charge_point("MeterValues")
    after = [
        call
        for transaction in transactions
        for call in _meter_calls(transaction)
        if transaction.stop and call.request.n > transaction.stop.request.n
    ]
    owned = {call.request.n for call in _all_samples(transactions)}
    stray = [call for call in sent if call.request.n not in owned]
    problems = [f"connector {c.request.field('connectorId')}: MeterValues after its StopTransaction" for c in after]
    problems += [f"connector {c.request.field('connectorId')}: MeterValues before any transaction" for c in stray]
    return no_problem(problems, f"{len(sent)} MeterValues, all inside", "none outside", [*after, *stray] or sent)


@check("meter.rising", "samples/net/ocpp, main.c (`wh++`); OCPP 1.6 §7.31 Energy.Active.Import.Register")
def rising(recording: Recording) -> Finding:
    """The energy register rises from sample to sample."""
    problems, spans = [], []
    transactions = transactions_of(recording)
    for transaction in transactions:
        values = [sample.wh for sample in transaction.metered]
        if None in values:
            problems.append(f"transaction {transaction.id}: a reading that is no number")
        numbers = [value for value in values if value is not None]
        problems += [
            f"transaction {transaction.id}: {later:g} Wh after {earlier:g} Wh"
            for earlier, later in pairwise(numbers)
            if later <= earlier
        ]
        if numbers:
            spans.append(f"{numbers[0]:g} to {numbers[-1]:g} Wh")
    measured = ", ".join(spans) or "no reading"
    return no_problem(problems, measured, "each above the one before", _all_samples(transactions))


@check("meter.identity", "OCPP 1.6 §4.7, §6.31: connectorId and transactionId of the transaction it belongs to")
def identity(recording: Recording) -> Finding:
    """MeterValues carry the connector and the transactionId of their transaction."""
    transactions = transactions_of(recording)
    sent = recording.calls_from_charge_point("MeterValues")
    wrong = []
    problems = []
    for call in sent:
        connector, number = call.request.field("connectorId"), call.request.field("transactionId")
        owner = by_id(transactions, number)
        if not owner:
            problems.append(f"transactionId {number} was never given")
            wrong.append(call)
        elif connector != CONNECTOR_OF_TAG.get(owner.id_tag, owner.connector):
            problems.append(f"connectorId {connector} in transaction {number} of {owner.id_tag}")
            wrong.append(call)
    measured = f"{len(sent)} MeterValues, each under its own"
    return no_problem(sorted(set(problems)), measured, "those of the transaction", wrong or sent)


@check("meter.register", "OCPP 1.6 §6.45 meterStart, §6.49 meterStop: the register's value in Wh at start and stop")
def register(recording: Recording) -> Finding:
    """The meter's register at start and stop frames what it showed in between."""
    local = local_transactions(recording)
    if not local:
        return not_applicable("no transaction, so no register")
    problems, shown, used = [], [], []
    for transaction in local:
        begin = transaction.start.request.field("meterStart")
        end = transaction.stop.request.field("meterStop") if transaction.stop else None
        values = [sample.wh for sample in transaction.metered if sample.wh is not None]
        shown.append(f"connector {transaction.connector}: {begin} → {end} Wh")
        used += [transaction.start, transaction.stop]
        extremes = [min(values), max(values)] if values else []
        series = [each for each in (0, begin, *extremes, end) if isinstance(each, int | float)]
        if series != sorted(series):
            span = f"{values[0]:g} to {values[-1]:g} Wh" if values else "no reading"
            problems.append(f"{shown[-1]} around {span}")
    return no_problem(problems, ", ".join(shown), "0 ≤ meterStart ≤ every reading ≤ meterStop", used)


@check("clock.timestamps", "OCPP 1.6 §3, Time notations; samples/net/ocpp: clock_settime with SNTP's time")
def timestamps(recording: Recording) -> Finding:
    """Time stamps in messages show the time that the SNTP server told."""
    stamped = []
    for call in recording.calls_from_charge_point():
        stamp = call.request.field("timestamp") or call.request.field("meterValue", 0, "timestamp")
        if stamp is not None:
            stamped.append((call, epoch_s(stamp), recording.world_s(call.request.t)))
    span = recording.device_s(recording.entries[-1].t)
    # The sample drops SNTP's fraction of a second, and formats whole seconds: up to 2 s late, never early.
    late, early = 1.0 + tolerance_s(recording, span), tolerance_s(recording, span) - 0.5
    limit = f"-{late:.2g} … +{early:.2g} s from the SNTP server's clock"
    unreadable = [call for call, shown, _ in stamped if shown is None]
    off = [(call, shown - true) for call, shown, true in stamped if shown is not None]
    wrong = [(call, difference) for call, difference in off if not -late <= difference <= early]
    if not stamped:
        return failed("no time stamp", limit)
    if unreadable or wrong:
        worst = max((d for _, d in wrong), key=abs, default=0.0)
        measured = f"{len(wrong)} of {len(stamped)} off, by up to {worst:+,.1f} s; {len(unreadable)} unreadable"
        return failed(measured, limit, [c for c, _ in wrong] + unreadable)
    differences = [difference for _, difference in off]
    measured = f"{len(off)} time stamps, {min(differences):+.1f} to {max(differences):+.1f} s"
    return judged(True, measured, limit, [call for call, _ in off])


METERING_CHECKS = (interval, inside, rising, identity, register, timestamps)
