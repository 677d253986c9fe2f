"""What the charge points of a load say."""

import re
from collections.abc import Generator
from datetime import UTC, datetime

METERED = 3
"""MeterValues in each transaction."""
RESTING = 1
"""Heartbeats between two transactions."""
TURNS = 7 + METERED
"""Calls from one transaction to the next."""

BOOT = b'"BootNotification",{"chargePointModel":"basic","chargePointVendor":"zephyr","firmwareVersion":"4.1.99"}'
HEARTBEAT = b'"Heartbeat",{}'
AUTHORIZE = b'"Authorize",{"idTag":"%s"}'
STATUS = b'"StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"%s"}'
START = b'"StartTransaction",{"connectorId":1,"idTag":"%s","meterStart":%d,"timestamp":"%s"}'
STOP = b'"StopTransaction",{"transactionId":%d,"meterStop":%d,"timestamp":"%s","reason":"Local"}'
METER = (
    b'"MeterValues",{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":[{"value":"%d",'
    b'"measurand":"Energy.Active.Import.Register","unit":"Wh"}]}]}'
)

TRANSACTION = re.compile(rb'"transactionId":(\d+)')


def life(id_tag: str, rests_first: int) -> Generator[bytes, bytes, None]:
    """The calls of a charge point: it boots, rests, then charges, meters and rests for ever. Takes each call's answer.

    Those that rest more or fewer times first do not all start a transaction at the same moment.
    """
    tag = id_tag.encode()
    register_wh = 0
    yield BOOT
    for _ in range(rests_first):
        yield HEARTBEAT
    while True:
        yield STATUS % b"Preparing"
        yield AUTHORIZE % tag
        started = TRANSACTION.search((yield START % (tag, register_wh, now())))
        transaction = int(started[1]) if started else -1
        yield STATUS % b"Charging"
        for _ in range(METERED):
            register_wh += 1
            yield METER % (transaction, now(), register_wh)
        yield STOP % (transaction, register_wh, now())
        yield STATUS % b"Available"
        for _ in range(RESTING):
            yield HEARTBEAT


def now() -> bytes:
    """This moment as OCPP's dateTime, to the microsecond: no two starts are alike."""
    return datetime.now(UTC).isoformat().encode()
