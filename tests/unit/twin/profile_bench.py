"""A twin with profiles, in the states in which their operations are asked for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from json import dumps, loads
from typing import Any

from jsonschema import Draft4Validator

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import EPOCH, Bench, run, running_twin

Scenario = Callable[[Bench], Awaitable[None]]


def against_an_idle_twin(
    scenario: Scenario, *profiles: Profile, bench: Bench | None = None, authorization_key: str = ""
) -> None:
    """Run ``scenario`` once both connectors are idle: the tags of the sample's schedule are refused.

    All that the twin says is then held against the schemas of OCPP 1.6.
    """
    bench = bench or Bench()
    accepts = bench.answers["Authorize"]
    bench.answers["Authorize"] = lambda request: (
        {"idTagInfo": {"status": "Invalid"}} if request["idTag"].startswith("ZepId") else accepts(request)
    )

    async def scene() -> None:
        async with running_twin(bench, profiles=profiles, authorization_key=authorization_key):
            await bench.until(lambda: len(bench.lines("not authorized")) == 2)
            refused = ["", "Available", "Preparing", "Available"]
            await bench.until(lambda: not profiles or bench.statuses(1) == bench.statuses(2) == refused)
            await scenario(bench)

    run(scene())
    for call in bench.calls:
        assert faults(call.action, call.payload) == []


async def charge(bench: Bench, connector: int = 1, id_tag: str = "Guest", **more: object) -> int:
    """Have a connector charge; returns the transaction's id."""
    started = len(bench.of("StartTransaction"))
    answer = await bench.request("RemoteStartTransaction", idTag=id_tag, connectorId=connector, **more)
    assert answer == {"status": "Accepted"}
    await bench.until(
        lambda: len(bench.of("StartTransaction")) > started and bench.statuses(connector)[-1] == "Charging"
    )
    number = len(bench.of("StartTransaction", connectorId=connector))
    return 100 * number + connector  # as `Bench` numbers them


async def valid(bench: Bench, action: str, **request: object) -> dict[str, Any]:
    """Send a request that its schema allows; returns the answer, which its schema has to allow, too."""
    assert faults(action, request) == []
    answer = await bench.request(action, **request)
    assert faults(f"{action}Response", answer) == []
    return answer


async def error(bench: Bench, action: str, **request: object) -> str:
    """Send a request; returns the code of the CALLERROR that it gets."""
    kind, _, code, *_ = await bench.say(dumps([2, "u", action, request]))
    assert kind == 4, code
    assert isinstance(code, str)
    return code


def faults(schema: str, payload: object) -> list[str]:
    """What a schema of OCPP 1.6 finds fault with: one that has the name of an action, or that and ``Response``."""
    exact = loads(dumps(payload), parse_float=Decimal)  # 8.1 is a multiple of 0.1 in decimal numbers only
    return [fault.message for fault in _validator(schema).iter_errors(exact)]


@cache
def _validator(schema: str) -> Draft4Validator:
    text = files("ocpp.v16.schemas").joinpath(f"{schema}.json").read_text(encoding="utf-8-sig")
    return Draft4Validator(loads(text, parse_float=Decimal))


def at(seconds: float) -> str:
    """A time so many seconds after the one that the time server tells."""
    return datetime.fromtimestamp(EPOCH + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
