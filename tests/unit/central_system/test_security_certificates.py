"""Profile 3: charge points that show a certificate."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
import trustme
from websockets.exceptions import InvalidStatus, WebSocketException

from central_system.security.tls import Tls
from tests.doorstep import Door, Files, at_the_door, is_served, issue

EARLY, LATE = dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1)  # noqa: DTZ001  (trustme takes UTC without saying so)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return issue(authority, tmp_path_factory.mktemp("certificates") / "server", "127.0.0.1")


def profile_3(server: Files) -> Tls:
    return Tls(server.certificate, server.key, client_ca=server.authority)


async def refused(door: Door) -> None:
    """In TLS 1.3 the client's side is done before the server refuses: it learns so when it reads, or is cut off."""
    with pytest.raises((ssl.SSLError, ConnectionError, WebSocketException)):
        async with door.charge_point():
            pass
    await door.until_turned_away()


@pytest.mark.parametrize(
    ("identities", "fields"),
    [
        (("zephyr",), {}),
        (("something.else",), {"common_name": "zephyr"}),
        (("something.else", "zephyr"), {"common_name": "something else"}),
    ],
    ids=["alternative name", "common name", "one of several"],
)
def test_a_certificate_made_out_to_its_identity_lets_a_charge_point_in(
    server: Files, authority: trustme.CA, tmp_path: Path, identities: tuple[str, ...], fields: dict[str, str]
) -> None:
    context = issue(authority, tmp_path / "zephyr", *identities, **fields).shown_by_client(server)

    async def scenario(door: Door) -> None:
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            context.maximum_version = version
            async with door.charge_point() as charge_point:
                assert await is_served(charge_point)

    assert not at_the_door(scenario, tls=profile_3(server), trusted=context).turned_away


def test_a_certificate_stands_for_the_password(server: Files, authority: trustme.CA, tmp_path: Path) -> None:
    context = issue(authority, tmp_path / "zephyr", "zephyr").shown_by_client(server)

    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario, passwords={"zephyr": "right"}, tls=profile_3(server), trusted=context)


@pytest.mark.parametrize("names", [("other",), ("*",), ("Zephyr",), ("zephyr.example",)])
def test_a_certificate_of_another_is_answered_403(
    server: Files, authority: trustme.CA, tmp_path: Path, names: tuple[str, ...]
) -> None:
    context = issue(authority, tmp_path / "other", "host.example", common_name=names[0]).shown_by_client(server)

    async def scenario(door: Door) -> None:
        with pytest.raises(InvalidStatus, match="403"):
            async with door.charge_point():
                pass

    (told,) = at_the_door(scenario, tls=profile_3(server), trusted=context).turned_away
    assert (told.charge_point, told.status) == ("zephyr", 403)
    assert told.why == f"its certificate is that of {names[0]}, host.example, not of zephyr"


def test_without_a_certificate_nobody_is_let_in(server: Files) -> None:
    (told,) = at_the_door(refused, tls=profile_3(server), trusted=server.trusted()).turned_away
    assert (told.status, told.why) == (None, "it shows no certificate")


def test_a_certificate_of_another_authority_is_refused(server: Files, tmp_path: Path) -> None:
    context = issue(trustme.CA(), tmp_path / "forged", "zephyr").shown_by_client(server)
    (told,) = at_the_door(refused, tls=profile_3(server), trusted=context).turned_away
    assert told.why == "its certificate is not accepted: unable to get local issuer certificate"


def test_a_certificate_that_has_expired_is_refused(server: Files, authority: trustme.CA, tmp_path: Path) -> None:
    old = issue(authority, tmp_path / "old", "zephyr", not_before=EARLY, not_after=LATE)
    (told,) = at_the_door(refused, tls=profile_3(server), trusted=old.shown_by_client(server)).turned_away
    assert told.why == "its certificate is not accepted: certificate has expired"
