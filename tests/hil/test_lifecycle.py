"""The charge lifecycle, as the documentation of Zephyr's sample `samples/net/ocpp` tells it.

The charge point boots, obtains an address, resolves the central system and sets its clock by SNTP. It opens a WebSocket
with sub-protocol ocpp1.6 and sends BootNotification, then Heartbeats at the interval it is given. For each of its two
connectors it sends Authorize (ZepId00, ZepId01), StartTransaction, MeterValues with rising Wh every 5 s, and 30 s after
its start StopTransaction. Then it serves RemoteStartTransaction, RemoteStopTransaction and UnlockConnector.

All of this happens once, in the fixture `recording`; every check below is a function over what was recorded.
"""

import pytest

from rig.checks.judge import LIFECYCLE
from rig.checks.verdict import Check, Outcome, Verdict


@pytest.mark.parametrize("check", LIFECYCLE, ids=[check.id for check in LIFECYCLE])
def test_lifecycle(check: Check, verdict: Verdict) -> None:
    assert verdict.outcome is Outcome.PASS, f"{check.title}: {verdict.measured}. Wanted: {verdict.limit}"
