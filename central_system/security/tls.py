"""TLS towards charge points (OCPP 1.6 security white paper, profiles 2 and 3)."""

import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:AES256-GCM-SHA384:AES128-GCM-SHA256"
"""Of TLS 1.2, the best first. The white paper (A00.FR.318) requires the last two, without forward secrecy, of a central
system: there are charge points that know nothing else."""
ROUNDS = 4
"""Steps of each side in which any TLS handshake is over."""
PROBLEMS = {
    "HTTP_REQUEST": "it speaks plain HTTP (ws://), and this port is TLS (wss://)",
    "WRONG_VERSION_NUMBER": "what it sends is not TLS, and this port is (wss://)",
    "UNSUPPORTED_PROTOCOL": "it offers no TLS 1.2 or newer",
    "NO_SHARED_CIPHER": "it offers no cipher that is allowed here (docs/security.md)",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it shows no certificate",
}
"""What OpenSSL's reasons mean here."""
DISTRUST = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED")
"""Parts of OpenSSL's names for the alerts of a client that refuses a certificate (RFC 8446 §6.2)."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate (with its intermediates) and private key, in PEM.

    With `client_ca` a charge point must show a certificate of one of these authorities, made out to its identity
    (profile 3); without, it is asked for none (profile 2).
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None


class TlsError(Exception):
    """A certificate or key cannot be used. `problem` says which and why, `cure` what to do next."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}. {cure}")
        self.problem = problem
        self.cure = cure


ALERTS_TO: ContextVar[socket.socket | None] = ContextVar("ALERTS_TO", default=None)
"""The socket whose TLS handshake begins in this task."""


class _Alerting(ssl.SSLObject):
    """Tells the other side why a handshake failed (RFC 8446 §6.2): asyncio closes without sending the alert."""

    outgoing: ssl.MemoryBIO | None = None
    device: socket.socket | None = None

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError:
            if self.outgoing and self.device:
                with contextlib.suppress(OSError):
                    self.device.send(self.outgoing.read())
            raise


class _AlertingContext(ssl.SSLContext):
    sslobject_class = _Alerting

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **options: Any) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, *args, **options)
        if isinstance(made, _Alerting):
            made.outgoing, made.device = outgoing, ALERTS_TO.get()
        return made


def server_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or newer with the white paper's ciphers, and tried out.

    Alerts about a handshake that fails go to the socket that `ALERTS_TO` has in the task that begins it.

    Raises:
        TlsError: a file cannot be read or holds something else, key and certificate do not belong together, the
            certificate has expired or is not for servers.
    """
    context = _AlertingContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    _load(context, tls)
    _try_out(context, tls.certificate)
    if tls.client_ca is not None:
        _require_certificates(context, tls.client_ca)
    return context


def names_of(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """To whom a certificate is made out: its common names, then its alternative names that are DNS names or URIs.

    Args:
        certificate: As `ssl.SSLSocket.getpeercert` gives it.
    """
    subject = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    alternatives = [value for kind, value in certificate.get("subjectAltName", ()) if kind in {"DNS", "URI"}]
    return (*subject, *alternatives)


def handshake_problem(error: OSError) -> str:
    """Why a TLS handshake with a charge point failed, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    reason = getattr(error, "reason", None) or ""
    if any(alert in reason for alert in DISTRUST):
        return f"it does not accept the central system's certificate ({_words(reason)})"
    other = f"the TLS handshake failed: {_words(reason) or error.strerror or 'the connection broke'}"
    return PROBLEMS.get(reason, other)


def _words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    _read(tls.certificate, "certificate")
    key = _read(tls.key, "private key")
    if b"ENCRYPTED" in key:
        raise TlsError(
            f"the private key {tls.key} is encrypted",
            f"decrypt it (`openssl pkey -in {tls.key} -out plain.key`) and let nobody else read the result",
        )
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(
                f"the private key {tls.key} is not that of the certificate {tls.certificate}",
                "compare `openssl x509 -noout -pubkey -in CERTIFICATE` with `openssl pkey -pubout -in KEY`; the "
                "server's own certificate comes first in its file, intermediates after it",
            ) from error
        raise TlsError(
            f"{tls.certificate} and {tls.key} are no certificate and key in PEM ({_words(error.reason or '')})",
            "a PEM file has lines that begin with -----BEGIN; `openssl x509 -inform DER` converts from DER",
        ) from error


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TlsError(
            f"cannot read the {what} {file}: {error.strerror}", "correct the path, or who may read it"
        ) from error


def _try_out(context: ssl.SSLContext, certificate: Path) -> None:
    """Shake hands with a client that trusts exactly this certificate: it refuses what any client would refuse."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = client.wrap_bio(to_client, to_server), context.wrap_bio(to_server, to_client, server_side=True)
    for side in sides * ROUNDS:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            raise TlsError(
                f"no charge point would accept the certificate {certificate}: {error.verify_message}",
                f"renew it; `openssl x509 -noout -dates -ext extendedKeyUsage -in {certificate}` shows what it says",
            ) from error
        except ssl.SSLError as error:
            raise TlsError(
                f"no TLS is possible with the certificate {certificate}: {_words(error.reason or '')}",
                "make a key that today's TLS accepts: RSA of 2,048 bits or more, or ECDSA on P-256",
            ) from error


def _require_certificates(context: ssl.SSLContext, authorities: Path) -> None:
    _read(authorities, "certificates of the charge points' authority")
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise TlsError(f"{authorities} holds no certificate in PEM", "name the file of the authority") from error
    known = context.get_ca_certs()
    if not known:
        raise TlsError(
            f"no certificate in {authorities} is one of an authority (basic constraint CA)",
            "name the file of the authority that signed the charge points' certificates, not one of these",
        )
    if all(ssl.cert_time_to_seconds(str(each["notAfter"])) < time.time() for each in known):
        raise TlsError(
            f"the authority in {authorities} has expired: no charge point's certificate can be valid", "renew it"
        )
    context.verify_mode = ssl.CERT_REQUIRED
