"""Certificates of a server that is known by a name, and of a client whose key is encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

NOW = datetime.now(UTC)
BEGINS, ENDS = NOW - timedelta(days=1), NOW + timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """Files: the certificate that signed the others, the server's and the client's with their keys, and two lists of
    revoked ones.
    """

    root: Path
    server: Path
    server_key: Path
    certificate: Path
    key: Path
    none_revoked: Path
    server_revoked: Path


def made_certificates(home: Path, *, host: str, user: str, key_password: str) -> Certificates:
    """New ones in a directory; the client's key is its owner's alone."""
    authority_key, name = ec.generate_private_key(ec.SECP256R1()), _named("somebody's authority")
    authority = (
        _begun(name, name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = (
        _begun(_named("a server"), name, server_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    client = _begun(_named(user), name, client_key).sign(authority_key, hashes.SHA256())
    revoked = x509.RevokedCertificateBuilder().serial_number(server.serial_number).revocation_date(BEGINS).build()
    lists = x509.CertificateRevocationListBuilder().issuer_name(name).last_update(BEGINS).next_update(ENDS)
    encryption = BestAvailableEncryption(key_password.encode())
    made = {
        "root.crt": authority.public_bytes(Encoding.PEM),
        "server.crt": server.public_bytes(Encoding.PEM),
        "server.key": server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "client.crt": client.public_bytes(Encoding.PEM),
        "client.key": client_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption),
        "none.crl": lists.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM),
        "server.crl": lists.add_revoked_certificate(revoked)
        .sign(authority_key, hashes.SHA256())
        .public_bytes(Encoding.PEM),
    }
    for file, content in made.items():
        (home / file).write_bytes(content)
    (home / "client.key").chmod(0o600)
    return Certificates(*(home / file for file in made))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
    )
