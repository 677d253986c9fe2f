"""X.509 certificates, as far as a charge point without TLS has to understand them (RFC 5280).

Read are the serial number, the names of issuer and subject, the period of validity and the public key. Signatures,
key usage, key sizes and revocation are **not** checked: who issued a certificate is told by the names alone.
"""

import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_FIRST = "-----BEGIN CERTIFICATE-----"
_LAST = "-----END CERTIFICATE-----"

_INTEGER = 0x02
_BIT_STRING = 0x03
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_SEQUENCE = 0x30
_VERSION = 0xA0
_LONG_FORM = 0x80
_LONGEST_LENGTH = 4
_FORMATS = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}

HASHES = {"SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
"""OCPP's names of hash algorithms, and Python's."""


class CertificateError(Exception):
    """A text is no PEM encoded certificate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is read of a certificate; names and the key are DER."""

    serial: int
    issuer: bytes
    subject: bytes
    key: bytes
    """The value of the subject public key, as its hash in OCSP is calculated over (RFC 6960)."""
    valid_from: float
    valid_to: float

    @property
    def is_root(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.issuer == self.subject

    def is_valid_at(self, moment: float) -> bool:
        """Whether ``moment``, in seconds since 1970, is in its period of validity."""
        return self.valid_from <= moment <= self.valid_to

    def hash_data(self, algorithm: str) -> dict[str, object]:
        """The CertificateHashData of a root certificate, whose issuer's key is its own (whitepaper section 6.1)."""
        name, key = (hashlib.new(HASHES[algorithm], value).hexdigest() for value in (self.issuer, self.key))
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": name,
            "issuerKeyHash": key,
            "serialNumber": f"{self.serial:X}",
        }


def parse_chain(text: str) -> list[Certificate]:
    """Read one or more PEM encoded certificates.

    Raises:
        CertificateError: ``text`` holds anything else.
    """
    blocks = text.split(_LAST)
    if len(blocks) == 1 or blocks.pop().strip():
        raise CertificateError("no PEM encoded certificate")
    try:
        return [_parse(ssl.PEM_cert_to_DER_cert(f"{block.strip()}\n{_LAST}")) for block in blocks]
    except (ValueError, OverflowError) as error:
        raise CertificateError(f"no PEM encoded certificate: {error}") from error


def issued_by(chain: Sequence[Certificate], roots: Sequence[Certificate]) -> bool:
    """Whether, by the names, each certificate of ``chain`` issued the one before it, and a root the last."""
    issuers = {root.subject for root in roots}
    return all(one.issuer == other.subject for one, other in pairwise(chain)) and chain[-1].issuer in issuers


def _parse(der: bytes) -> Certificate:
    certificate = _Der(der).open(_SEQUENCE)
    body = certificate.open(_SEQUENCE)
    if body.next_is(_VERSION):
        body.take(_VERSION)
    serial = int.from_bytes(body.take(_INTEGER), signed=True)
    body.take(_SEQUENCE)  # the signature's algorithm
    issuer = body.whole(_SEQUENCE)
    validity = body.open(_SEQUENCE)
    subject = body.whole(_SEQUENCE)
    public_key = body.open(_SEQUENCE)
    public_key.take(_SEQUENCE)  # the key's algorithm
    key = public_key.take(_BIT_STRING)[1:]
    return Certificate(abs(serial), issuer, subject, key, validity.time(), validity.time())


class _Der:
    """Reads DER from front to end; every method raises ValueError for what is not there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def next_is(self, tag: int) -> bool:
        """Whether an element with this tag comes next."""
        return self._data[:1] == bytes([tag])

    def take(self, tag: int) -> bytes:
        """The value of the next element."""
        return self._next(tag)[1]

    def whole(self, tag: int) -> bytes:
        """The next element with tag and length."""
        return self._next(tag)[0]

    def open(self, tag: int) -> "_Der":
        """A reader of what the next element holds."""
        return _Der(self.take(tag))

    def time(self) -> float:
        """The next element as a time, in seconds since 1970."""
        tag = next((tag for tag in _FORMATS if self.next_is(tag)), _GENERALIZED_TIME)
        text = self.take(tag).decode("ascii")
        return datetime.strptime(text, _FORMATS[tag]).replace(tzinfo=UTC).timestamp()

    def _next(self, tag: int) -> tuple[bytes, bytes]:
        if not self.next_is(tag) or len(self._data) < 2:  # noqa: PLR2004 - tag and length
            raise ValueError(f"no element with tag {tag:#x}")
        length, begin = self._data[1], 2
        if length & _LONG_FORM:
            count = length & ~_LONG_FORM
            if not 1 <= count <= _LONGEST_LENGTH:
                raise ValueError("a length of a kind that DER does not know")
            begin += count
            length = int.from_bytes(self._data[2:begin])
        end = begin + length
        if end > len(self._data):
            raise ValueError("an element that is cut short")
        element, value, self._data = self._data[:end], self._data[begin:end], self._data[end:]
        return element, value
