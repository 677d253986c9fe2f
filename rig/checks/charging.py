"""Authorize, StartTransaction, StopTransaction: the charging of both connectors before the rig takes a hand."""

from rig.checks.documented import ID_TAGS, STOP_AFTER_BOOT_S, tolerance_s
from rig.checks.verdict import Finding, check, failed, judged, no_problem
from rig.journal.messages import Call
from rig.journal.recording import Recording
from rig.journal.transactions import Transaction, by_id, transactions_of


def local_transactions(recording: Recording) -> list[Transaction]:
    """The transactions that the charge point started by itself: all before the rig asked for one."""
    asked = recording.action("RemoteStartTransaction")
    return [each for each in transactions_of(recording) if not asked or each.start.request.n < asked[0].n]


def _of(transactions: list[Transaction], connector: int) -> Transaction | None:
    return next((each for each in transactions if each.connector == connector), None)


@check("authorize.before-start", "samples/net/ocpp, main.c: ocpp_authorize, then start; OCPP 1.6 §4.1")
def authorize(recording: Recording) -> Finding:
    """Each connector's idTag is authorised before its transaction starts."""
    asked = recording.calls_from_charge_point("Authorize")
    local = local_transactions(recording)
    problems = []
    used: list[Call] = []
    for connector, tag in ID_TAGS.items():
        mine = next((call for call in asked if call.request.field("idTag") == tag), None)
        start = _of(local, connector)
        if not mine:
            problems.append(f"connector {connector}: no Authorize of {tag}")
        elif not mine.answer or not mine.tag_accepted:
            problems.append(f"connector {connector}: {tag} was not accepted")
        elif start and mine.answer.n > start.start.request.n:
            problems.append(f"connector {connector}: started before {tag} was accepted")
        used += [mine] if mine else []
    measured = ", ".join(f"{call.request.field('idTag')}" for call in used)
    return no_problem(problems, f"{measured} accepted first", "ZepId00 and ZepId01, each before its start", used)


@check("transaction.start", "samples/net/ocpp, README.rst and main.c; OCPP 1.6 §4.8")
def start(recording: Recording) -> Finding:
    """Each connector starts one transaction, under its idTag."""
    local = local_transactions(recording)
    problems = []
    for connector, tag in ID_TAGS.items():
        mine = [each for each in local if each.connector == connector]
        if len(mine) != 1:
            problems.append(f"connector {connector}: {len(mine)} StartTransaction")
        elif mine[0].id_tag != tag:
            problems.append(f"connector {connector}: idTag {mine[0].id_tag}")
        elif mine[0].id is None:
            problems.append(f"connector {connector}: StartTransaction was not answered")
    problems += [f"StartTransaction for connector {t.connector}" for t in local if t.connector not in ID_TAGS]
    measured = ", ".join(f"connector {t.connector}: {t.id_tag}, transaction {t.id}" for t in local)
    limit = "one each, connector 1 ZepId00, connector 2 ZepId01"
    return no_problem(problems, measured, limit, [t.start for t in local])


@check("transaction.stop", "OCPP 1.6 §4.10: StopTransaction carries the transactionId of StartTransaction.conf")
def stop(recording: Recording) -> Finding:
    """Each transaction is stopped once, under its own transactionId."""
    everything = transactions_of(recording)
    local = local_transactions(recording)
    problems = [] if local else ["no transaction was started"]
    problems += [
        f"connector {t.connector}: transaction {t.id} has {len(t.stops)} StopTransaction"
        for t in local
        if len(t.stops) != 1
    ]
    stops = recording.calls_from_charge_point("StopTransaction")
    problems += [
        f"StopTransaction of {call.request.field('transactionId')}, an id that was never given"
        for call in stops
        if not by_id(everything, call.request.field("transactionId"))
    ]
    measured = ", ".join(f"transaction {t.id} stopped" for t in local)
    return no_problem(problems, measured, "one StopTransaction for each", stops)


@check("transaction.charging-time", "samples/net/ocpp, main.c: k_sleep(K_SECONDS(30)), then a stop for each connector")
def charging_time(recording: Recording) -> Finding:
    """Charging ends 30 s after the connectors' threads start, connector 2 one second after connector 1."""
    boots = recording.calls_from_charge_point("BootNotification")
    wanted = ", ".join(f"{s:g} s" for s in STOP_AFTER_BOOT_S.values())
    tolerance = tolerance_s(recording, max(STOP_AFTER_BOOT_S.values()))
    limit = f"{wanted} ± {tolerance:.2g} s after BootNotification"
    if not boots:
        return failed("no BootNotification to count from", limit)
    problems, shown, used = [], [], [boots[0]]
    for transaction in local_transactions(recording):
        # A stop under a wrong transactionId belongs to no transaction; `transaction.stop` condemns that.
        due = STOP_AFTER_BOOT_S.get(transaction.connector)
        if due is None or not transaction.stop:
            continue
        after = recording.device_s(transaction.stop.request.t - boots[0].request.t)
        shown.append(f"connector {transaction.connector} after {after:.2f} s")
        used.append(transaction.stop)
        if abs(after - due) > tolerance:
            problems.append(shown[-1])
    return no_problem(problems, ", ".join(shown) or "no transaction was stopped", limit, used)


@check(
    "connectors.independent", "samples/net/ocpp, main.c: a thread for each connector; OCPP 1.6 §3, Connector numbering"
)
def independent(recording: Recording) -> Finding:
    """Both connectors charge at the same time, and one's stop leaves the other charging."""
    local = local_transactions(recording)
    limit = "connector 2 starts before connector 1 stops, as a transaction of its own"
    one, two = _of(local, 1), _of(local, 2)
    if not one or not two:
        return judged(len(local) >= len(ID_TAGS), f"{len(local)} transactions", limit, [t.start for t in local])
    begin = max(one.start.request.n, two.start.request.n)
    ends = [t.stop.request.n for t in (one, two) if t.stop]
    end = min(ends) if ends else recording.entries[-1].n
    if begin > end:
        return failed("one connector started only after the other had stopped", limit, [one.start, two.start])
    if one.id == two.id:
        return failed(f"both are transaction {one.id}", limit, [one.start, two.start])
    meanwhile = {t.connector: sum(begin < s.call.request.n < end for s in t.samples) for t in (one, two)}
    measured = f"{meanwhile[1]} and {meanwhile[2]} meter samples while both were charging"
    return judged(True, measured, limit, [one.start, two.start, one.stop, two.stop])


CHARGING_CHECKS = (authorize, start, stop, charging_time, independent)
