"""Profile 2: TLS on the charge points' port."""

import asyncio
import datetime as dt
import re
import socket
import ssl
import time
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from central_system import relay
from central_system.events import Frame, Undecodable
from central_system.security.passwords import hash_password, matches
from central_system.security.tls import Tls, TlsError, server_context
from tests.doorstep import WITHIN_S, Door, Files, at_the_door, is_served, issue

EARLY, LATE = dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1)  # noqa: DTZ001  (trustme takes UTC without saying so)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return issue(authority, tmp_path_factory.mktemp("tls") / "server", "127.0.0.1")


def settings(files: Files) -> Tls:
    return Tls(files.certificate, files.key)


def test_a_charge_point_is_served_under_tls_and_what_it_says_is_seen(server: Files) -> None:
    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)
            assert charge_point.transport.get_extra_info("ssl_object").version() == "TLSv1.3"

    door = at_the_door(scenario, tls=settings(server), trusted=server.trusted())
    assert next(event.text for event in door.seen if isinstance(event, Frame)) == '[2,"h","Heartbeat",{}]'
    assert not door.turned_away


def test_with_a_password_that_is_profile_2(server: Files) -> None:
    headers = {"Authorization": "Basic emVwaHlyOnJpZ2h0"}

    async def scenario(door: Door) -> None:
        async with door.charge_point(additional_headers=headers) as charge_point:
            assert await is_served(charge_point)
        with pytest.raises(Exception, match="401"):
            async with door.charge_point():
                pass

    door = at_the_door(scenario, passwords={"zephyr": "right"}, tls=settings(server), trusted=server.trusted())
    assert [told.status for told in door.turned_away] == [401]


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"])
def test_the_white_papers_ciphers_are_allowed(suite: str, authority: trustme.CA, tmp_path: Path) -> None:
    files = issue(authority, tmp_path / "rsa", "127.0.0.1", key_type=trustme.KeyType.RSA)
    trusted = files.trusted()
    trusted.maximum_version = ssl.TLSVersion.TLSv1_2
    trusted.set_ciphers(suite)

    async def scenario(door: Door) -> None:
        async with door.charge_point() as charge_point:
            assert await is_served(charge_point)

    at_the_door(scenario, tls=settings(files), trusted=trusted)


def alert(door: Door, client: ssl.SSLContext) -> str:
    """What a client is told that the central system does not like; asyncio's own clients do not hear it."""
    with (
        socket.create_connection(("127.0.0.1", door.central_system.port), WITHIN_S) as connection,
        pytest.raises(ssl.SSLError) as raised,
        client.wrap_socket(connection, server_hostname="127.0.0.1") as secured,
    ):
        secured.recv(1)
    return str(raised.value.reason)


def test_tls_1_1_is_refused_by_an_alert(server: Files) -> None:
    trusted = server.trusted()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        trusted.minimum_version = trusted.maximum_version = ssl.TLSVersion.TLSv1_1
    trusted.set_ciphers("DEFAULT@SECLEVEL=0")

    async def scenario(door: Door) -> None:
        assert await asyncio.to_thread(alert, door, trusted) == "TLSV1_ALERT_PROTOCOL_VERSION"
        await door.until_turned_away()

    (told,) = at_the_door(scenario, tls=settings(server)).turned_away
    assert (told.charge_point, told.status, told.why) == (None, None, "it offers no TLS 1.2 or newer")


def test_a_cipher_that_is_not_allowed_is_refused_by_an_alert(server: Files) -> None:
    trusted = server.trusted()
    trusted.maximum_version = ssl.TLSVersion.TLSv1_2
    trusted.set_ciphers("ECDHE-ECDSA-AES128-SHA256")

    async def scenario(door: Door) -> None:
        assert await asyncio.to_thread(alert, door, trusted) == "SSLV3_ALERT_HANDSHAKE_FAILURE"
        await door.until_turned_away()

    (told,) = at_the_door(scenario, tls=settings(server)).turned_away
    assert told.why == "it offers no cipher that is allowed here (docs/security.md)"


def test_a_charge_point_without_certificate_is_told_so_by_an_alert(server: Files) -> None:
    async def scenario(door: Door) -> None:
        assert await asyncio.to_thread(alert, door, server.trusted()) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
        await door.until_turned_away()

    (told,) = at_the_door(scenario, tls=replace(settings(server), client_ca=server.authority)).turned_away
    assert told.why == "it shows no certificate"


def test_a_charge_point_that_does_not_trust_the_certificate_is_named(server: Files) -> None:
    async def scenario(door: Door) -> None:
        assert await asyncio.to_thread(alert, door, ssl.create_default_context()) == "CERTIFICATE_VERIFY_FAILED"
        await door.until_turned_away()

    (told,) = at_the_door(scenario, tls=settings(server)).turned_away
    assert told.why == "it does not accept the central system's certificate (tlsv1 alert unknown ca)"


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"GET /zephyr HTTP/1.1\r\n\r\n", "it speaks plain HTTP (ws://), and this port is TLS (wss://)"),
        (b"\x00\x01 no TLS at all", "what it sends is not TLS, and this port is (wss://)"),
    ],
)
def test_what_is_not_tls_is_refused(server: Files, sent: bytes, why: str) -> None:
    async def scenario(door: Door) -> None:
        assert not (await door.exchange(sent)).startswith(b"HTTP")

    (told,) = at_the_door(scenario, tls=settings(server)).turned_away
    assert (told.status, told.why) == (None, why)


def test_tls_at_a_plain_port_is_refused(server: Files) -> None:
    async def scenario(door: Door) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            async with door.charge_point():
                pass

    door = at_the_door(scenario, trusted=server.trusted())
    assert [told.why for told in door.turned_away] == ["it speaks TLS (wss://), and this port is plain ws://"]
    assert next(event for event in door.seen if isinstance(event, Undecodable)).data.startswith("1603")


def test_a_server_that_ends_closes_its_tls_connections(server: Files) -> None:
    async def scenario(door: Door) -> None:
        charge_point = await door.charge_point().__aenter__()
        assert await is_served(charge_point)
        door.afterwards.push_async_callback(charge_point.wait_closed)

    at_the_door(scenario, tls=settings(server), trusted=server.trusted())


def test_a_charge_point_that_does_not_take_its_leave_does_not_keep_the_server(
    server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FAREWELL_S", 0.05)

    def deaf(door: Door) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", door.central_system.port), WITHIN_S)
        secured = server.trusted().wrap_socket(connection, server_hostname="127.0.0.1")
        secured.send(b"GET")
        return secured

    async def scenario(door: Door) -> None:
        connection = await asyncio.to_thread(deaf, door)
        door.afterwards.callback(connection.close)

    at_the_door(scenario, tls=settings(server))


def problem_of(files: Tls) -> str:
    with pytest.raises(TlsError) as raised:
        server_context(files)
    assert raised.value.cure
    return raised.value.problem


def test_a_file_that_cannot_be_read_is_named(server: Files, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    good = settings(server)
    why = f"{missing}: No such file or directory"
    assert problem_of(replace(good, certificate=missing)) == f"cannot read the certificate {why}"
    assert problem_of(replace(good, key=missing)) == f"cannot read the private key {why}"
    assert problem_of(replace(good, client_ca=missing)).endswith(why)


def test_a_file_that_holds_something_else_is_named(server: Files, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text("no PEM")
    good = settings(server)
    assert re.match(f"{other} and .* are no certificate and key in PEM", problem_of(replace(good, certificate=other)))
    assert re.match(f".* and {other} are no certificate and key in PEM", problem_of(replace(good, key=other)))
    assert problem_of(replace(good, client_ca=other)) == f"{other} holds no certificate in PEM"


def test_a_key_of_another_certificate_is_named(server: Files, authority: trustme.CA, tmp_path: Path) -> None:
    other = issue(authority, tmp_path / "other", "127.0.0.1")
    assert "is not that of the certificate" in problem_of(Tls(server.certificate, other.key))


def test_an_encrypted_key_is_named_and_nobody_is_asked_for_its_password(server: Files, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key(server.key.read_bytes(), None)
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert problem_of(Tls(server.certificate, encrypted)) == f"the private key {encrypted} is encrypted"


def test_a_certificate_that_has_expired_is_named(authority: trustme.CA, tmp_path: Path) -> None:
    old = issue(authority, tmp_path / "old", "127.0.0.1", not_before=EARLY, not_after=LATE)
    assert problem_of(settings(old)).endswith("certificate has expired")


def test_an_authority_for_charge_points_must_be_one_that_is_valid(
    server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is one of an authority" in problem_of(replace(settings(server), client_ca=server.certificate))
    monkeypatch.setattr(time, "time", lambda: 1e11)
    assert "has expired" in problem_of(replace(settings(server), client_ca=server.authority))


def test_the_real_cost_of_a_password_is_paid() -> None:
    kept = hash_password("right")
    assert kept.startswith("$scrypt$ln=13,r=8,p=1$")
    assert matches(kept, b"right")
