"""Local Auth List Management: how the list is kept, and what it is used for."""

from typing import Any

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import Scenario, against_an_idle_twin, at, charge, valid


def with_list(scenario: Scenario, bench: Bench | None = None) -> None:
    against_an_idle_twin(scenario, Profile.LOCAL_AUTH_LIST, bench=bench)


def entry(id_tag: str, status: str = "Accepted", **info: object) -> dict[str, Any]:
    return {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


async def send(bench: Bench, version: int, kind: str, *entries: dict[str, Any]) -> str:
    answer = await valid(
        bench, "SendLocalList", listVersion=version, updateType=kind, localAuthorizationList=list(entries)
    )
    assert isinstance(answer["status"], str)
    return answer["status"]


async def version(bench: Bench) -> object:
    return (await valid(bench, "GetLocalListVersion"))["listVersion"]


def test_full_and_differential_updates() -> None:
    async def scenario(bench: Bench) -> None:
        assert await version(bench) == 0
        assert await send(bench, 2, "Full", entry("A"), entry("B")) == "Accepted"
        assert await version(bench) == 2
        for old in (1, 2):
            assert await send(bench, old, "Differential", entry("C")) == "VersionMismatch"
        assert await send(bench, 5, "Differential", entry("C"), {"idTag": "a"}) == "Accepted"
        assert await version(bench) == 5
        assert await send(bench, 6, "Differential", {"idTag": "B"}, {"idTag": "C"}) == "Accepted"
        assert await version(bench) == 0, "an empty list has version 0"
        assert await send(bench, 1, "Full", entry("D")) == "Accepted"
        request = {"listVersion": 9, "updateType": "Full"}
        assert await valid(bench, "SendLocalList", **request) == {"status": "Accepted"}
        assert await version(bench) == 0

    with_list(scenario)


def test_an_update_that_cannot_be_applied_changes_nothing() -> None:
    async def scenario(bench: Bench) -> None:
        assert await send(bench, 2, "Full", entry("A")) == "Accepted"
        assert await send(bench, 3, "Full", entry("B"), {"idTag": "C"}) == "Failed"
        assert await send(bench, 3, "Full", entry("B"), entry("b")) == "Failed"
        assert await send(bench, 0, "Full", entry("B")) == "Failed"
        assert await send(bench, 3, "Full", *(entry(f"T{number}") for number in range(101))) == "Failed"
        assert await version(bench) == 2

    with_list(scenario)


def test_a_full_list_takes_no_more() -> None:
    async def scenario(bench: Bench) -> None:
        for part in range(10):
            tags = (entry(f"T{part}-{number}") for number in range(100))
            assert await send(bench, part + 1, "Differential", *tags) == "Accepted"
        assert await send(bench, 11, "Differential", entry("one more")) == "Failed"
        assert await send(bench, 11, "Differential", entry("one more"), {"idTag": "T0-0"}) == "Accepted"

    with_list(scenario)


def test_a_list_that_is_disabled_is_not_supported() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="LocalAuthListEnabled", value="false")
        assert await version(bench) == -1
        assert await send(bench, 1, "Full", entry("A")) == "NotSupported"

    with_list(scenario)


def test_listed_tags_start_without_authorize_and_others_are_asked_for() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="LocalPreAuthorize", value="true")
        await send(bench, 1, "Full", entry("Good"), entry("Old", expiryDate=at(-1)), entry("Bad", "Blocked"))
        await charge(bench, 1, "good")
        assert not bench.of("Authorize", idTag="good")
        await valid(bench, "RemoteStartTransaction", idTag="Old", connectorId=2)
        await bench.until(lambda: bench.of("StartTransaction", idTag="Old"))
        assert bench.of("Authorize", idTag="Old")

    with_list(scenario)


def test_offline_the_list_decides() -> None:
    async def scenario(bench: Bench) -> None:
        for key in ("LocalAuthorizeOffline", "AllowOfflineTxForUnknownId"):
            await valid(bench, "ChangeConfiguration", key=key, value="true")
        await send(bench, 1, "Full", entry("Good"), entry("Bad", "Blocked"))
        await valid(bench, "RemoteStartTransaction", idTag="Good", connectorId=1)
        await valid(bench, "RemoteStartTransaction", idTag="Bad", connectorId=2)
        assert bench.connection is not None
        bench.serving.clear()
        await bench.connection.close()
        await bench.until(lambda: bench.lines("start charging connector id 1"))
        await bench.until(lambda: bench.lines("start idcon 2> not authorized status 2"))

    with_list(scenario)


def test_the_central_system_is_told_where_it_contradicts_the_list() -> None:
    bench = Bench()
    bench.answers["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}

    async def scenario(bench: Bench) -> None:
        await valid(bench, "ChangeConfiguration", key="LocalPreAuthorize", value="true")
        await send(bench, 1, "Full", entry("Good"))
        await valid(bench, "RemoteStartTransaction", idTag="Good", connectorId=1)
        await bench.until(lambda: bench.of("StatusNotification", connectorId=0, errorCode="LocalListConflict"))
        await bench.until(lambda: bench.of("StopTransaction", reason="DeAuthorized"))

    with_list(scenario, bench)
