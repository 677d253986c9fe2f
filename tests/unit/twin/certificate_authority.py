"""A certificate authority for tests, made with a library that the twin does without."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2055, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A root certificate and its key."""

    key: EllipticCurvePrivateKey
    root: x509.Certificate

    @property
    def pem(self) -> str:
        """The root certificate."""
        return self.root.public_bytes(Encoding.PEM).decode()

    def issue(self, request: str) -> str:
        """Sign a PKCS #10 request."""
        csr = x509.load_pem_x509_csr(request.encode())
        return self._sign(csr.subject, csr.public_key()).public_bytes(Encoding.PEM).decode()

    def certificate(self, name: str, *, end: datetime = END) -> str:
        """A certificate for a key of its own."""
        certificate = self._sign(_name(name), generate_private_key(SECP256R1()).public_key(), end=end)
        return certificate.public_bytes(Encoding.PEM).decode()

    def _sign(self, subject: x509.Name, key: object, *, end: datetime = END) -> x509.Certificate:
        return _builder(subject, self.root.subject, key, end).sign(self.key, SHA256())


def authority(name: str, *, end: datetime = END) -> Authority:
    """A new authority of this name."""
    key = generate_private_key(SECP256R1())
    return Authority(key, _builder(_name(name), _name(name), key.public_key(), end).sign(key, SHA256()))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: object, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    dated = builder.not_valid_before(BEGIN).not_valid_after(end)
    return dated.serial_number(x509.random_serial_number()).public_key(key)  # type: ignore[arg-type]
