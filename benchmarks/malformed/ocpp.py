"""Messages that are no OCPP 1.6-J, made from good ones of all actions; each the whole text of a good frame."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

NOW = "2026-11-22T10:27:38Z"
SAMPLED = {"value": "9", "measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": "Sample.Periodic"}
METER = {"timestamp": NOW, "sampledValue": [SAMPLED, SAMPLED | {"phase": "L1"}]}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000.1}]},
}

REQUESTS: dict[str, dict[str, Any]] = {
    "Authorize": {"idTag": "ZepId00"},
    "BootNotification": {"chargePointModel": "basic", "chargePointVendor": "zephyr", "chargePointSerialNumber": "1"},
    "DataTransfer": {"vendorId": "zephyr", "messageId": "1", "data": "x"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Installed"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Idle", "requestId": 1},
    "MeterValues": {"connectorId": 1, "transactionId": 101, "meterValue": [METER]},
    "SecurityEventNotification": {"type": "SettingSystemTime", "timestamp": NOW, "techInfo": "x"},
    "SignCertificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "SignedFirmwareStatusNotification": {"status": "Installed", "requestId": 1},
    "StartTransaction": {"connectorId": 1, "idTag": "ZepId00", "meterStart": 0, "timestamp": NOW, "reservationId": 1},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": NOW},
    "StopTransaction": {
        "transactionId": 101,
        "meterStop": 9,
        "timestamp": NOW,
        "reason": "Local",
        "idTag": "ZepId00",
        "transactionData": [METER],
    },
    # What only a central system may ask.
    "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "5"},
    "RemoteStartTransaction": {"idTag": "ZepId00", "connectorId": 1, "chargingProfile": PROFILE},
    "Reset": {"type": "Hard"},
    "SetChargingProfile": {"connectorId": 1, "csChargingProfiles": PROFILE},
    "TriggerMessage": {"requestedMessage": "Heartbeat"},
    "UnlockConnector": {"connectorId": 1},
}


class Literal:
    """JSON that `json.dumps` would not write."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __deepcopy__(self, _: object) -> "Literal":
        return self


ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0,
    -0.0,
    1.5,
    2**31,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**300,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\uffff",
    "\u202e\u0000\u001b[2J",
    "😀" * 30,
    "ä" * 51,
    "x" * 21,
    "x" * 70_000,
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "2026-11-22T10:27:38+99:99",
    "-271821-04-20T00:00:00Z",
    "NaN",
    "1e400",
    "-inf",
    "0x10",
    "1_000",
    "٣",
    "9" * 5_000,
    "'; DROP TABLE transactions; --",
    "<script>alert(1)</script>",
    "__proto__",
    "%s%n{0}",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"\ud800": "\0"},
    [1, "2", None, {"value": 3}],
    Literal("NaN"),
    Literal("Infinity"),
    Literal("-Infinity"),
    Literal("1e400"),
    Literal("1E-400"),
    Literal("9" * 400),
    Literal("9" * 4_301),
    Literal("-0"),
    Literal("[" * 70 + "]" * 70),
    Literal("[" * 900 + "]" * 900),
    Literal('{"a":' * 900 + "1" + "}" * 900),
    Literal("[" * 30_000 + "]" * 30_000),
    Literal('{"a":1,"a":[2],"a":{"a":3}}'),
    Literal("[" + ",".join(["{}"] * 3_000) + "]"),
    Literal("{" + ",".join(f'"k{n}":{n}' for n in range(2_000)) + "}"),
)
"""What stands in for a part of a good message."""

NOT_JSON = (
    "",
    " ",
    "\0",
    "null",
    "0",
    '"',
    "[",
    "]",
    "{}",
    "[]",
    "[2",
    "[2,",
    "\ufeff[2]",
    "[2]]",
    "[[2]]",
    "undefined",
    "'",
    "/",
)


def message(random: Random) -> str:
    """The text of one."""
    return random.choice(KINDS)(random)


def call(random: Random, *, uid: str | None = None) -> list[Any]:
    """A good CALL of any action."""
    action = random.choice(list(REQUESTS))
    return [2, uid or str(random.randrange(10**9)), action, copy.deepcopy(REQUESTS[action])]


def written(value: Any) -> str:  # noqa: ANN401
    """As JSON, literals and surrogates as they are; text of a lone surrogate as its escape, for UTF-8 has none."""
    match value:
        case Literal(text=text):
            return text
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{written(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case str() if value.isprintable():
            return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """The paths of all parts of a message."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, part in parts for found in places(part, (*path, key))]


def _container(message: list[Any], path: tuple[Any, ...]) -> Any:  # noqa: ANN401
    found: Any = message
    for key in path[:-1]:
        found = found[key]
    return found


def _odd_part(random: Random) -> str:
    """Up to three parts of the payload are something else."""
    whole = call(random)
    for _ in range(random.randint(1, 3)):
        path = random.choice([each for each in places(whole) if len(each) > 1 or each == (3,)])
        _container(whole, path)[path[-1]] = copy.deepcopy(random.choice(ODD))
    return written(whole)


def _odd_envelope(random: Random) -> str:
    whole = call(random)
    whole[random.randrange(4)] = random.choice(ODD)
    return written(whole)


def _left_out(random: Random) -> str:
    whole = call(random)
    path = random.choice(places(whole))
    del _container(whole, path)[path[-1]]
    return written(whole)


def _renamed(random: Random) -> str:
    whole = call(random)
    payload = whole[3]
    for key in list(payload):
        payload[random.choice((key.upper(), key + " ", f"{key}\0", key[:-1], "__class__", key))] = payload.pop(key)
    return written(whole)


def _more(random: Random) -> str:
    whole = call(random)
    for _ in range(random.choice((1, 20, 2_000))):
        whole[3][f"extra{random.random()}"] = random.choice((1, "x", None, [1]))
    return written(whole)


def _twice(random: Random) -> str:
    """A key twice, with two values."""
    whole = call(random)
    text = json.dumps(whole[3])[1:-1] or '"a":1'
    return f'[2,"1","{whole[2]}",{{{text},{text.replace("1", "2")}}}]'


def _too_long(random: Random) -> str:
    whole = call(random)
    if random.random() < 0.9:  # noqa: PLR2004
        whole.extend(random.choice(ODD) for _ in range(random.randint(1, 5)))
    else:
        whole[3]["data"] = "x" * 200_000
    return written(whole)


def _cut(random: Random) -> str:
    text = written(call(random))
    return text[: random.randrange(len(text))]


def _damaged(random: Random) -> str:
    text = list(written(call(random)))
    for _ in range(random.randint(1, 5)):
        text[random.randrange(len(text))] = random.choice('[]{}",:\\0e-+.tnu\0\x7f\x80é\u2028')
    return "".join(text)


def _not_json(random: Random) -> str:
    return random.choice(NOT_JSON)


def _two(random: Random) -> str:
    return written(call(random)) + random.choice(("", ",", "\n", " ")) + written(call(random))


def _forged_answer(random: Random) -> str:
    """An answer to what nobody asked."""
    uid = random.choice((*ODD[:40], "1", str(random.random())))
    if random.random() < 0.5:  # noqa: PLR2004
        return written([3, uid, random.choice((*ODD, {"status": "Accepted"}))])
    return written([4, uid, random.choice(ODD), random.choice(ODD), random.choice(ODD)][: random.randint(1, 5)])


def _wrong_kind(random: Random) -> str:
    whole = call(random)
    whole[0] = random.choice((0, 1, 3, 4, 5, -2, 2.0, 2.5, "2", None, True, [2], 2**70))
    return written(whole)


KINDS: tuple[Callable[[Random], str], ...] = (
    _odd_part,
    _odd_part,
    _odd_part,
    _odd_envelope,
    _left_out,
    _renamed,
    _more,
    _twice,
    _too_long,
    _cut,
    _damaged,
    _not_json,
    _two,
    _forged_answer,
    _wrong_kind,
)
