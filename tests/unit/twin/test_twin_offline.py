"""What the twin with all of Core does without a connection (OCPP 1.6 sections 3.5 and 3.7)."""

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import against_an_idle_twin, charge, valid


async def cut_off(bench: Bench) -> None:
    assert bench.connection is not None
    bench.serving.clear()
    await bench.connection.close()


def test_what_happens_offline_is_told_in_order_when_the_connection_is_back() -> None:
    async def scenario(bench: Bench) -> None:
        for key in ("AuthorizationCacheEnabled", "LocalAuthorizeOffline"):
            await valid(bench, "ChangeConfiguration", key=key, value="true")
        transaction = await charge(bench, 1)
        await valid(bench, "RemoteStartTransaction", idTag="Guest", connectorId=2)
        await cut_off(bench)
        # The start on connector 2 and the sample's stops fall into the time without a connection.
        await bench.until(lambda: bench.lines("start charging connector id 2"))
        await bench.until(lambda: len(bench.lines("stop charging")) == 2)
        assert len(bench.of("StartTransaction")) == 1
        assert not bench.of("StopTransaction")
        bench.serving.set()
        await bench.until(lambda: bench.of("MeterValues", connectorId=2) and len(bench.of("StopTransaction")) == 2)
        late = [call.action for call in bench.calls if call.payload.get("transactionId") == 102]
        assert late[0] == "MeterValues"
        assert late[-1] == "StopTransaction"
        [start] = bench.of("StartTransaction", connectorId=2)
        [stop] = bench.of("StopTransaction", transactionId=102)
        assert start.at < bench.of("MeterValues", transactionId=102)[0].at < stop.at
        assert start.payload["timestamp"] < stop.payload["timestamp"]
        assert bench.of("StopTransaction", transactionId=transaction)
        assert len(bench.of("BootNotification")) == 1
        told = [call.payload["status"] for call in bench.of("StatusNotification", connectorId=1) if call.connection > 1]
        assert told == ["Available"], "only what holds now is told, not what held meanwhile"

    against_an_idle_twin(scenario, Profile.CORE)


def test_an_unknown_tag_charges_offline_only_where_that_is_allowed() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="AllowOfflineTxForUnknownId", value="true")
        await valid(bench, "RemoteStartTransaction", idTag="Stranger", connectorId=1)
        await cut_off(bench)
        await bench.until(lambda: bench.lines("start charging connector id 1"))
        bench.serving.set()
        await bench.until(lambda: bench.of("StartTransaction", idTag="Stranger"))
        assert not bench.of("Authorize", idTag="Stranger")

    against_an_idle_twin(scenario, Profile.CORE)
