"""The charge lifecycle, as the documentation of Zephyr's sample `samples/net/ocpp` tells it.

The charge point boots, obtains an address, resolves the central system and sets its clock by SNTP. It opens a WebSocket
with sub-protocol ocpp1.6 and sends BootNotification, then Heartbeats at the interval it is given. For each of its two
connectors it sends Authorize (ZepId00, ZepId01), StartTransaction, MeterValues with rising Wh every 5 s, and 30 s after
its start StopTransaction. Then it serves RemoteStartTransaction, RemoteStopTransaction and UnlockConnector.

All of this happens once, in the fixture `recording`; every check is a function over what was recorded,
and the fixture `verdict` gives each in turn.
"""

from rig.checks.verdict import Verdict


def test_lifecycle(verdict: Verdict) -> None:
    """A test for each check; see docs/checks.md, or `pytest --collect-only tests/hil`."""
    assert verdict.outcome == "PASS", f"{verdict.title}: {verdict.measured}. Wanted: {verdict.limit}"
