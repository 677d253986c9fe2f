"""Profile 1: HTTP Basic authentication of charge points."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable

import pytest
from websockets.exceptions import InvalidStatus

from central_system.events import Undecodable, Upgrade
from central_system.registry.facts import ChargePointRegistered
from central_system.security import passwords
from central_system.security.passwords import PasswordCheck, hash_password, matches
from tests.doorstep import Door, at_the_door, is_served

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
"""The example of OCPP-J 1.6 §6.2.2."""
UPGRADE = (
    "GET /{identity} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


def basic(user: str, password: str | bytes) -> dict[str, str]:
    secret = password if isinstance(password, bytes) else password.encode()
    return {"Authorization": "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords for a thousandth of the time that they should take."""
    monkeypatch.setattr(passwords, "COST", (4, 8, 1))


def test_what_is_kept_of_a_password_is_another_each_time_and_never_the_password() -> None:
    first, second = hash_password("open sesame"), hash_password("open sesame")
    assert first != second
    assert first.startswith("$scrypt$ln=4,r=8,p=1$")
    assert "sesame" not in first
    assert matches(first, b"open sesame")
    assert not matches(first, b"open sesam")


def test_the_cost_of_a_password_may_be_raised_and_older_ones_still_match(monkeypatch: pytest.MonkeyPatch) -> None:
    older = hash_password("open sesame")
    monkeypatch.setattr(passwords, "COST", (6, 8, 2))
    assert matches(older, b"open sesame")
    assert matches(hash_password("open sesame"), b"open sesame")


def test_an_empty_password_is_none() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        hash_password("")


@pytest.mark.parametrize("given", [bytes.fromhex(KEY), KEY.encode(), KEY.lower().encode()])
def test_an_authorization_key_may_come_as_its_bytes_or_as_hexadecimal_digits(given: bytes) -> None:
    assert matches(hash_password(KEY), given)


@pytest.mark.parametrize(
    "damaged", ["", "secret", "$scrypt$ln=14,r=8,p=1$c2FsdA$", "$scrypt$ln=30,r=8,p=1$c2FsdA$c2FsdA"]
)
def test_what_no_password_was_made_into_matches_nothing(damaged: str, caplog: pytest.LogCaptureFixture) -> None:
    assert not matches(damaged, b"secret")
    assert "set the password anew" in caplog.text


def test_a_charge_point_with_the_right_password_is_served() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=basic("zephyr", "right")) as charge_point:
            assert await is_served(charge_point)

    assert not at_the_door(scenario, passwords={"zephyr": "right"}).turned_away


def test_the_specifications_own_example_is_let_in() -> None:
    headers = {"Authorization": "Basic QUwxMDAwOgABAgMEBQYH////////////////"}

    async def scenario(door: Door) -> None:
        async with door.charge_point("AL1000", additional_headers=headers) as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario, passwords={"AL1000": KEY})


def test_an_identity_may_hold_a_colon() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point("a:b", additional_headers=basic("a:b", "c:d")) as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario, passwords={"a:b": "c:d"})


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "it sent no password"),
        (basic("zephyr", "wrong"), "its password is wrong"),
        (basic("zephyr", ""), "its password is wrong"),
        (basic("other", "right"), "the user that it sent is 'other', not 'zephyr'"),
        ({"Authorization": "Bearer right"}, "it authenticates by 'Bearer', not by Basic"),
        ({"Authorization": "Basic ///"}, "what it sent as user and password is no base64"),
        ([*basic("zephyr", "right").items()] * 2, "it sent more than one Authorization header"),
    ],
)
def test_without_the_right_password_the_answer_is_401(headers: dict[str, str], why: str) -> None:
    async def scenario(door: Door) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with door.charge_point(additional_headers=headers):
                pass
        response = refused.value.response
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="OCPP", charset="UTF-8"'
        assert response.body == b"the charge point's identity and password are needed\n"

    (told,) = at_the_door(scenario, passwords={"zephyr": "right"}).turned_away
    assert (told.connection, told.charge_point, told.status, told.why) == (1, "zephyr", 401, why)
    assert told.peer.startswith("127.0.0.1:")


def test_a_charge_point_that_nobody_registered_is_answered_404() -> None:
    async def scenario(door: Door) -> None:
        with pytest.raises(InvalidStatus, match="404"):
            async with door.charge_point("stranger", additional_headers=basic("stranger", "right")):
                pass

    (told,) = at_the_door(scenario, passwords={"zephyr": "right"}).turned_away
    assert (told.charge_point, told.status, told.why) == ("stranger", 404, "nobody registered stranger")


def test_a_charge_point_that_needs_no_password_may_send_one() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=basic("zephyr", "any")) as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario, passwords={"zephyr": None})


def test_a_password_that_is_changed_lets_in_no_more() -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=basic("zephyr", "old")) as charge_point:
            assert await is_served(charge_point)
        door.registry.record(ChargePointRegistered("zephyr", 0.0, password=hash_password("new")))
        with pytest.raises(InvalidStatus, match="401"):
            async with door.charge_point(additional_headers=basic("zephyr", "old")):
                pass

    at_the_door(scenario, passwords={"zephyr": "old"})


def test_a_password_is_recorded_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "central_system")
    header = basic("zephyr", "right")["Authorization"]

    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=basic("zephyr", "right")) as charge_point:
            assert await is_served(charge_point)
        malformed = UPGRADE.format(identity="zephyr", more=f"authorization:{header}\r\nno header\r\n")
        await door.exchange(malformed.encode())

    seen = at_the_door(scenario, passwords={"zephyr": "right"}).seen
    (upgrade,) = [event for event in seen if isinstance(event, Upgrade)]
    (undecodable,) = [event for event in seen if isinstance(event, Undecodable)]
    assert upgrade.headers["Authorization"] == "Basic (not recorded)"
    assert b"authorization: Basic (not recorded)\r\nno header" in bytes.fromhex(undecodable.data)
    told = repr(seen) + caplog.text
    assert header.split()[1] not in told
    assert header.split()[1].encode().hex() not in told


class Comparisons:
    """Stands for `matches`: counts, and compares nothing before it is let."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.begun = threading.Event()
        self.let = threading.Event()

    def __call__(self, kept: str, given: bytes) -> bool:
        self.given.append(given)
        self.begun.set()
        assert self.let.wait(5)
        return kept == given.decode()


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Comparisons:
    made = Comparisons()
    monkeypatch.setattr(passwords, "matches", made)
    return made


def checked(scenario: Callable[[PasswordCheck], Awaitable[None]]) -> None:
    async def run() -> None:
        check = PasswordCheck()
        async with asyncio.timeout(5):
            await scenario(check)
        check.close()

    asyncio.run(run())


def test_while_a_password_is_compared_others_are_served(comparisons: Comparisons) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point("quick") as quick:
            slow = door.charge_point(additional_headers=basic("zephyr", "right"))
            connecting = asyncio.create_task(slow.__aenter__())
            await asyncio.to_thread(comparisons.begun.wait, 5)
            assert await is_served(quick)
            assert not connecting.done()
            comparisons.let.set()
            with pytest.raises(InvalidStatus, match="401"):
                await connecting

    at_the_door(scenario, passwords={"zephyr": "right", "quick": None})


def test_a_password_that_was_right_once_is_not_compared_again(comparisons: Comparisons) -> None:
    comparisons.let.set()

    async def scenario(check: PasswordCheck) -> None:
        for _ in range(3):
            assert await check.right("zephyr", "right", b"right")
        assert not await check.right("zephyr", "right", b"wrong")
        assert not await check.right("zephyr", "right", b"wrong")
        assert not await check.right("other", "another", b"right")

    checked(scenario)
    assert comparisons.given == [b"right", b"wrong", b"wrong", b"right"]


def test_who_waits_no_longer_finds_his_password_proven_when_he_comes_back(comparisons: Comparisons) -> None:
    async def scenario(check: PasswordCheck) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await check.right("zephyr", "right", b"right")
        again = asyncio.create_task(check.right("zephyr", "right", b"right"))
        comparisons.let.set()
        assert await again

    checked(scenario)
    assert comparisons.given == [b"right"]


def test_passwords_tried_under_one_identity_are_compared_one_after_the_other(comparisons: Comparisons) -> None:
    async def scenario(check: PasswordCheck) -> None:
        tries = [asyncio.create_task(check.right("zephyr", "right", b"guess %d" % n)) for n in range(20)]
        await asyncio.to_thread(comparisons.begun.wait, 5)
        assert len(check._running) == 1
        assert check._threads._work_queue.qsize() == 0
        comparisons.let.set()
        assert not any(await asyncio.gather(*tries))

    checked(scenario)
    assert len(comparisons.given) == 20
