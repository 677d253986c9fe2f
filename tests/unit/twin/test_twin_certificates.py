"""The twin reads certificates, and asks for them, as a library of cryptography does."""

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import NameOID

from rig.twin.certificates import CertificateError, issued_by, parse_chain
from rig.twin.signing_request import make_request
from tests.unit.twin.certificate_authority import BEGIN, END, authority

LONG_AGO = datetime.fromisoformat("2021-01-01T00:00:00Z")


@pytest.mark.parametrize(("name", "algorithm"), [("SHA256", SHA256()), ("SHA384", SHA384()), ("SHA512", SHA512())])
def test_hashes_are_those_of_an_ocsp_request(name: str, algorithm: HashAlgorithm) -> None:
    root = authority("Maker")
    [read] = parse_chain(root.pem)
    request = OCSPRequestBuilder().add_certificate(root.root, root.root, algorithm).build()
    assert read.hash_data(name) == {
        "hashAlgorithm": name,
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{root.root.serial_number:X}",
    }


def test_names_key_and_validity_are_read() -> None:
    root = authority("Maker")
    [read] = parse_chain(root.pem)
    assert read.subject == read.issuer == root.root.subject.public_bytes()
    assert read.key == root.root.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert (read.valid_from, read.valid_to) == (BEGIN.timestamp(), END.timestamp())
    assert read.is_valid_at(END.timestamp())
    assert not read.is_valid_at(END.timestamp() + 1)


def test_a_chain_leads_to_a_root_by_its_names() -> None:
    root, other = authority("Maker"), authority("Other")
    leaf = root.certificate("leaf")
    [trusted], [stranger] = parse_chain(root.pem), parse_chain(other.pem)
    assert issued_by(parse_chain(leaf), [trusted])
    assert issued_by(parse_chain(leaf + root.pem), [stranger, trusted])
    assert not issued_by(parse_chain(leaf), [stranger])
    assert not issued_by(parse_chain(leaf + other.pem), [stranger])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "certificate",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIQ=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIn/////\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n\ud800😀\n-----END CERTIFICATE-----",
    ],
)
def test_anything_else_is_no_certificate(text: str) -> None:
    with pytest.raises(CertificateError):
        parse_chain(text)


def test_a_certificate_that_is_cut_short_or_followed_by_more_is_none() -> None:
    pem = authority("Maker").pem
    lines = pem.splitlines()
    for text in (pem + "more", pem.replace(lines[2], ""), "\n".join(lines[:-1])):
        with pytest.raises(CertificateError):
            parse_chain(text)


def test_a_signing_request_is_sound() -> None:
    request = make_request("Zürich Énergie", "cp-1")
    csr = x509.load_pem_x509_csr(request.pem.encode())
    assert csr.is_signature_valid
    [organization] = csr.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    [common_name] = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert (organization.value, common_name.value) == ("Zürich Énergie", "cp-1")
    [certificate] = parse_chain(authority("Maker").issue(request.pem))
    assert certificate.key == request.key
    assert make_request("Zürich Énergie", "cp-1").key != request.key
